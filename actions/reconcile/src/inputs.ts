import { commonInputs, githubToken, type InputDefinitions, oneOf, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  event: oneOf(['finish', 'incident'], { default: 'finish' }),
  'ended-run': text({ pattern: /^\d{1,15}$/, allowed: 'the number of a run, as in its address' }),
  incident: oneOf(['here', 'elsewhere'], { default: 'here' }),
  reconciled: text(),
  'github-token': githubToken(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'supabase-access-token': secret(),
  'supabase-project': text(),
  'snapshot-path': text(),
  'slack-bot-token': secret(),
  'slack-webhook-url': secret(),
  'slack-channel': text(),
  'vercel-api-url': text(),
  'supabase-api-url': text(),
  'slack-api-url': text(),
} satisfies InputDefinitions;
