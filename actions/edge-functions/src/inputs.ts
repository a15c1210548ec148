import { commonInputs, flag, githubToken, type InputDefinitions, list, oneOf, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  'throw-away': flag(false),
  mode: oneOf(['deploy', 'plan', 'restore'], { default: 'deploy' }),
  'functions-dir': text(),
  names: list(),
  snapshot: list(),
  'snapshot-path': text(),
  release: text(),
  'github-token': githubToken(),
  'supabase-access-token': secret({ required: true }),
  'supabase-project': text(),
  'supabase-api-url': text(),
} satisfies InputDefinitions;
