import { destinationPorts } from '#action-kit/backup-destinations';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import { createBackup } from '#backup/create-backup';
import type { BackupDestination } from '#backup/destination';
import { checkEncryption } from '#backup/encryption';
import { findPostgres, PostgresMissing } from '#backup/find-postgres';
import { type FoundBackup, findVerifiedBackup } from '#backup/find-verified-backup';
import type { BackupManifest } from '#backup/manifest';
import { openDestinations } from '#backup/open-destinations';
import { sourceIdentity } from '#backup/source-identity';
import { readSystemIdentifier } from '#backup/source-snapshot';
import { connect, type DatabaseConnection } from '#postgres/connection';
import type { BackupLedger } from '#release/backup-record';
import type { MadeBackup } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/** Recipients that work and tools of the server's own major (trap 10), before anything is started. */
export async function checkFeasible(
  options: MigrateOptions,
): Promise<{ reasonCode: string; message: string } | undefined> {
  return await orReason(
    (async () => {
      await checkEncryption({ age: options.recipients, gpg: options.gpgRecipients });
      await findPostgres({ major: await readServerMajor(options), server: true });
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
  const at = new Date(clock.now()).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const name = `backup-${environment.replaceAll(/[^\w.-]+/g, '-')}-${at}-${context.runId}.${context.runAttempt}`;
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
        clock,
        log: (line) => logger.info(line),
        signal,
      }),
    ),
  );
  if ('reasonCode' in made) return made;
  return { ...made, ...(await ledger.keep(made)) };
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

/** Of the database that the options name. */
async function readServerMajor(options: MigrateOptions): Promise<number> {
  const connection = await connect(options.url ?? '', { applicationName: 'ops-actions migrate' });
  await connection.close();
  return Math.floor(connection.serverVersion / 10_000);
}

/** An empty server of this major version (undefined: the newest one here), for replays. */
export async function startScratch(
  major: number | undefined,
  signal: AbortSignal,
): Promise<{ url: string; stop(): Promise<void> } | { reasonCode: string; message: string }> {
  const { startCluster } = await import('#backup/scratch-cluster');
  return await orReason(startCluster({ ...(major === undefined ? {} : { major }), signal }));
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
  const found = await findProven(options, destinations, ledger, { since: now - options.maxAgeMs / 1000, now }, log);
  if (found === undefined) {
    log('no proven backup of this database is young enough for max-age: making one');
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
  return await findVerifiedBackup(destinations, { identity, ...when, recorded: ledger.knows }, log);
}

async function readSourceIdentity(connection: DatabaseConnection): Promise<string> {
  const [row] = await connection.query<{ name: string }>('SELECT pg_catalog.current_database() AS name');
  return sourceIdentity(connection.settings, row?.name ?? '', await readSystemIdentifier(connection));
}
