import { skipsBackup } from '#config/backup-policy';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';

/** A rule that the workflow file relaxes for this release. */
export interface Weakening {
  /** One word, for the ledger. */
  name: 'throw-away' | 'no-backup' | 'allow-older' | 'tls';
  /** For people. */
  text: string;
}

/** Every rule that is relaxed for this release, for log, plan, message and ledger (S11). Pure. */
export function findWeakenings(given: {
  settings: Pick<EnvironmentSettings, 'environment' | 'database'>;
  throwAway: boolean;
  allowOlder?: string | undefined;
  /** What the connection string gives up, where it does. */
  connection?: string | undefined;
}): Weakening[] {
  const { settings, throwAway, allowOlder, connection } = given;
  const found: Weakening[] = [];
  if (throwAway) {
    found.push({ name: 'throw-away', text: `the data of ${settings.environment} may be lost (throw-away)` });
  }
  if (skipsBackup(settings.database, throwAway)) {
    found.push({ name: 'no-backup', text: 'migrations run without a backup (database.backup.policy: skip)' });
  }
  if (allowOlder !== undefined && allowOlder !== '') {
    const reason = cleanText(allowOlder, 300);
    found.push({ name: 'allow-older', text: `older or diverged code may be released (allow-older: ${reason})` });
  }
  if (connection !== undefined) found.push({ name: 'tls', text: connection });
  return found;
}
