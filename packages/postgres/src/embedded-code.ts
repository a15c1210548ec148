import { keyOfPath } from './made-objects.ts';
import { child, children, type ParseNode, stringList, textOf, wrapped } from './sql-names.ts';
import type { ParsedStatement, SqlParser } from './sql-parser.ts';

/** Code that a statement runs and that nobody could read here. */
export interface UnreadCode {
  /** `a DO block runs statements that it puts together`. */
  what: string;
  /** Its text names what takes objects, rights or rows away. */
  destroys: boolean;
}

export interface EmbeddedCode {
  /** What the statement runs besides itself, in order; places are those of the file. */
  statements: ParsedStatement[];
  unread?: UnreadCode;
}

/** A body of code, and the whole statement that carries it. */
export interface CodeBody {
  language: string;
  body: string;
  text: string;
}

/** Functions and procedures whose bodies are known, by the key of their name. */
export type KnownRoutines = ReadonlyMap<string, CodeBody>;

const nothing: EmbeddedCode = { statements: [] };
const none: KnownRoutines = new Map();

/**
 * What a statement runs besides itself: the SQL of a DO block, of a routine that is known, of WITH, of EXPLAIN ANALYZE, PREPARE
 * and COPY. Conditions and loops of code are taken as run. Pure given the parser.
 */
export function embeddedCode(
  sql: string,
  statement: ParsedStatement,
  parser: SqlParser,
  routines: KnownRoutines = none,
): EmbeddedCode {
  const { kind, node } = statement;
  switch (kind) {
    case 'DoStmt':
      return readCode('a DO block', bodyOf(sql, statement, 'args'), { sql, statement, parser, routines });
    case 'CallStmt':
      return runRoutines([stringList(children(child(node, 'funccall'), 'funcname'))], {
        sql,
        statement,
        parser,
        routines,
      });
    case 'ExplainStmt': {
      const analyze = wrapped(node, 'options', 'DefElem').some(
        (option) => option.defname === 'analyze' && !isOff(child(option, 'arg')),
      );
      return analyze ? { statements: ofNode(statement, child(node, 'query')) } : nothing;
    }
    case 'SelectStmt': {
      const code = runRoutines(calledAlone(node), { sql, statement, parser, routines });
      return { ...code, statements: [...ofQueries(statement), ...code.statements] };
    }
    default:
      return { statements: ofQueries(statement) };
  }
}

/** What a CREATE FUNCTION or PROCEDURE makes known; nothing of other statements. Pure. */
export function knownRoutine(sql: string, statement: ParsedStatement): [key: string, body: CodeBody][] {
  if (statement.kind !== 'CreateFunctionStmt') return [];
  return [[keyOfPath(stringList(children(statement.node, 'funcname'))), bodyOf(sql, statement, 'options')]];
}

/** Where a body is run from. */
interface RunFrom {
  sql: string;
  statement: ParsedStatement;
  parser: SqlParser;
  routines: KnownRoutines;
}

