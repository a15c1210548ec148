import { piecesOfBlock } from './block-code.ts';
import { type Call, callsIn, callsOf } from './called-routines.ts';
import { madeObjects } from './made-objects.ts';
import type { RunStatement, UnreadCode } from './run-statement.ts';
import { child, children, keyOfPath, type ParseNode, stringList, textOf, wrapped } from './sql-names.ts';
import type { ParsedStatement, SqlParser } from './sql-parser.ts';
import { nameTemporaries } from './temporary-tables.ts';

/** A body of code, and the whole statement that carries it. */
interface CodeBody {
  language: string;
  body: string;
  text: string;
  /** Of a routine: what it takes. */
  takes?: string;
}

/** Functions and procedures whose bodies are known, by the key of their name: one of each list of parameters. */
export type KnownRoutines = Map<string, readonly CodeBody[]>;

/**
 * What a file runs, in order: its statements, and what each of them runs besides itself, which is the SQL of a DO block, of a
 * routine that is known, of WITH, of EXPLAIN ANALYZE, PREPARE and COPY. Conditions and loops of code are taken as run;
 * places are those of the file. The routines that it makes are added to `routines`.
 */
export function statementsRun(
  sql: string,
  statements: readonly ParsedStatement[],
  parser: SqlParser,
  routines: KnownRoutines,
): RunStatement[] {
  const runs = statements.flatMap((top, index): RunStatement[] => {
    const code = embeddedCode({ statement: top, within: [] }, { sql, parser, routines, read: new Set() });
    learnRoutine(sql, top, routines);
    const itself = { index, top, statement: top, embedded: false, within: [] };
    return [
      code.unread === undefined ? itself : { ...itself, unread: code.unread },
      ...code.statements.map((inner) => ({ index, top, embedded: true, ...inner })),
    ];
  });
  return nameTemporaries(runs);
}

type Inner = Pick<RunStatement, 'statement' | 'within'>;

interface EmbeddedCode {
  statements: Inner[];
  unread?: UnreadCode;
}

/** What one statement of a file is read with. */
interface Reading {
  sql: string;
  parser: SqlParser;
  routines: KnownRoutines;
  /** Bodies that it has run before: once is enough, and a routine may call itself. */
  read: Set<CodeBody>;
}

function embeddedCode(run: Inner, reading: Reading): EmbeddedCode {
  const { statement } = run;
  const { kind, node } = statement;
  switch (kind) {
    case 'DoStmt':
      return readCode('a DO block', bodyOf(reading.sql, statement, 'args'), run, reading);
    case 'CallStmt': {
      const called = child(node, 'funccall');
      const own = { path: stringList(children(called, 'funcname')), alone: true, told: true };
      return runRoutines([own, ...callsIn(called, false)], run, reading);
    }
    case 'ExplainStmt': {
      const analyze = wrapped(node, 'options', 'DefElem').some(
        (option) => option.defname === 'analyze' && !isOff(child(option, 'arg')),
      );
      const query = analyze ? ofNode(statement, child(node, 'query'))[0] : undefined;
      if (query === undefined) return { statements: [] };
      const inner = { ...run, statement: query };
      return together([{ statements: [inner] }, embeddedCode(inner, reading)]);
    }
    default: {
      const statements = ofQueries(statement).map((inner) => ({ ...run, statement: inner }));
      return together([{ statements }, runRoutines(callsOf(statement), run, reading)]);
    }
  }
}

function together(codes: readonly EmbeddedCode[]): EmbeddedCode {
  const unread = codes
    .flatMap((code) => code.unread ?? [])
    .toSorted((a, b) => Number(b.destroys) - Number(a.destroys))[0];
  return { statements: codes.flatMap((code) => code.statements), ...(unread === undefined ? {} : { unread }) };
}

/** OR REPLACE takes the place of what takes the same. */
function learnRoutine(sql: string, statement: ParsedStatement, routines: KnownRoutines): void {
  const [made] = madeObjects(statement);
  if (statement.kind !== 'CreateFunctionStmt' || made === undefined) return;
  const takes = made.parameters?.map(({ type }) => type).join();
  const others = routines.get(made.key)?.filter((one) => one.takes !== takes) ?? [];
  routines.set(made.key, [
    ...others,
    { ...bodyOf(sql, statement, 'options'), ...(takes === undefined ? {} : { takes }) },
  ]);
}

function runRoutines(calls: readonly Call[], run: Inner, reading: Reading): EmbeddedCode {
  return together(
    calls.flatMap(({ path, alone, told }): EmbeddedCode[] => {
      const name = path.join('.');
      const bodies = reading.routines.get(keyOfPath(path));
      if (bodies === undefined)
        return told ? [{ statements: [], unread: { what: `the body of ${name} is run`, destroys: false } }] : [];
      const within = alone && bodies.length === 1 ? run.within : [...run.within, bodies];
      return bodies
        .filter((body) => !reading.read.has(body))
        .map((body) => {
          reading.read.add(body);
          return readCode(`the body of ${name}`, body, { ...run, within }, reading);
        });
    }),
  );
}

