import { storeInputs } from '#action-kit/backup-destinations';
import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  type InputValues,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';
import type { PrivateKey } from '#backup/encryption';

export const inputs = {
  ...commonInputs,
  mode: oneOf(['restore', 'point-in-time', 'drill', 'drill-report'], { default: 'restore' }),
  manifest: text(),
  'github-token': githubToken(),
  digest: text({
    pattern: /^(?:sha256:)?[0-9a-fA-F]{64}$/,
    allowed: 'sha256: and 64 hexadecimal digits, from the summary of the run that made the backup',
  }),
  'backup-destination': list(),
  'backup-path': text(),
  ...storeInputs,
  'age-identity': secret(),
  'gpg-private-key': secret(),
  'gpg-passphrase': secret(),
  'target-url': secret(),
  confirm: text(),
  'age-recipients': list(),
  'gpg-recipients': list(),
  'recovery-time': text(),
  'platform-backup': text({ pattern: /^\d{1,15}$/, allowed: 'the number of a daily backup of the platform' }),
  'supabase-access-token': secret(),
  'supabase-project': text({ pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' }),
  'supabase-api-url': text(),
  'ask-again': text({
    pattern: /^\d+$/,
    allowed: 'the number of a record, from the refusal of an earlier run; 0 where none can be read',
  }),
  'check-tables': list(),
  'check-queries': list(),
  incident: text(),
  answers: list(),
  'restore-within': duration(),
  'data-age': duration(),
  'drill-result': text(),
  deadline: duration('2h'),
} satisfies InputDefinitions;

export type Given = InputValues<typeof inputs>;

/** The key that opens the backup. Pure. */
export function privateKey(given: Given): PrivateKey {
  return {
    ...(given.ageIdentity === undefined ? {} : { ageIdentity: given.ageIdentity }),
    ...(given.gpgPrivateKey === undefined ? {} : { gpgPrivateKey: given.gpgPrivateKey }),
    ...(given.gpgPassphrase === undefined ? {} : { gpgPassphrase: given.gpgPassphrase }),
  };
}
