import { storeInputs } from '#action-kit/backup-destinations';
import { databaseInputs } from '#action-kit/database-target';
import { commonInputs, githubToken, type InputDefinitions, list, oneOf, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  event: oneOf(['judge', 'sign-off'], { default: 'judge' }),
  measured: text(),
  health: text(),
  'health-summary': text(),
  smoke: text(),
  'smoke-summary': text(),
  'end-to-end': text(),
  'end-to-end-summary': text(),
  features: text(),
  report: text(),
  ...databaseInputs,
  'backup-destination': list(),
  'backup-path': text(),
  ...storeInputs,
  'github-token': githubToken(),
  'slack-bot-token': secret(),
  'slack-channel': text(),
  'slack-api-url': text(),
} satisfies InputDefinitions;
