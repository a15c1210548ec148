import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartedTool } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { connect } from '#postgres/connection';
import { openLibpqAccess } from './authorities-file.ts';
import { BackupFailed } from './backup-error.ts';
import { decompressStream } from './compress-stream.ts';
import { comparableSession, type DatabaseContents, readContents, readRelations } from './database-contents.ts';
import { findPostgres, type PostgresBinaries } from './find-postgres.ts';
import { parentsLast } from './parents-last.ts';
import { programCommand } from './program-command.ts';
import type { OpenedBackup } from './restore-backup.ts';
import { readTableNumbers, settleRestore } from './settle-restore.ts';
import { sourceIdentity } from './source-identity.ts';
import { readSystemIdentifier } from './source-snapshot.ts';
import { toolComplaint } from './tool-complaint.ts';
import { toolStream } from './tool-stream.ts';
import { keepaliveParameters, watchPath } from './watch-path.ts';

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
export async function readLive(url: string, backup?: DatabaseContents): Promise<DatabaseContents> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const relations = (await readRelations(connection)).filter((relation) => relation.readable);
    return await readContents(connection, relations, backup === undefined ? undefined : (backup.rowHash ?? 'text'));
  } finally {
    await connection.close();
  }
}

/** Which database it is, as the manifest of a backup of it says. @throws DatabaseUnreachable */
export async function readIdentity(url: string): Promise<string> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  try {
    const [row] = await connection.query<{ name: string }>('SELECT pg_catalog.current_database() AS name');
    return sourceIdentity(connection.settings, row?.name ?? '', await readSystemIdentifier(connection));
  } finally {
    await connection.close();
  }
}

/**
 * Replaces what the backup holds in a live database, in one transaction: after it the database is the old one or the restored
 * one, and writers wait meanwhile, because everything that is replaced is locked. Where pg_restore ended without the server's word,
 * the database itself is asked which of the two it is; restored after all is no error.
 * @throws BackupFailed `restore_failed`, `digest_mismatch`: nothing has changed but for the roles that were made before;
 * `restore_unknown`: nobody can tell; or the abort reason, and nothing has changed.
 */
export async function restoreLive(
  url: string,
  backup: OpenedBackup,
  options: {
    deadlineMs: number;
    signal?: AbortSignal;
    rolesMade?: readonly string[];
    quietMs?: number;
    /** The only image that pg_restore may come from: where one is pinned, nothing else need be installed. */
    scratchImage?: string | undefined;
  },
): Promise<void> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  const { settings } = connection;
  const major = Math.floor(connection.serverVersion / 10_000);
  const tables = backup.contents.contents.tables.map(({ name }) => name);
  const numbers = await readTableNumbers(connection, tables).finally(() => connection.close());
  const binaries = await findPostgres({ major, image: options.scratchImage });
  const applicationName = `ops-actions restore ${randomUUID().slice(0, 8)}`;
  const { environment, folders, close } = await openLibpqAccess(settings, applicationName);
  const read = () => decompressStream(backup.decryption.decrypt(backup.dump.readAgain()));
  const order = await writeOrder(backup, read, {
    binaries,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
  }).catch(async (error) => {
    await close();
    throw error;
  });
  const args = [
    '--exit-on-error',
    ...(order === undefined ? [] : [`--use-list=${order.file}`]),
    '--single-transaction',
    '--clean',
    '--if-exists',
    '--no-owner',
    '--no-password',
    `--dbname=${keepaliveParameters(binaries)}`,
  ];
  const seen = order === undefined ? folders : [...folders, order.folder];
  const program = programCommand(binaries, 'pg_restore', args, { environment, folders: seen, network: 'host' });
  const plain = read();
  let silent: Error | undefined;
  let isSaid = false;
  const watch = ({ child: { pid, stdin }, stop }: StartedTool) => {
    const over = Promise.withResolvers<void>();
    const feed = stdin as Socket;
    let fed = 0;
    const moved = () => (feed.writableNeedDrain || feed.writableEnded ? `${feed.bytesWritten}` : `fed ${fed++}`);
    const hangUp = (reason: Error) => {
      silent = reason;
      void stop();
    };
    // What it waits for may be our store: only where it takes no more, or has all, does it wait for its server.
    void watchPath({ url, applicationName, quietMs: options.quietMs }, { pid, moved, hangUp }).during(over.promise);
    return over.resolve;
  };
  const output = toolStream(
    plain,
    {
      command: program.command,
      args: program.args,
      environment: program.environment,
      deadlineMs: options.deadlineMs,
      signal: options.signal,
    },
    ({ stderr, timedOut }) => {
      // The server itself has refused something: then nothing of the transaction is left.
      isSaid = silent === undefined && !timedOut && /\bERROR:/.test(stderr);
      if (silent !== undefined) return new BackupFailed('restore_failed', `pg_restore was ended: ${silent.message}`);
      const why = timedOut ? 'pg_restore did not end in time' : `pg_restore failed: ${toolComplaint(stderr)}`;
      return new BackupFailed('restore_failed', why);
    },
    watch,
  );
  try {
    for await (const _ of output);
  } catch (error) {
    if (error instanceof ToolMissing) throw error;
    const isCancelled = options.signal?.aborted === true;
    const limitMs = isCancelled ? hurriedMs : settleMs;
    const state = isSaid ? 'old' : await settleRestore(url, { applicationName, tables, before: numbers, limitMs });
    if (state === 'restored') return;
    const { message } = error as Error;
    if (state === undefined) {
      const told = `${message}; it ran in one transaction, and nobody heard how that ended: the database is the old one or the restored one, look which`;
      throw new BackupFailed('restore_unknown', told, { cause: error });
    }
    if (!(error instanceof BackupFailed)) throw error;
    const told = `${message}; it ran in one transaction, so ${describeUntouched(options.rolesMade)}`;
    throw new BackupFailed(error.reasonCode, told, { cause: error });
  } finally {
    await close();
    if (order !== undefined) await rm(order.folder, { recursive: true, force: true });
  }
}

/** The order of the restore, in a file of its own; undefined where the one of the dump will do. */
async function writeOrder(
  backup: OpenedBackup,
  read: () => AsyncIterable<Uint8Array>,
  run: { binaries: PostgresBinaries; deadlineMs: number; signal: AbortSignal | undefined },
): Promise<{ folder: string; file: string } | undefined> {
  const { contents } = backup.contents;
  if (!contents.relations.some(({ kind }) => kind === 'partitioned')) return undefined;
  const { command, args, environment } = programCommand(run.binaries, 'pg_restore', ['--list'], {
    folders: [],
    network: 'none',
  });
  const listing = toolStream(
    read(),
    { command, args, environment, deadlineMs: run.deadlineMs, signal: run.signal },
    ({ stderr }) => new BackupFailed('restore_failed', `pg_restore --list failed: ${toolComplaint(stderr)}`),
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of listing) pieces.push(piece);
  const order = parentsLast(Buffer.concat(pieces).toString(), contents);
  if (order === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'ops-restore-order-'));
  const file = join(folder, 'list');
  await writeFile(file, `${order.join('\n')}\n`, { mode: 0o600 });
  return { folder, file };
}

/** How long each look at a database may take whose restore ended without a word; a cancelled run has six seconds for everything. */
const settleMs = 15_000;
const hurriedMs = 1_500;

/** Roles are made before the transaction, and stay. Pure. */
export function describeUntouched(rolesMade: readonly string[] = []): string {
  const but = rolesMade.length === 0 ? '' : `, but for the roles that were made: ${rolesMade.join(', ')}`;
  return `the database is as it was${but}`;
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
