import {
  commonInputs,
  duration,
  flag,
  githubToken,
  type InputDefinitions,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

/** Names only: what a secret holds is never an input of this action. */
const secretNames = {
  ...list(),
  allowed: 'names of environment variables, one per line',
  parse(given: string): string[] {
    const names = list().parse(given);
    const wrong = names.find((name) => !/^[A-Za-z_]\w{0,99}$/.test(name));
    if (wrong !== undefined) throw new Error(`line ${names.indexOf(wrong) + 1} is no name of a secret`);
    return names;
  },
};

export const inputs = {
  ...commonInputs,
  'throw-away': flag(false),
  mode: oneOf(['deploy', 'plan', 'restore', 'logs'], { default: 'deploy' }),
  'functions-dir': text(),
  names: list(),
  commit: text({ pattern: /^[\w][\w./-]{0,199}$/, allowed: 'a commit or tag of this repository, or recorded' }),
  secrets: secretNames,
  again: flag(false),
  since: duration('15m'),
  snapshot: list(),
  'snapshot-path': text(),
  release: text(),
  'github-token': githubToken(),
  'supabase-access-token': secret({ required: true }),
  'supabase-project': text(),
  'supabase-api-url': text(),
} satisfies InputDefinitions;
