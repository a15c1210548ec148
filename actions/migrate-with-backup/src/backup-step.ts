import { destinationPorts } from '#action-kit/backup-destinations';
import { isPublic } from '#action-kit/public-repository';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import { backupName } from '#backup/backup-name';
import { createBackup } from '#backup/create-backup';
import type { BackupDestination } from '#backup/destination';
import { checkEncryption } from '#backup/encryption';
import { findPostgres, PostgresMissing, type WantedPostgres } from '#backup/find-postgres';
import { type FoundBackup, findVerifiedBackup } from '#backup/find-verified-backup';
import type { BackupManifest } from '#backup/manifest';
import { openDestinations } from '#backup/open-destinations';
import { sourceIdentity } from '#backup/source-identity';
import { readSystemIdentifier } from '#backup/source-snapshot';
import { wantedFor } from '#backup/wanted-postgres';
import { connect, type DatabaseConnection } from '#postgres/connection';
import type { BackupLedger } from '#release/backup-ledger';
import { howToAcknowledge, type RecipientAnswer, whyNotCompared } from '#release/decide-recipients';
import type { MadeBackup } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/**
 * Recipients that work, none that was taken away unseen (S27; on the way back it is only said), and tools of the server's own
 * major (trap 10), before anything is started.
 */
export async function checkFeasible(
  options: MigrateOptions,
  ledger: Pick<BackupLedger, 'recipientChange'>,
): Promise<{ reasonCode: string; message: string } | undefined> {
  return await orReason(
    (async () => {
      const recipients = await checkEncryption({ age: options.recipients, gpg: options.gpgRecipients });
      if (options.mode !== 'rollback') {
        const problem = refuseChange(await ledger.recipientChange(recipients));
        if (problem !== undefined) return problem;
      }
      await findPostgres({ ...(await readWanted(options)), image: options.scratchImage });
      return undefined;
    })(),
  );
}

export async function makeBackup(
  runner: Runner,
  options: MigrateOptions,
  environment: string,
  ledger: BackupLedger,
): Promise<MadeBackup | { reasonCode: string; message: string }> {
  const { clock, context, logger, signal } = runner;
  const { runId, runAttempt } = context;
  const purpose = options.mode === 'rollback' ? 'undo' : options.phase === 'contract' ? 'contract' : undefined;
  const name = backupName({ pattern: options.backupName, environment, at: clock.now(), runId, runAttempt, purpose });
  const destinations = await openDestinations(options.destinations, destinationPorts(runner));
  const earlier = await orReason(
    earlierBackup(options, destinations, ledger, clock.now() / 1000, (line) => logger.info(line)),
  );
  if (earlier !== undefined) return earlier;
  const made = await logger.group('Backup', () =>
    orReason(
      createBackup({
        url: options.url ?? '',
        name,
        kind: 'migration',
        environment,
        destinations,
        recipients: options.recipients,
        gpgRecipients: options.gpgRecipients,
        verify: options.verify,
        scratchImage: options.scratchImage,
        totalsOnly: isPublic(context.event),
        clock,
        log: (line) => logger.info(line),
        signal,
      }),
    ),
  );
  if ('reasonCode' in made) return made;
  return decideKept(options.mode, made, await ledger.keep(made));
}

/** A key may have gone since the first look, or only now be seen; on the way back it is only said. Pure. */
export function decideKept(
  mode: MigrateOptions['mode'],
  made: MadeBackup,
  kept: RecipientAnswer,
): MadeBackup | { reasonCode: string; message: string } {
  const problem = mode === 'rollback' ? undefined : refuseChange(kept);
  if (problem !== undefined) return { ...problem, message: `${made.manifestFile} is stored, and ${problem.message}` };
  return { ...made, ...('unreadable' in kept ? {} : { recipientChange: kept }) };
}

function refuseChange(change: RecipientAnswer): { reasonCode: string; message: string } | undefined {
  if ('unreadable' in change) return { reasonCode: 'ledger_unreadable', message: whyNotCompared(change) };
  const { unacknowledged } = change;
  return unacknowledged.length === 0
    ? undefined
    : { reasonCode: 'recipient_removed', message: howToAcknowledge(unacknowledged) };
}

