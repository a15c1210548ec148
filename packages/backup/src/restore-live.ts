import { connect } from '#postgres/connection';
import { openLibpqAccess } from './authorities-file.ts';
import { BackupFailed } from './backup-error.ts';
import { decompressStream } from './compress-stream.ts';
import { comparableSession, type DatabaseContents, readContents, readRelations } from './database-contents.ts';
import { findPostgres } from './find-postgres.ts';
import { programCommand } from './program-command.ts';
import type { OpenedBackup } from './restore-backup.ts';
import { sourceIdentity } from './source-identity.ts';
import { toolComplaint } from './tool-complaint.ts';
import { toolStream } from './tool-stream.ts';

/** What a live database loses by going back, by name and number. Pure. */
export function describeLoss(now: DatabaseContents, backup: DatabaseContents): string[] {
  const before = new Map(backup.tables.map((table) => [table.name, table]));
  const lines = now.tables.flatMap((table) => {
    const stored = before.get(table.name);
    if (stored === undefined)
      return [`${table.name}: not in the backup, stays as it is unless something of it is replaced`];
    if (stored.rows === table.rows && stored.checksum === table.checksum) return [];
    return [
      `${table.name}: ${table.rows} rows now, ${stored.rows} in the backup${stored.rows === table.rows ? ', with other contents' : ''}`,
    ];
  });
  const gone = backup.tables.filter((table) => !now.tables.some((one) => one.name === table.name));
  return [...lines, ...gone.map((table) => `${table.name}: is missing now, comes back with ${table.rows} rows`)];
}

/** What a live database holds; hashed like the backup that it is to be compared with. */
export async function readLive(
  url: string,
  backup?: DatabaseContents,
): Promise<{ contents: DatabaseContents; identity: string }> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const relations = (await readRelations(connection)).filter((relation) => relation.readable);
    const contents = await readContents(
      connection,
      relations,
      backup === undefined ? undefined : (backup.rowHash ?? 'text'),
    );
    return { contents, identity: sourceIdentity(connection.settings, connection.settings.database, undefined) };
  } finally {
    await connection.close();
  }
}

/**
 * Replaces what the backup holds in a live database, in one transaction: after it the database is the old one or the restored
 * one, and writers wait meanwhile, because everything that is replaced is locked.
 * @throws BackupFailed `restore_failed`: nothing has changed.
 */
export async function restoreLive(
  url: string,
  backup: OpenedBackup,
  options: { deadlineMs: number; signal?: AbortSignal },
): Promise<void> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  const { settings } = connection;
  const major = Math.floor(connection.serverVersion / 10_000);
  await connection.close();
  const binaries = await findPostgres({ major });
  const { environment, folders, close } = await openLibpqAccess(settings, 'ops-actions restore');
  const args = [
    '--exit-on-error',
    '--single-transaction',
    '--clean',
    '--if-exists',
    '--no-owner',
    '--no-password',
    `--dbname=${settings.database}`,
  ];
  const program = programCommand(binaries, 'pg_restore', args, { environment, folders, network: 'host' });
  const plain = decompressStream(backup.decryption.decrypt(backup.destination.read(backup.manifest.object.file)));
  const output = toolStream(
    plain,
    {
      command: program.command,
      args: program.args,
      environment: program.environment,
      deadlineMs: options.deadlineMs,
      signal: options.signal,
    },
    ({ stderr, timedOut }) =>
      new BackupFailed(
        'restore_failed',
        `${timedOut ? 'pg_restore did not end in time' : `pg_restore failed: ${toolComplaint(stderr)}`}; it ran in one transaction, so the database is as it was`,
      ),
  );
  try {
    for await (const _ of output);
  } finally {
    await close();
  }
}

/** Tables of the backup whose rows are not what the backup held. Pure. */
export function compareRestoredRows(now: DatabaseContents, backup: DatabaseContents): string[] {
  const after = new Map(now.tables.map((table) => [table.name, table]));
  return backup.tables.flatMap(({ name, rows, checksum }) => {
    const restored = after.get(name);
    if (restored === undefined) return [`${name} is missing`];
    if (restored.rows !== rows) return [`${name}: ${restored.rows} rows, ${rows} in the backup`];
    return restored.checksum === checksum ? [] : [`${name}: other contents than in the backup`];
  });
}