/** `EXPLAIN (ANALYZE false)`; the parser leaves out a zero. */
function isOff(value: ParseNode | undefined): boolean {
  const said = textOf(child(value, 'String'), 'sval') ?? child(value, 'Integer')?.ival ?? 0;
  return value !== undefined && /^(false|off|0)$/i.test(String(said));
}

/** Statements inside another one: of WITH, and what PREPARE, COPY and CREATE TABLE AS run. */
function ofQueries(statement: ParsedStatement): ParsedStatement[] {
  const { kind, node } = statement;
  const ctes = wrapped(child(node, 'withClause'), 'ctes', 'CommonTableExpr').flatMap((cte) =>
    ofNode(statement, child(cte, 'ctequery')),
  );
  const query = /^(Prepare|Copy|CreateTableAs)Stmt$/.test(kind) ? ofNode(statement, child(node, 'query')) : [];
  return [...ctes, ...query];
}

function ofNode(outer: ParsedStatement, wrapper: ParseNode | undefined): ParsedStatement[] {
  const [kind] = Object.keys(wrapper ?? {});
  const node = kind === undefined ? undefined : child(wrapper, kind);
  if (kind === undefined || node === undefined) return [];
  const inner = { ...outer, kind, node };
  return [inner, ...ofQueries(inner)];
}

/** `key`: the clauses of the statement. A body in standard SQL (BEGIN ATOMIC) is none of them. */
function bodyOf(sql: string, { node, start, end }: ParsedStatement, key: 'args' | 'options'): CodeBody {
  const parts = wrapped(node, key, 'DefElem');
  const part = (name: string) => {
    const value = child(
      parts.find((one) => one.defname === name),
      'arg',
    );
    return textOf(child(value, 'String') ?? child(children(child(value, 'List'), 'items')[0], 'String'), 'sval');
  };
  const language = part('language')?.toLowerCase() ?? (key === 'args' ? 'plpgsql' : 'sql');
  return { language, body: part('as') ?? '', text: sql.slice(start, end) };
}

function readCode(who: string, { language, body, text }: CodeBody, run: Inner, reading: Reading): EmbeddedCode {
  const { sql, parser } = reading;
  const { statement } = run;
  const block = language === 'plpgsql' ? parser.parseBlock(text) : undefined;
  if (block === undefined && (language !== 'sql' || body === ''))
    return {
      statements: [],
      unread: { what: `${who} is ${language} that could not be read`, destroys: takesAway(body) },
    };
  const found =
    block === undefined
      ? { pieces: [{ text: body, value: false, within: [] }], literals: parser.strings(body), dynamic: false }
      : piecesOfBlock(block, parser);
  const codes: EmbeddedCode[] = [];
  const unread = (what: string) => codes.push({ statements: [], unread: { what: `${who} ${what}`, destroys: false } });
  if (found.dynamic) unread('runs statements that it puts together');
  let position = statement.start;
  for (const piece of found.pieces) {
    const within = [...run.within, ...piece.within];
    const parsed = parser.parse(piece.value ? `SELECT ${piece.text}` : piece.text);
    if ('error' in parsed) {
      unread('runs a statement that could not be read');
      continue;
    }
    const at = piece.value ? -1 : placeOf(piece.text, sql, position, statement);
    if (at >= 0) position = at + piece.text.length;
    for (const inner of parsed.file.statements) {
      const place =
        at >= 0
          ? { start: at + inner.start, end: at + inner.end, offsetOf: (byte: number) => at + inner.offsetOf(byte) }
          : { start: statement.start, end: statement.end, offsetOf: () => statement.start };
      const own = { statement: { ...inner, ...place }, within };
      codes.push({ statements: piece.value ? [] : [own] }, embeddedCode(own, reading));
    }
  }
  const all = together(codes);
  if (all.unread === undefined) return all;
  // What is put together is put together from literals: everything else was read.
  return { ...all, unread: { ...all.unread, destroys: all.unread.destroys || found.literals.some(takesAway) } };
}

/** Below zero of what stands elsewhere, or was changed by the parser of PL/pgSQL (INTO, doubled quotes). */
function placeOf(text: string, sql: string, position: number, { start, end }: ParsedStatement): number {
  const at = [sql.indexOf(text, position), sql.indexOf(text, start)];
  return at.find((one) => one >= 0 && one + text.length <= end) ?? -1;
}

/** As the same words at the top of a file are judged: dropping a constraint, trigger or index takes nothing that code uses. */
function takesAway(text: string): boolean {
  const drop = /\bdrop\b(?!\s+(?:not\s+null|constraint|trigger|index|expression)\b)/i;
  const type =
    /\balter\s+(?:column\s+)?(?:"[^"]*"|[^\s"]+)\s+(?:set\s+data\s+)?type\b(?!\s+(?:text|bigint|int8|(?:varchar|numeric)(?!\s*\())\b)/i;
  const others = /\b(?:truncate|delete\s+from|revoke|rename|set\s+schema|set\s+default\s+null|no\s+inherit)\b/i;
  return drop.test(text) || type.test(text) || others.test(text);
}
