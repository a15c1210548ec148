import { readAcceptances } from './acceptances.ts';
import { rowsBehindCopy } from './classify-reading.ts';
import { classifyStatement } from './classify-statement.ts';
import { type KnownRoutines, statementsRun } from './embedded-code.ts';
import { filePhase } from './file-phase.ts';
import { type BlockEstimate, type BlockLimits, judgeSize, standardLimits } from './judge-size.ts';
import { findLockHeld, type HeldLock, heldAfter } from './lock-held.ts';
import { type MadeObject, madeObjects } from './made-objects.ts';
import type { MigrationRule } from './migration-rules.ts';
import { provenColumns } from './proven-columns.ts';
import type { MigrationFile } from './read-migrations.ts';
import { runsWith } from './run-statement.ts';
import { child, relationKey, relationName, textOf } from './sql-names.ts';
import { lineAndColumn, type ParsedStatement, type SqlParser } from './sql-parser.ts';
import type { OlderCode, RemovedName, StatementContext, StatementFinding } from './statement-finding.ts';
import type { FactsOf } from './table-facts.ts';
import type { LockMode, TableWork } from './table-lock.ts';
import { temporarySchema } from './temporary-tables.ts';

/** One remark about a migration file. It never contains a literal of the file, except inside `correction`. */
export interface MigrationFinding {
  /** File name without folder. */
  file: string;
  /** 1-based line of the offending clause. */
  line: number;
  /** 1-based. */
  column?: number;
  /** Stable name in kebab-case. */
  rule: MigrationRule;
  /**
   * `refuse`: nothing is applied while it stands; `hold`: its file waits for a later release; `warn`: said, and applied.
   */
  severity: 'refuse' | 'hold' | 'warn';
  message: string;
  /** The statement on one line, literals as `$n`, comments removed. */
  statement: string;
  /** SQL or a sentence that says what to do instead. */
  correction: string;
  /** What the statement does to the table meanwhile, where that is the trouble. */
  lock?: LockMode;
  work?: TableWork;
  /** In numbers, where the live database was asked. */
  estimate?: BlockEstimate;
  /** Why the file says that this is fine (`-- ops:accept`); such a finding only warns. */
  accepted?: string;
  /** What it means for code that was written before it. */
  olderCode?: OlderCode;
  /** Names that code may know and that are gone afterwards. */
  removes?: readonly RemovedName[];
}

/**
 * `expand`: before a promotion, while old code still runs, so that what it needs is held (trap 6). `contract`: only the
 * held files that are next. `all`: everything, contract statements only warn.
 */
export type MigrationPhase = 'all' | 'expand' | 'contract';

export interface ClassifyOptions {
  /** Default `expand`. */
  phase?: MigrationPhase;
  /** True when the database holds no relation that these files did not make: nothing in them can hurt running code. */
  empty?: boolean;
  /** What the live database says about the tables; default nothing. */
  facts?: FactsOf;
  /** Default `standardLimits`. */
  limits?: BlockLimits;
}

/** Reads pending files as PostgreSQL's parser sees them. Pure given the parser; relations created in these files are new. */
export function classifyMigrations(
  files: readonly MigrationFile[],
  parser: SqlParser,
  options: ClassifyOptions = {},
): MigrationFinding[] {
  const given: Classification = {
    phase: options.phase ?? 'expand',
    empty: options.empty ?? false,
    facts: options.facts ?? (() => undefined),
    limits: options.limits ?? standardLimits,
    created: new Set(),
    replaced: new Set(),
    routines: new Map(),
    proven: new Set(),
    checks: new Map(),
  };
  return files.flatMap((file) => classifyFile(file, parser, given));
}

/** What carries over from file to file. */
interface Classification extends Required<ClassifyOptions> {
  /** `<kind> <key>` of what the pending files have made so far and nothing had before. */
  created: Set<string>;
  /** The same of what they have made or replaced. */
  replaced: Set<string>;
  /** Functions and procedures that they have made. */
  routines: KnownRoutines;
  /** `public.notes.title` of columns that a pending statement proves to hold no NULL. */
  proven: Set<string>;
  /** Constraints of pending statements that would prove one, by `public.notes.<constraint>`. */
  checks: Map<string, string>;
}

