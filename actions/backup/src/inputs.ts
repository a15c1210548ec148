import { commonInputs, duration, type InputDefinitions, list, oneOf, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  'database-url': secret({ required: true }),
  'backup-destination': list(),
  'backup-path': text(),
  'age-recipients': list(),
  'gpg-recipients': list(),
  tables: list(),
  verify: oneOf(['restore', 'structure', 'checksum'], { default: 'restore' }),
  'public-artifact': oneOf(['refused', 'accepted'], { default: 'refused' }),
  deadline: duration('2h'),
} satisfies InputDefinitions;
