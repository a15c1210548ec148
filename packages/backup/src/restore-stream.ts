import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startTool } from '#child-process/run-tool';
import { connect } from '#postgres/connection';
import { isConnectionLost } from '#postgres/database-error';
import { loadSqlParser, type SqlParser } from '#postgres/sql-parser';
import type { PreparedScratch } from './prepare-scratch.ts';
import { programCommand } from './program-command.ts';
import type { Cluster } from './scratch-cluster.ts';
import { toolComplaint } from './tool-complaint.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

/** pg_restore could not bring the backup back; its reason without values. */
export class RestoreFailed extends Error {
  readonly reasonCode = 'restore_failed';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RestoreFailed';
  }
}

interface RestoreRun {
  cluster: Cluster;
  deadlineMs: number;
  signal?: AbortSignal;
}

/** The table of contents of a dump that streams by; the stream is left as soon as it was read. */
export async function listContents(source: AsyncIterable<Uint8Array>, run: RestoreRun): Promise<string> {
  const { stdout } = await runRestore(['--list'], source, run);
  return stdout;
}

/**
 * Restores in one stream, as a role without privileges, stopping at the first error; in one transaction, so that rows of
 * tables that are new in it need no log.
 */
export async function restoreStream(
  source: AsyncIterable<Uint8Array>,
  scratch: PreparedScratch,
  list: readonly string[],
  run: RestoreRun,
): Promise<void> {
  await runRestore(
    ['--exit-on-error', '--single-transaction', '--no-privileges', ...(await restoreArguments(scratch, list, run))],
    source,
    run,
  );
}

/**
 * Restores rights only. Those that another role than the owner passed on cannot be given by ours, and all rights on one object are
 * one message: where any failed, the owner's are given one by one. What then still fails the comparison tells.
 */
export async function restoreGrants(
  read: () => AsyncIterable<Uint8Array>,
  scratch: PreparedScratch,
  list: readonly string[],
  run: RestoreRun,
): Promise<void> {
  const { exitCode } = await runRestore(await restoreArguments(scratch, list, run), read(), run, [0, 1]);
  if (exitCode === 0) return;
  const grants = grantsOfOwners(await printEntries(read(), list, run), await loadSqlParser());
  const connection = await connect(scratch.url, { applicationName: 'ops-actions scratch' });
  try {
    await connection.query("SET search_path = ''");
    for (const grant of grants) {
      await connection.query(grant).catch((error) => {
        if (isConnectionLost(error)) throw error;
      });
    }
  } finally {
    await connection.close();
  }
}

/** The statements of pg_dump about rights but for those between SET and RESET SESSION AUTHORIZATION, which are another role's. Pure. */
export function grantsOfOwners(sql: string, parser: SqlParser): string[] {
  // Commands of psql, around all of it.
  const text = sql.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
  const parsed = parser.parse(text);
  if ('error' in parsed) return [];
  let byOther = false;
  return parsed.file.statements.flatMap(({ kind, node, start, end }) => {
    if (kind === 'VariableSetStmt' && node.name === 'session_authorization') byOther = node.kind === 'VAR_SET_VALUE';
    const isGrant = kind === 'GrantStmt' || kind === 'AlterDefaultPrivilegesStmt';
    return isGrant && !byOther ? [text.slice(start, end)] : [];
  });
}

/** Restores what can be: of the surroundings of single tables some may need what is not there, which the tables then tell. */
export async function restoreSurroundings(
  source: AsyncIterable<Uint8Array>,
  scratch: PreparedScratch,
  list: readonly string[],
  run: RestoreRun,
): Promise<void> {
  await runRestore(['--no-privileges', ...(await restoreArguments(scratch, list, run))], source, run, [0, 1]);
}

/** SQL text of some entries, which is not run. */
export async function printEntries(
  source: AsyncIterable<Uint8Array>,
  list: readonly string[],
  run: RestoreRun,
): Promise<string> {
  const file = await writeList(list, run);
  const { stdout } = await runRestore(['--file=-', '--no-owner', '--no-comments', `--use-list=${file}`], source, run);
  return stdout;
}

async function writeList(list: readonly string[], { cluster }: RestoreRun): Promise<string> {
  const file = join(cluster.socketDirectory, 'restore-list');
  await rm(file, { force: true });
  await writeFile(file, `${list.join('\n')}\n`, { mode: 0o600 });
  const user = await unprivilegedUser();
  if (user !== undefined) await chown(file, user.uid, user.gid);
  return file;
}

async function restoreArguments(scratch: PreparedScratch, list: readonly string[], run: RestoreRun): Promise<string[]> {
  const { cluster } = run;
  return [
    '--no-owner',
    // Directories of another machine.
    '--no-tablespaces',
    '--no-comments',
    '--no-password',
    `--use-list=${await writeList(list, run)}`,
    `--host=${cluster.socketDirectory}`,
    `--port=${cluster.port}`,
    `--username=${scratch.role}`,
    `--dbname=${scratch.database}`,
  ];
}

/** Under the account of the server and with nothing in its environment: it reads what somebody else has written (S24). */
async function runRestore(
  args: string[],
  source: AsyncIterable<Uint8Array>,
  run: RestoreRun,
  fine: readonly (number | null)[] = [0],
): Promise<{ stdout: string; exitCode: number | null }> {
  const user = await unprivilegedUser();
  const { socketDirectory, binaries } = run.cluster;
  const program = programCommand(binaries, 'pg_restore', args, {
    user,
    folders: [socketDirectory],
    network: 'none',
    environment: { PGPASSFILE: '/dev/null' },
  });
  const tool = startTool({
    command: program.command,
    args: program.args,
    cwd: socketDirectory,
    environment: program.environment,
    deadlineMs: run.deadlineMs,
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  const { stdin, stdout } = tool.child;
  if (stdin === null || stdout === null) throw new RestoreFailed('pg_restore was started without its streams');
  let failure: unknown;
  const fed = pipeline(Readable.from(source, { objectMode: false }), stdin).catch((error: NodeJS.ErrnoException) => {
    // pg_restore stops reading when it has what it wants, or an error of its own to tell.
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') failure = error;
  });
  try {
    let text = '';
    // A name may lie across the border of two chunks, in the middle of a character.
    stdout.setEncoding('utf8');
    for await (const chunk of stdout) text += String(chunk);
    const result = await tool.finished;
    await fed;
    if (failure !== undefined) throw failure;
    if (result.timedOut)
      throw new RestoreFailed(`pg_restore did not end within ${Math.round(run.deadlineMs / 1000)} s`);
    if (!fine.includes(result.exitCode)) throw new RestoreFailed(`pg_restore failed: ${toolComplaint(result.stderr)}`);
    return { stdout: text, exitCode: result.exitCode };
  } finally {
    await tool.stop();
  }
}
