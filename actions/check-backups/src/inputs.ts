import { storeInputs } from '#action-kit/backup-destinations';
import {
  commonInputs,
  duration,
  flag,
  githubToken,
  type InputDefinitions,
  integer,
  list,
  secret,
  text,
} from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  'backup-destination': list(),
  'backup-path': text(),
  ...storeInputs,
  'github-token': githubToken(),
  'max-age': duration('26h'),
  'size-factor': integer({ default: 3, min: 2 }),
  'verification-max-age': duration(),
  'drill-max-age': duration(),
  'rehearsal-max-age': duration(),
  'rehearsed-in': text({ default: 'staging' }),
  prune: flag(false),
  retention: duration(),
  'retention-manual': duration(),
  'supabase-access-token': secret(),
  'supabase-project': text({ pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' }),
  'supabase-api-url': text(),
} satisfies InputDefinitions;
