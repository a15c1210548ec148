import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { openLedger } from '#release/ledger';
import { parseReleaseHandle } from '#release/release-handle';
import type { Migration, MigrationPorts } from './migrate.ts';
import type { MigrationLedger } from './migration-ledger.ts';
import type { Given } from './plan-options.ts';

/** Writes to the ledger of the release that was given, and to the record of migrations. @throws InputError. */
export function releaseRecord(runner: Runner, given: Given, migrations: MigrationLedger): MigrationPorts['record'] {
  const remember: MigrationPorts['record'] = async (_kind, _word, _text, about) => {
    if (about !== undefined) await migrations.open(about);
  };
  if (given.release === undefined) return remember;
  const handle = parseReleaseHandle(given.release);
  if (given.githubToken === undefined) {
    throw new InputError([{ name: 'github-token', message: 'is needed to write the record of the release' }]);
  }
  const github = createGitHub(gitHubConnection(runner, given.githubToken));
  const ledger = openLedger(github, handle);
  const step = given.phase === 'contract' ? 'contract' : 'migrate';
  return async (kind, word, text, about) => {
    await ledger.record(step, kind, word, text);
    await remember(kind, word, text, about);
  };
}

/** A restore point's digest stands in the ledger too, not only beside the object (S26). Never fails a migration that ran. */
export async function recordOutcome(
  record: MigrationPorts['record'],
  migrations: MigrationLedger,
  migration: Migration,
  warn: (line: string) => void,
): Promise<void> {
  await migrations.close(migration).catch((error: Error) => {
    warn(`The record of migrations could not be closed, so they count as applied: ${error.message}`);
  });
  if (migration.kind !== 'ended' && migration.kind !== 'backup-failed' && migration.kind !== 'decided') return;
  const isGone = migration.kind === 'decided' && migration.ending[1] === 'nothing_to_roll_back';
  const said = ['applied', 'rolled-back', 'failed'];
  if (migration.kind === 'decided' && !isGone && !said.includes(migration.ending[0])) return;
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
      await record('outcome', isGone ? 'rolled-back' : migration.ending[0], migration.ending[1]);
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
