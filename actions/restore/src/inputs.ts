import { storeInputs } from '#action-kit/backup-destinations';
import {
  commonInputs,
  duration,
  flag,
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
  mode: oneOf(
    ['restore', 'point-in-time', 'restore-report', 'rebuild', 'rebuild-end', 'verify', 'drill', 'drill-report'],
    {
      default: 'restore',
    },
  ),
  manifest: text(),
  before: text(),
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
  'database-password': secret(),
  'login-role': flag(false),
  confirm: text(),
  'age-recipients': list(),
  'gpg-recipients': list(),
  'recovery-time': text(),
  'platform-backup': text({ pattern: /^\d{1,15}$/, allowed: 'the number of a daily backup of the platform' }),
  'supabase-access-token': secret(),
  'supabase-project': text({ pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' }),
  'supabase-api-url': text(),
  'backup-reason': text(),
  'write-stop-reason': text(),
  'ask-again': text({
    pattern: /^\d+$/,
    allowed: 'the number of a record, from the refusal of an earlier run; 0 where none can be read',
  }),
  tables: list(),
  into: oneOf(['compare', 'beside', 'place'], { default: 'beside' }),
  'overwrite-changed': flag(false),
  'check-tables': list(),
  'check-queries': list(),
  incident: text(),
  verify: oneOf(['restore', 'digest'], { default: 'restore' }),
  answers: list(),
  'restore-within': duration(),
  'data-age': duration(),
  'rehearsed-in': text({ default: 'staging' }),
  rebuild: flag(false),
  'rebuild-result': text(),
  'deploy-decision': text(),
  'health-decision': text(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
  'drill-result': text(),
  'restore-result': text(),
  'smoke-decision': text(),
  'smoke-summary': text(),
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