function runRoutines(paths: readonly string[][], from: RunFrom): EmbeddedCode {
  const codes = paths.map((path): EmbeddedCode => {
    const name = path.join('.');
    const known = from.routines.get(keyOfPath(path));
    if (known === undefined) return { statements: [], unread: { what: `the body of ${name} is run`, destroys: false } };
    // What a routine calls in its turn stays unread: it may be itself.
    return readCode(`the body of ${name}`, known, { ...from, routines: none });
  });
  const unread = codes
    .flatMap((code) => code.unread ?? [])
    .toSorted((a, b) => Number(b.destroys) - Number(a.destroys))[0];
  return { statements: codes.flatMap((code) => code.statements), ...(unread === undefined ? {} : { unread }) };
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

/** Functions of PostgreSQL itself that migrations call by name, and what extensions bring to be called by them. */
const ofServer =
  /^(pg_|to_|quote_|jsonb?_|array_|string_|regexp_|(set_config|current_setting|setval|nextval|currval|lastval|now|clock_timestamp|version|format|generate_series|unnest|gen_random_uuid)$)/;
const ofExtensions = new Set(
  'pg_catalog information_schema extensions cron pgmq vault net storage auth realtime graphql partman topology'.split(
    ' ',
  ),
);

/** Functions that a SELECT calls without reading a table; those of the server and of the platform are left out. */
function calledAlone(node: ParseNode): string[][] {
  const from = children(node, 'fromClause');
  if (from.some((item) => child(item, 'RangeFunction') === undefined)) return [];
  const items = from.flatMap((item) =>
    children(child(item, 'RangeFunction'), 'functions').flatMap((list) => children(child(list, 'List'), 'items')),
  );
  const targets = wrapped(node, 'targetList', 'ResTarget').flatMap((target): ParseNode[] => {
    const value = child(target, 'val');
    return value === undefined ? [] : [value];
  });
  return [...targets, ...items]
    .map((value) => stringList(children(child(value, 'FuncCall'), 'funcname')))
    .filter((path) => path.length > 0)
    .filter(([first = '', name]) => (name === undefined ? !ofServer.test(first) : !ofExtensions.has(first)));
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

function readCode(who: string, { language, body, text }: CodeBody, from: RunFrom): EmbeddedCode {
  const { sql, statement, parser, routines } = from;
  const block = language === 'plpgsql' ? parser.parseBlock(text) : undefined;
  if (block === undefined && (language !== 'sql' || body === ''))
    return {
      statements: [],
      unread: { what: `${who} is ${language} that could not be read`, destroys: takesAway(body) },
    };
  const found = block === undefined ? { texts: [body], dynamic: false } : statementsOfBlock(block, parser);
  const statements: ParsedStatement[] = [];
  let unread = found.dynamic ? `${who} runs statements that it puts together` : undefined;
  let position = statement.start;
  for (const own of found.texts) {
    const parsed = parser.parse(own);
    if ('error' in parsed) {
      unread ??= `${who} runs a statement that could not be read`;
      continue;
    }
    const at = sql.indexOf(own, position);
    // What stands elsewhere, or was changed by the parser of PL/pgSQL (INTO, doubled quotes): the statement itself is named.
    const placed = at >= 0 && at + own.length <= statement.end;
    if (placed) position = at + own.length;
    for (const inner of parsed.file.statements) {
      const place = placed
        ? { start: at + inner.start, end: at + inner.end, offsetOf: (byte: number) => at + inner.offsetOf(byte) }
        : { start: statement.start, end: statement.end, offsetOf: () => statement.start };
      const run = { ...inner, ...place };
      const code = embeddedCode(sql, run, parser, routines);
      statements.push(run, ...code.statements);
      unread ??= code.unread?.what;
    }
  }
  if (unread === undefined) return { statements };
  // What is put together is put together from literals: everything else was read.
  return { statements, unread: { what: unread, destroys: parser.strings(body).some(takesAway) } };
}

/** As the same words at the top of a file are judged: dropping a constraint, trigger or index takes nothing that code uses. */
function takesAway(text: string): boolean {
  const drop = /\bdrop\b(?!\s+(?:not\s+null|constraint|trigger|index|expression|identity)\b)/i;
  return drop.test(text) || /\b(?:truncate|delete\s+from|revoke|rename)\b/i.test(text);
}

/** The SQL that a block runs, in its order; `dynamic` where a part of it is known only when it runs. */
function statementsOfBlock(block: ParseNode, parser: SqlParser): { texts: string[]; dynamic: boolean } {
  const texts: string[] = [];
  let dynamic = false;
  const query = (node: ParseNode, key: string) => textOf(child(child(node, key), 'PLpgSQL_expr'), 'query') ?? '';
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [kind, inner] of Object.entries(value)) {
      const node = inner as ParseNode;
      if (kind === 'PLpgSQL_stmt_execsql') texts.push(query(node, 'sqlstmt'));
      else if (kind === 'PLpgSQL_stmt_call') texts.push(query(node, 'expr'));
      else if (kind === 'PLpgSQL_stmt_perform') texts.push(query(node, 'expr'));
      else if (kind === 'PLpgSQL_stmt_fors') texts.push(query(node, 'query'));
      else if (kind === 'PLpgSQL_stmt_dynexecute') {
        const text = constant(query(node, 'query'), parser);
        if (text === undefined) dynamic = true;
        else texts.push(text);
      } else if (kind === 'PLpgSQL_stmt_dynfors' || (kind === 'PLpgSQL_stmt_open' && 'dynquery' in node))
        dynamic = true;
      walk(inner);
    }
  };
  walk(block);
  return { texts, dynamic };
}

/** The text of `'drop table notes'`; undefined where it is put together. */
function constant(expression: string, parser: SqlParser): string | undefined {
  const parsed = parser.parse(`SELECT ${expression}`);
  const select = 'file' in parsed ? parsed.file.statements[0]?.node : undefined;
  const value = child(wrapped(select, 'targetList', 'ResTarget')[0], 'val');
  return textOf(child(child(value, 'A_Const'), 'sval'), 'sval');
}