function classifyFile(file: MigrationFile, parser: SqlParser, given: Classification): MigrationFinding[] {
  const outcome = parser.parse(file.sql);
  if ('error' in outcome) return [syntaxError(file, parser, outcome.error)];
  const { statements } = outcome.file;
  const findings: MigrationFinding[] = [];
  const contracts = new Set<ParsedStatement>();
  const runs = statementsRun(file.sql, statements, parser, given.routines).map((run) => ({
    ...run,
    made: madeObjects(run.statement),
  }));
  const conditions = runs.some(({ within }) => within.length > 0);
  let held: HeldLock | undefined;
  const accepted = readAcceptances(file.sql.includes('ops:accept') ? parser.comments(file.sql) : [], statements);
  for (const [position, { index, statement, embedded, within, unread, made }] of runs.entries()) {
    const context: StatementContext = {
      sql: file.sql,
      statement,
      existing: (kind, key) =>
        !given.empty && !key.startsWith(`${temporarySchema}.`) && !given.created.has(nameOf({ kind, key })),
      madeBefore: (kind, key) => given.replaced.has(nameOf({ kind, key })),
      remade: (such) => runs.slice(position + 1).some((run) => run.made.some(such)),
      remadePerhaps: false,
      ...(unread === undefined ? {} : { unread }),
      phase: given.phase,
      facts: given.facts,
      provenNotNull: (table, column) => given.proven.has(`${relationKey(table)}.${column}`),
    };
    const waits = findLockHeld(held, file, context);
    // The first is enough: where the file is split there, what follows is judged anew.
    held = waits.length > 0 ? undefined : heldAfter(held, context);
    const own = classifyStatement(context);
    if (conditions) {
      const certain = runs.slice(position + 1).filter((run) => runsWith(run.within, within));
      const remade: StatementContext['remade'] = (such) => certain.some((run) => run.made.some(such));
      const strict = classifyStatement({ ...context, remade, remadePerhaps: true });
      own.push(...strict.filter(({ rule }) => !own.some((one) => one.rule === rule)));
    }
    const found = [...own, ...waits].map((finding): Judged => {
      const judged = judgeSize(finding, given.facts, given.limits);
      const reason = accepted.reasons.get(index)?.get(finding.rule);
      return reason === undefined ? judged : { ...judged, severity: 'warn', accepted: reason };
    });
    if (found.some((finding) => finding.olderCode === 'needs' && finding.accepted === undefined))
      contracts.add(statement);
    findings.push(...found.map((finding) => located(file, parser, statement, finding)));
    for (const object of made) given.replaced.add(nameOf(object));
    // Whether what stands inside of another statement runs is known only then.
    if (embedded) continue;
    for (const key of newNames(statement, given.created)) given.created.add(key);
    for (const key of provenColumns(statement, given.checks, given.facts)) given.proven.add(key);
  }
  for (const problem of accepted.problems) {
    const place = lineAndColumn(file.sql, problem.offset);
    const { offset: _, impact: __, ...rest } = problem;
    findings.push({ file: file.file, ...place, ...rest, statement: '' });
  }
  const phase = filePhase(file, runs, contracts, given.phase);
  if (phase.mixed !== undefined) findings.push(located(file, parser, phase.mixed.statement, phase.mixed.finding));
  return findings;
}

/** What nobody can use yet: made for certain by this statement, or made by an earlier one and renamed by this. */
function newNames(statement: ParsedStatement, created: ReadonlySet<string>): string[] {
  const from = relationName(child(statement.node, 'relation'));
  const to = textOf(statement.node, 'newname');
  const relation = /^OBJECT_(TABLE|VIEW|MATVIEW)$/.test(textOf(statement.node, 'renameType') ?? '');
  if (statement.kind === 'RenameStmt' && relation && from !== undefined && to !== undefined) {
    return created.has(nameOf({ kind: 'relation', key: relationKey(from) }))
      ? [nameOf({ kind: 'relation', key: relationKey({ ...from, name: to }) })]
      : [];
  }
  return madeObjects(statement)
    .filter((made) => !made.perhaps)
    .map(nameOf);
}

function nameOf({ kind, key }: Pick<MadeObject, 'kind' | 'key'>): string {
  return `${kind} ${key}`;
}

type Judged = StatementFinding & Pick<MigrationFinding, 'estimate' | 'accepted'>;

function syntaxError(
  file: MigrationFile,
  parser: SqlParser,
  error: { message: string; offset: number },
): MigrationFinding {
  const place = lineAndColumn(file.sql, error.offset);
  const source = file.sql.split('\n')[place.line - 1] ?? '';
  const finding = { file: file.file, ...place, rule: 'syntax-error', severity: 'refuse' } as const;
  if (endsInRows.test(file.sql.slice(0, error.offset))) return { ...finding, statement: '', ...rowsBehindCopy };
  return {
    ...finding,
    message: error.message.replace(nearLiteral, '$1…"'),
    statement: parser.normalise(source),
    correction: source.trimStart().startsWith('\\')
      ? `write SQL instead of line ${place.line}, which is a command of psql that no server knows`
      : `correct the SQL at line ${place.line}; PostgreSQL's own parser stops there`,
  };
}

/** The end of a text in which rows follow a COPY, up to a place in the first of them. */
const endsInRows = /\bcopy\s[^;]*\sfrom\s+stdin\b[^;]*;[ \t\r]*\n[^\n]*$/i;

/** Literals, quoted names and comments that do not end: the parser repeats all that follows (S29). */
const nearLiteral = /(at or near ")(?:[a-z]?'|u&|\$|"|\/\*)[\s\S]*$/i;

function located(
  file: MigrationFile,
  parser: SqlParser,
  statement: ParsedStatement,
  finding: Judged,
): MigrationFinding {
  const { offset, impact, ...rest } = finding;
  const text = file.sql.slice(statement.start, statement.end);
  return {
    file: file.file,
    ...lineAndColumn(file.sql, offset),
    ...rest,
    statement: parser.normalise(text),
    ...(impact === undefined ? {} : { lock: impact.lock, work: impact.work }),
  };
}
