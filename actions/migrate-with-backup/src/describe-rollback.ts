import type { MigrationFile } from '#postgres/read-migrations';
import type { RollbackOutcome } from '#postgres/roll-back-migrations';
import { loadSqlParser, type SqlParser } from '#postgres/sql-parser';
import { elapsed } from '#release/elapsed';
import { judgeTime } from '#release/judge-time';
import type { Ending } from './describe-ending.ts';

/** The end of a rollback that was started: what runs, what it left, how long each part took. Times in milliseconds. */
export async function describeRollback(
  given: {
    toVersion: string;
    /** Newest first. */
    files: readonly MigrationFile[];
    outcome: RollbackOutcome;
    /** Undefined where nothing was taken back. */
    checked: { faults: string[]; passed: string[] } | undefined;
    limitMs: number;
  },
  at: { began: number; rehearsed: number; saved: number; done: number },
): Promise<{ ending: Ending; details: Record<string, unknown> }> {
  const { outcome, toVersion, checked } = given;
  const parser = await loadSqlParser();
  const { rolledBack, together, failure } = outcome;
  const total = at.done - at.began;
  const seconds = {
    rehearsal: (at.rehearsed - at.began) / 1000,
    backup: (at.saved - at.rehearsed) / 1000,
    rollback: (at.done - at.saved) / 1000,
    total: total / 1000,
  };
  const details = {
    rolledBack,
    together,
    statements: given.files.flatMap((file) => statementsOf(file, parser)).slice(0, statementLimit),
    seconds,
    time: judgeTime({ startedAt: at.began, endedAt: at.done, limitMs: given.limitMs }).record,
    ...(checked === undefined ? {} : { checks: checked.passed, faults: checked.faults }),
    ...(failure === undefined ? {} : { failure }),
  };
  const late = total > given.limitMs ? `; LATE: its limit is ${elapsed(given.limitMs)} (rollback.database.limit)` : '';
  const took = ` in ${elapsed(total)}${late}`;
  const done = rolledBack.join(', ') || 'nothing';
  if (checked !== undefined && checked.faults.length > 0) {
    const summary = `Rolled back to ${toVersion}${took}: ${done}; and the database is not in order: ${checked.faults.join('; ')}`;
    return { ending: ['failed', 'integrity_failed', summary], details };
  }
  if (failure === undefined)
    return { ending: ['rolled-back', 'rolled_back', `Rolled back to ${toVersion}${took}: ${done}`], details };
  const left = together
    ? 'all of it ran in one transaction, so the database is as it was'
    : `it was undone whole; rolled back before it: ${done}`;
  const unknown = failure.reasonCode === 'outcome_unknown' ? 'whether it took effect is not known' : left;
  const summary = `The rollback of ${failure.file} failed: ${failure.message}; ${unknown}`;
  return { ending: ['failed', failure.reasonCode, summary], details };
}

/** In the incident of the run; the files have all of them. */
const statementLimit = 50;

/** Without literals, which may be anybody's values (S29). */
function statementsOf({ file, down = '' }: MigrationFile, parser: SqlParser): { file: string; sql: string }[] {
  const parsed = parser.parse(down);
  if ('error' in parsed) return [{ file, sql: parser.normalise(down) }];
  return parsed.file.statements.map(({ start, end }) => ({ file, sql: parser.normalise(down.slice(start, end)) }));
}
