import { destinationInputs } from '#action-kit/backup-destinations';
import { commonInputs, duration, githubToken, type InputDefinitions, list, oneOf, secret } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  'github-token': githubToken(),
  'database-url': secret({ required: true }),
  ...destinationInputs,
  'age-recipients': list(),
  'gpg-recipients': list(),
  tables: list(),
  verify: oneOf(['restore', 'structure', 'checksum'], { default: 'restore' }),
  deadline: duration('2h'),
} satisfies InputDefinitions;
