import {
  type ApplySettings,
  beginning,
  confirmHistory,
  type FileToApply,
  freshSession,
  readBack,
  sendFile,
} from './apply-file.ts';
import { FileFailed, fileFailed } from './apply-outcome.ts';
import { historyCheck } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
import { createMarker, digestOf, dropMarker, moveMarker, type PieceMarker, readMarker } from './piece-marker.ts';
import { finishedBefore, runAlone } from './run-alone.ts';
import type { FilePiece } from './split-file.ts';
import { lineAndColumn, type ParsedStatement, type SqlParser } from './sql-parser.ts';

type Task = FileToApply & { pieces: readonly FilePiece[]; statements: readonly ParsedStatement[]; parser: SqlParser };

/**
 * A file that commits by itself, or holds statements that PostgreSQL refuses inside a transaction (trap 11). A marker is
 * written before the first piece and moved with each one, so that a death in the middle is recognised: the next run goes
 * on after what is done, and refuses where it cannot know whether the statement under way took effect.
 * @throws FileFailed; `statementsKept` of the file stay applied.
 */
export async function applyPieces(session: MigrationSession, task: Task, settings: ApplySettings): Promise<void> {
  const { file, statements } = task;
  const { connection } = session;
  const begin = beginning(connection.serverVersion, settings);
  const send = (before: readonly string[], sql: string, after: readonly string[]) =>
    sendFile(session, { before, sql, after, expected: task.expected }, settings);
  const found = await readMarker(connection, file.version);
  if (found !== undefined) settings.log(`${file.file} was interrupted after ${found.done} of its statements; going on`);
  else
    await send([...freshSession, ...begin, ...historyCheck(task.expected)], '', [
      ...createMarker(file.version),
      'COMMIT',
    ]);
  let done = found === undefined ? 0 : await resumeAt(session, task, found);
  const marker = (at: number, started?: number): string => {
    const state: PieceMarker = { done: at, digest: digestOf(file.sql, statements, at) };
    return moveMarker(file.version, started === undefined ? state : { ...state, started });
  };
  const move = async (at: number, started?: number): Promise<void> => {
    try {
      await connection.query(marker(at, started));
    } catch (error) {
      // A piece before may have made the session read only, or taken the table away.
      throw fileFailed(error, []);
    }
  };
  // The settings of an earlier file end here; those of an earlier piece stay, as they do for the Supabase CLI.
  await connection.query(freshSession.join('; '));
  for (const piece of task.pieces) {
    if (piece.to <= done) continue;
    try {
      if (piece.kind === 'transaction') {
        const guard = [...begin, ...historyCheck(task.expected)];
        await send(guard, piece.sql, ['RESET SESSION AUTHORIZATION', 'RESET ROLE', marker(piece.to), 'COMMIT']);
      } else {
        const statement = statements[piece.from];
        if (statement === undefined) continue;
        await move(piece.from, piece.from);
        await runAlone(session, { sql: piece.sql, statement, parser: task.parser }, settings);
        await move(piece.to);
      }
    } catch (error) {
      // What the server itself refused took no effect: only a lost session leaves that open.
      const refused = piece.kind === 'alone' && error instanceof FileFailed && error.reasonCode !== 'connection_lost';
      if (refused) await connection.query(marker(done)).catch(() => {});
      throw kept(error, piece, done);
    }
    done = piece.to;
  }
  const end = [
    task.record,
    dropMarker,
    ...(task.atCommit === '' ? [] : [task.atCommit]),
    'COMMIT',
    readBack(file.version),
  ];
  try {
    confirmHistory(await send([...freshSession, ...begin, ...historyCheck(task.expected)], '', end), task);
  } catch (error) {
    throw kept(error, { from: statements.length }, done);
  }
}

/** @throws FileFailed `interrupted` where the file was edited, or the effect of a statement cannot be seen. */
async function resumeAt(session: MigrationSession, task: Task, found: PieceMarker): Promise<number> {
  const { file, statements } = task;
  if (digestOf(file.sql, statements, found.done) !== found.digest) {
    const message = `an earlier run applied the first ${found.done} statements of this file and stopped, and those statements were edited since: put them back as they were and run again (the marker is in supabase_migrations.ops_actions_marker)`;
    throw new FileFailed('interrupted', { message }, [], found.done);
  }
  const statement = found.started === undefined ? undefined : statements[found.started];
  if (found.started === undefined || statement === undefined) return found.done;
  const finished = await finishedBefore(session.connection, statement, task.parser);
  if (finished === 'yes') return found.started + 1;
  if (finished === 'no') return found.started;
  const { line } = lineAndColumn(file.sql, statement.start);
  const version = file.version.replaceAll("'", "''");
  const message = `an earlier run stopped while statement ${found.started + 1} (line ${line}) ran outside a transaction, and nobody can see whether it took effect. Look, then say so: UPDATE supabase_migrations.ops_actions_marker SET started = NULL, done = ${found.started} WHERE version = '${version}' lets the next run try it again`;
  throw new FileFailed('interrupted', { message }, [], found.started);
}

/** The place counted in the file, and what of it stays. */
function kept(error: unknown, piece: Pick<FilePiece, 'from'>, done: number): unknown {
  if (!(error instanceof FileFailed)) return error;
  const { position: _within, completed, ...facts } = error.facts;
  return new FileFailed(error.reasonCode, { ...facts, completed: piece.from + (completed ?? 0) }, error.blockers, done);
}
