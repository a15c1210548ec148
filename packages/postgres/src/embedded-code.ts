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

const nothing: EmbeddedCode = { statements: [] };

/**
 * What a statement runs besides itself: the SQL of a DO block, of WITH, of EXPLAIN ANALYZE, PREPARE and COPY. Conditions and
 * loops of a DO block are taken as run. Pure given the parser.
 */
export function embeddedCode(sql: string, statement: ParsedStatement, parser: SqlParser): EmbeddedCode {
  const { kind, node } = statement;
  switch (kind) {
    case 'DoStmt':
      return doBlock(sql, statement, parser);
    case 'CallStmt':
      return {
        statements: [],
        unread: { what: 'the procedure runs statements that are not in the file', destroys: false },
      };
    case 'ExplainStmt': {
      const analyze = wrapped(node, 'options', 'DefElem').some(
        (option) => option.defname === 'analyze' && !isOff(child(option, 'arg')),
      );
      return analyze ? { statements: ofNode(statement, child(node, 'query')) } : nothing;
    }
    case 'SelectStmt': {
      const statements = ofQueries(statement);
      const called = calledAlone(node);
      if (called === undefined) return { statements };
      const what = `the function ${called} runs statements that are not in the file`;
      return { statements, unread: { what, destroys: false } };
    }
    default:
      return { statements: ofQueries(statement) };
  }
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

/** A function that a SELECT calls without reading a table; undefined for those of the server and of the platform. */
function calledAlone(node: ParseNode): string | undefined {
  const from = children(node, 'fromClause');
  if (from.some((item) => child(item, 'RangeFunction') === undefined)) return undefined;
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
    .filter(([first = '', name]) => (name === undefined ? !ofServer.test(first) : !ofExtensions.has(first)))
    .map((path) => path.join('.'))[0];
}

function doBlock(sql: string, statement: ParsedStatement, parser: SqlParser): EmbeddedCode {
  const parts = wrapped(statement.node, 'args', 'DefElem');
  const part = (name: string) =>
    textOf(
      child(
        child(
          parts.find((one) => one.defname === name),
          'arg',
        ),
        'String',
      ),
      'sval',
    );
  const body = part('as') ?? '';
  const language = part('language') ?? 'plpgsql';
  const block = language === 'plpgsql' ? parser.parseBlock(sql.slice(statement.start, statement.end)) : undefined;
  if (block === undefined) {
    const what = `a DO block in ${language} that could not be read`;
    return { statements: [], unread: { what, destroys: takesAway(body) } };
  }
  const found = statementsOfBlock(block, parser);
  const statements: ParsedStatement[] = [];
  let unread = found.dynamic ? 'a DO block runs statements that it puts together' : undefined;
  let from = statement.start;
  for (const text of found.texts) {
    const parsed = parser.parse(text);
    if ('error' in parsed) {
      unread ??= 'a DO block runs a statement that could not be read';
      continue;
    }
    const at = sql.indexOf(text, from);
    // What the parser of PL/pgSQL has changed (INTO, doubled quotes) is found nowhere: then the block itself is named.
    const placed = at >= 0 && at + text.length <= statement.end;
    if (placed) from = at + text.length;
    for (const inner of parsed.file.statements) {
      const place = placed
        ? { start: at + inner.start, end: at + inner.end, offsetOf: (byte: number) => at + inner.offsetOf(byte) }
        : { start: statement.start, end: statement.end, offsetOf: () => statement.start };
      const own = { ...inner, ...place };
      const code = embeddedCode(sql, own, parser);
      statements.push(own, ...code.statements);
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
