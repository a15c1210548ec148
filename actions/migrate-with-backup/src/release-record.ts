import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { openLedger } from '#release/ledger';
import { parseReleaseHandle } from '#release/release-handle';
import type { Migration, MigrationPorts } from './migrate.ts';
import type { Given } from './plan-options.ts';

/** Writes to the ledger of the release that was given; without one there is nothing to write. @throws InputError. */
export function releaseRecord(runner: Runner, given: Given): MigrationPorts['record'] {
  if (given.release === undefined) return async () => {};
  const handle = parseReleaseHandle(given.release);
  if (given.githubToken === undefined) {
    throw new InputError([{ name: 'github-token', message: 'is needed to write the record of the release' }]);
  }
  const github = createGitHub(gitHubConnection(runner, given.githubToken));
  const ledger = openLedger(github, handle);
  return (kind, word, text) => ledger.record('migrate', kind, word, text);
}

/** A restore point's digest stands in the ledger too, not only beside the object (S26). Never fails a migration that ran. */
export async function recordOutcome(
  record: MigrationPorts['record'],
  migration: Migration,
  warn: (line: string) => void,
): Promise<void> {
  if (migration.kind !== 'ended' && migration.kind !== 'backup-failed' && migration.kind !== 'decided') return;
  if (migration.kind === 'decided' && !['applied', 'rolled-back', 'failed'].includes(migration.ending[0])) return;
  const { backup } = migration;
  try {
    if (backup !== undefined) {
      const { object, verification } = backup.manifest;
      await record('outcome', `backup-${verification.verdict}`, `sha256:${object.sha256} ${object.bytes} bytes`);
    }
    if (migration.kind === 'backup-failed') {
      await record('outcome', 'not-started', migration.reasonCode);
      return;
    }
    if (migration.kind === 'decided') {
      await record('outcome', migration.ending[0], migration.ending[1]);
      return;
    }
    const { applied, failure, outcome } = migration.outcome;
    const { held } = migration.inspection;
    const newest = applied.at(-1)?.version;
    const at = newest === undefined ? '' : `, newest ${newest}`;
    const failed = failure === undefined ? '' : ` at ${failure.version}: ${failure.reasonCode}`;
    await record(
      'outcome',
      outcome,
      `${applied.length} applied${at}${held.length === 0 ? '' : `, ${held.length} held from ${held[0]?.version}`}${failed}`,
    );
  } catch (error) {
    warn(
      `The outcome could not be written to the release's record: ${(error as Error).message}. The database's own history is right.`,
    );
  }
}
