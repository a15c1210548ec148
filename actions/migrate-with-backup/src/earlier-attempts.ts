import { type GitHub, GitHubError } from '#github/client';
import { readFacts } from '#release/after-release/read-facts';
import { filesOfAttempts } from '#release/files-of-attempts';
import { readMigrationRecords } from '#release/migration-record';
import type { ReleaseHandle } from '#release/release-handle';

/**
 * Versions that an earlier attempt of this very release may have applied; read only in a further attempt. Where the ledger does
 * not say, none: they stay.
 */
export async function readEarlierAttempts(
  github: GitHub | undefined,
  { environment, key, ledgerId }: Pick<ReleaseHandle, 'environment' | 'key' | 'ledgerId'>,
  given: { runAttempt: number; warn: (line: string) => void },
): Promise<string[]> {
  if (github === undefined || ledgerId === 0 || given.runAttempt <= 1) return [];
  try {
    const [records, facts] = await Promise.all([
      readMigrationRecords(github, environment),
      readFacts(github, ledgerId),
    ]);
    return filesOfAttempts(records, { key, facts });
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    given.warn(`What an earlier attempt of this release applied could not be read, so it stays: ${error.message}`);
    return [];
  }
}
