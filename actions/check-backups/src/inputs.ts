import { s3Inputs } from '#action-kit/backup-destinations';
import { commonInputs, duration, flag, type InputDefinitions, list, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  'backup-destination': list(),
  'backup-path': text(),
  ...s3Inputs,
  'max-age': duration('26h'),
  prune: flag(false),
  retention: duration(),
  'retention-manual': duration(),
} satisfies InputDefinitions;
