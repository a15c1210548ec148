import { commonInputs, flag, githubToken, type InputDefinitions, list, oneOf, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  version: text({ pattern: /^[\w.+/-]{1,100}$/, allowed: 'letters, digits and . + / - _' }),
  'dry-run': flag(false),
  'stop-after': oneOf(['staged']),
  resume: flag(false),
  'allow-older': text(),
  incident: oneOf(['here', 'elsewhere'], { default: 'here' }),
  'github-token': githubToken(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'protection-bypass-secret': secret(),
  'database-url': secret(),
  'age-recipients': list(),
  'slack-bot-token': secret(),
  'slack-webhook-url': secret(),
  'slack-channel': text(),
  'vercel-api-url': text(),
  'slack-api-url': text(),
} satisfies InputDefinitions;
