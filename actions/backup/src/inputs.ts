import { destinationInputs } from '#action-kit/backup-destinations';
import { databaseInputs } from '#action-kit/database-target';
import { commonInputs, duration, githubToken, type InputDefinitions, list, oneOf, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  'github-token': githubToken(),
  ...databaseInputs,
  ...destinationInputs,
  'store-command': text(),
  'fetch-command': text(),
  'command-environment': list(),
  'age-recipients': list(),
  'gpg-recipients': list(),
  'acknowledged-recipients': list(),
  tables: list(),
  verify: oneOf(['restore', 'structure', 'checksum'], { default: 'restore' }),
  deadline: duration('2h'),
} satisfies InputDefinitions;