/** A proven backup that `max-age` allows; undefined, and said, where there is none or the store does not tell. */
export async function youngBackup(
  runner: Runner,
  options: MigrateOptions,
  ledger: BackupLedger,
): Promise<MadeBackup | undefined> {
  const { clock, logger } = runner;
  const destinations = await openDestinations(options.destinations, destinationPorts(runner));
  const log = (line: string) => logger.info(line);
  const found = await orReason(earlierBackup(options, destinations, ledger, clock.now() / 1000, log));
  if (found === undefined || !('reasonCode' in found)) return found;
  log(`no proven backup of an earlier run: ${found.message}`);
  return undefined;
}

/** The newest proven backup of this database, for what a person may restore instead; undefined where none can be seen. */
export async function newestBackup(
  runner: Runner,
  options: MigrateOptions,
  ledger: BackupLedger,
): Promise<(BackupManifest & { manifestFile: string }) | undefined> {
  const log = (line: string) => runner.logger.info(line);
  try {
    const destinations = await openDestinations(options.destinations, destinationPorts(runner));
    const found = await findProven(options, destinations, ledger, { since: 0, now: runner.clock.now() / 1000 }, log);
    return found === undefined ? undefined : { ...found.manifest, manifestFile: found.manifestFile };
  } catch (error) {
    log(`which backup is the newest proven one could not be read: ${(error as Error).message}`);
    return undefined;
  }
}

/** By the database that the options name. */
async function readWanted(options: MigrateOptions): Promise<WantedPostgres> {
  const connection = await connect(options.url ?? '', { applicationName: 'ops-actions migrate' });
  return await wantedFor(connection).finally(() => connection.close());
}

/** An empty server of this major version (undefined: that of the image, else the newest one here), for replays. */
export async function startScratch(
  major: number | undefined,
  image: string | undefined,
  signal: AbortSignal,
): Promise<{ url: string; stop(): Promise<void> } | { reasonCode: string; message: string }> {
  const { startCluster } = await import('#backup/scratch-cluster');
  return await orReason(startCluster({ ...(major === undefined ? {} : { major }), image, signal }));
}

async function orReason<T>(made: Promise<T>): Promise<T | { reasonCode: string; message: string }> {
  try {
    return await made;
  } catch (error) {
    if (!(error instanceof BackupFailed || error instanceof PostgresMissing)) throw error;
    return { reasonCode: error.reasonCode, message: error.message };
  }
}

/** A proven backup of this very database that is young enough, where `max-age` allows one. */
async function earlierBackup(
  options: MigrateOptions,
  destinations: readonly BackupDestination[],
  ledger: BackupLedger,
  now: number,
  log: (line: string) => void,
): Promise<MadeBackup | undefined> {
  if (options.maxAgeMs === undefined) return undefined;
  const since = now - options.maxAgeMs / 1000;
  const found = await findProven(options, destinations, ledger, { since, now }, log).catch((error: unknown) => {
    // A backup of this run is as good.
    if (!(error instanceof BackupFailed && error.reasonCode === 'ledger_unreadable')) throw error;
    log(error.message);
    return undefined;
  });
  if (found === undefined) {
    log('no proven backup of this database is young enough for max-age');
    return undefined;
  }
  const age = Math.round((now - (found.manifest.source.snapshotAt ?? found.manifest.createdAt)) / 60);
  log(`using the proven backup ${found.manifestFile}, ${age} minutes old (max-age); what changed since is not in it`);
  return { manifest: found.manifest, manifestFile: found.manifestFile };
}

async function findProven(
  options: MigrateOptions,
  destinations: readonly BackupDestination[],
  ledger: BackupLedger,
  when: { since: number; now: number },
  log: (line: string) => void,
): Promise<FoundBackup | undefined> {
  const connection = await connect(options.url ?? '', { applicationName: 'ops-actions migrate' });
  const identity = await readSourceIdentity(connection).finally(() => connection.close());
  // Whoever can write to the store can put another backup there (S26): only the ledger says which one is ours.
  const wanted = { identity, ...when, beforeRestore: false as const, recorded: ledger.knows };
  return await findVerifiedBackup(destinations, wanted, log);
}

async function readSourceIdentity(connection: DatabaseConnection): Promise<string> {
  const [row] = await connection.query<{ name: string }>('SELECT pg_catalog.current_database() AS name');
  return sourceIdentity(connection.settings, row?.name ?? '', await readSystemIdentifier(connection));
}
