import type { Socket } from 'node:net';
import { startTool } from '#child-process/run-tool';
import type { DatabaseSettings } from '#postgres/database-url';
import { openLibpqAccess } from './authorities-file.ts';
import { BackupFailed } from './backup-error.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import { programCommand } from './program-command.ts';
import { readPieces } from './read-pieces.ts';
import { toolComplaint } from './tool-complaint.ts';
import { keepaliveParameters, watchPath } from './watch-path.ts';

export interface DumpOptions {
  binaries: PostgresBinaries;
  settings: DatabaseSettings;
  /** Exported by a transaction that stays open until the dump has begun. */
  snapshot: string;
  /** Quoted names of tables to leave out. */
  excludedTables: readonly string[];
  /** Quoted names of the only tables to dump. */
  tables?: readonly string[];
  /** Without rows. */
  structureOnly?: boolean;
  /** In pg_stat_activity. */
  applicationName: string;
  /** By which a second connection looks where nothing comes any more. */
  url: string;
  /** How long nothing may come until then; default 30 s. */
  quietMs?: number | undefined;
  deadlineMs: number;
  signal?: AbortSignal;
}

/**
 * The database as pg_dump's custom format, uncompressed, as it is produced; never on disk. The password travels in the
 * environment (S13). The stream ends only when pg_dump has succeeded.
 * @throws BackupFailed `dump_failed` with pg_dump's own reason, or that its path to the server fell silent.
 */
export async function* dumpStream(options: DumpOptions): AsyncGenerator<Uint8Array> {
  const { environment, folders, close } = await openLibpqAccess(options.settings, options.applicationName);
  const args = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    `--dbname=${keepaliveParameters(options.binaries)}`,
    `--snapshot=${options.snapshot}`,
    // A table that somebody holds exclusively must not stall the release for ever.
    '--lock-wait-timeout=60s',
    ...(options.structureOnly === true ? ['--schema-only'] : []),
    ...(options.tables ?? []).map((table) => `--table=${table}`),
    ...options.excludedTables.map((table) => `--exclude-table=${table}`),
  ];
  const program = programCommand(options.binaries, 'pg_dump', args, {
    environment,
    folders,
    network: 'host',
  });
  const tool = startTool({
    command: program.command,
    args: program.args,
    environment: program.environment,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
  });
  const { stdin, stdout } = tool.child;
  if (stdout === null) throw new Error('pg_dump was started without its output');
  stdin?.end();
  let silent: Error | undefined;
  const watch = watchPath(options, {
    pid: tool.child.pid,
    moved: () => String((stdout as Socket).bytesRead),
    hangUp(reason) {
      silent = reason;
      void tool.stop();
    },
  });
  const pieces = readPieces(stdout);
  try {
    // Watched only while we wait: pg_dump and its server wait for whoever does not read.
    for (;;) {
      const { done, value } = await watch.during(pieces.next());
      if (done === true) break;
      yield value;
    }
    const result = await watch.during(tool.finished);
    if (silent !== undefined) throw silent;
    if (result.timedOut) {
      throw new BackupFailed('dump_failed', `pg_dump did not end within ${Math.round(options.deadlineMs / 1000)} s`);
    }
    // A dump that fails half way has written something: only the exit code tells (trap 10).
    if (result.exitCode !== 0) throw new BackupFailed('dump_failed', `pg_dump failed: ${toolComplaint(result.stderr)}`);
  } catch (error) {
    throw silent === undefined ? error : new BackupFailed('dump_failed', `pg_dump was ended: ${silent.message}`);
  } finally {
    await pieces.return(undefined);
    await tool.stop();
    await close();
  }
}
