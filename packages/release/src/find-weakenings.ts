import { skipsBackup, weakerProof } from '#config/backup-policy';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';

/** A rule that the workflow file relaxes for this release. */
export interface Weakening {
  /** One word, for the ledger. */
  name: 'throw-away' | 'no-backup' | 'backup-proof' | 'platform-point' | 'max-age' | 'allow-older' | 'tls';
  /** For people. */
  text: string;
}

/** Inputs of the workflow file that let a backup count for less. */
export interface WeakerBackup {
  verify?: 'restore' | 'structure' | 'checksum' | undefined;
  reason?: string | undefined;
  maxAgeMs?: number | undefined;
  /** Why a restore point of the platform is enough; present where the workflow file says `backup: platform`. */
  platformReason?: string | undefined;
}

/** Every rule that is relaxed for this release, for log, plan, message and ledger (S11). Pure. */
export function findWeakenings(given: {
  settings: Pick<EnvironmentSettings, 'environment' | 'database'>;
  throwAway: boolean;
  allowOlder?: string | undefined;
  weakerBackup?: WeakerBackup | undefined;
  /** What the connection string gives up, where it does, and why. */
  connection?: string | undefined;
}): Weakening[] {
  const { settings, throwAway, allowOlder, connection, weakerBackup = {} } = given;
  const found: Weakening[] = [];
  if (throwAway) {
    found.push({ name: 'throw-away', text: `the data of ${settings.environment} may be lost (throw-away)` });
  }
  if (skipsBackup(settings.database, throwAway)) {
    found.push({ name: 'no-backup', text: 'migrations run without a backup (database.backup.policy: skip)' });
  }
  const { verify = weakerProof(settings.database, throwAway), reason = 'ops.yml' } = weakerBackup;
  if (verify !== undefined && verify !== 'restore')
    found.push({ name: 'backup-proof', text: `a backup counts by ${verify} only, not restored (verify: ${reason})` });
  const { platformReason } = weakerBackup;
  if (platformReason !== undefined) {
    const why = `backup: platform: ${cleanText(platformReason, 300)}`;
    const text = `a restore point of the platform counts, not restore-tested by us (${why})`;
    found.push({ name: 'platform-point', text });
  }
  if (weakerBackup.maxAgeMs !== undefined)
    found.push({ name: 'max-age', text: 'a proven backup of an earlier run may stand for a fresh one (max-age)' });
  if (allowOlder !== undefined && allowOlder !== '') {
    const reason = cleanText(allowOlder, 300);
    found.push({ name: 'allow-older', text: `older or diverged code may be released (allow-older: ${reason})` });
  }
  if (connection !== undefined) found.push({ name: 'tls', text: cleanText(connection, 450) });
  return found;
}
