import { setFlagsFromString } from 'node:v8';

/** One top-level statement of a file; `start` and `end` are UTF-16 offsets without the closing semicolon. */
export interface ParsedStatement {
  /** Name of the parse node, e.g. `AlterTableStmt`. */
  kind: string;
  node: Record<string, unknown>;
  start: number;
  end: number;
  /** Byte offset to UTF-16 offset in the file, for the `location` fields inside the node. */
  offsetOf(byte: number): number;
}

export interface ParsedFile {
  statements: ParsedStatement[];
  /** The texts between top-level semicolons, trimmed, comments kept: what the Supabase CLI stores as `statements`. */
  segments: string[];
}

/** A comment outside of literals, with its dashes or stars. */
export interface SqlComment {
  text: string;
  /** UTF-16 offset. */
  start: number;
}

export interface SqlSyntaxError {
  message: string;
  /** UTF-16 offset of the error. */
  offset: number;
}

export interface SqlParser {
  parse(sql: string): { file: ParsedFile } | { error: SqlSyntaxError };
  /** The tree of a DO block in PL/pgSQL, given whole; undefined where its parser does not take it. */
  parseBlock(statement: string): Record<string, unknown> | undefined;
  /** String constants of a text, with their quotes, in order; nothing of one that cannot be scanned. */
  strings(sql: string): string[];
  /** Comments of a text that can be parsed, in order. */
  comments(sql: string): SqlComment[];
  /** The text on one line with comments removed and every literal replaced by `$n` (S29). */
  normalise(sql: string): string;
}

interface Token {
  start: number;
  end: number;
  tokenName: string;
}
interface Library {
  loadModule(): Promise<void>;
  parseSync(sql: string): {
    stmts?: { stmt: Record<string, unknown>; stmt_location?: number; stmt_len?: number }[];
  };
  parsePlPgSQLSync(sql: string): object;
  scanSync(sql: string): { tokens: Token[] };
}

const literals = new Set(['SCONST', 'USCONST', 'BCONST', 'XCONST', 'ICONST', 'FCONST']);
const strings = new Set(['SCONST', 'USCONST']);
const comments = new Set(['SQL_COMMENT', 'C_COMMENT']);
const longestNormalisedStatement = 400;
const longestKeptText = 20_000;

let loaded: Promise<SqlParser> | undefined;

/** Loads PostgreSQL's own parser (18, WebAssembly, about 25 ms) once per process. */
export function loadSqlParser(): Promise<SqlParser> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<SqlParser> {
  // The library looks for its .wasm beside `__dirname`, which ES modules (and our bundles) do not have.
  const scope = globalThis as { __dirname?: string };
  scope.__dirname ??= import.meta.dirname;
  // PostgreSQL's grammar is one enormous function. V8 would compile it anew with its optimizing compiler as soon as a few
  // statements have been read, which costs more than reading a thousand files with its first, fast compilation.
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
  const library = (await import('libpg-query')) as unknown as Library;
  await library.loadModule();
  const scanned = remembered((sql) => scan(library, sql));
  return {
    parse: remembered((sql) => parse(library, sql, scanned)),
    parseBlock: (statement) => {
      try {
        return { ...library.parsePlPgSQLSync(statement) };
      } catch {
        return undefined;
      }
    },
    strings: (sql) => {
      try {
        return textsOf(sql, scanned(sql), strings);
      } catch {
        return [];
      }
    },
    // Most files hold none, and the scanner takes as long as the parser.
    comments: remembered((sql) => (/--|\/\*/.test(sql) ? commentsOf(sql, scanned(sql)) : [])),
    normalise: (sql) => normalise(sql, scanned),
  };
}

/** Every look at a file reads it: the plan, the plan under the lock, the apply, the check. Dumps are not kept. */
function remembered<Answer>(read: (sql: string) => Answer): (sql: string) => Answer {
  const answers = new Map<string, Answer>();
  return (sql) => {
    const kept = answers.get(sql);
    if (kept !== undefined) return kept;
    const answer = read(sql);
    if (sql.length <= longestKeptText) answers.set(sql, answer);
    return answer;
  };
}

/**
 * The tokens of a text. The library answers JSON in which most control characters stand raw, and then fails to read it
 * (libpg-query 18.1): each becomes a blank of the same length, which moves no token.
 */
function scan(library: Library, sql: string): Token[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these break the library's JSON
  return library.scanSync(sql.replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f]/g, ' ')).tokens;
}

function parse(
  library: Library,
  sql: string,
  scanned: (sql: string) => Token[],
): { file: ParsedFile } | { error: SqlSyntaxError } {
  // Comments only (or nothing): the scanner is content, and so is the Supabase CLI.
  let answer: ReturnType<Library['parseSync']>;
  try {
    answer = sql.trim() === '' ? {} : library.parseSync(sql);
  } catch (error) {
    const details = (error as { sqlDetails?: { message: string; cursorPosition?: number } }).sqlDetails;
    if (details === undefined) throw error;
    const offset = offsetOfCharacter(sql, details.cursorPosition ?? 0);
    return { error: { message: details.message, offset } };
  }
  const offsetOf = byteOffsets(sql);
  const bytes = Buffer.byteLength(sql);
  const spans = (answer.stmts ?? []).map((raw) => {
    const start = raw.stmt_location ?? 0;
    return { start, end: raw.stmt_len ? start + raw.stmt_len : bytes, stmt: raw.stmt };
  });
  const statements = spans.map((span): ParsedStatement => {
    const [kind = 'Unknown', node = {}] = Object.entries(span.stmt)[0] ?? [];
    const start = offsetOf(span.start);
    const end = offsetOf(span.end);
    return { kind, node: node as Record<string, unknown>, start, end, offsetOf };
  });
  const cuts = semicolonsBetween(sql, statements) ?? semicolonTokens(sql, scanned, spans).map(offsetOf);
  return { file: { statements, segments: segmentsBetween(sql, cuts) } };
}

/** UTF-16 offsets; undefined where something else, such as a comment, stands there, too. */
function semicolonsBetween(sql: string, statements: readonly ParsedStatement[]): number[] | undefined {
  const cuts: number[] = [];
  const starts = [...statements.map(({ start }) => start), sql.length];
  for (const [index, end] of starts.entries()) {
    const start = statements[index - 1]?.end ?? 0;
    const gap = sql.slice(start, end);
    if (!/^[\s;]*$/.test(gap)) return undefined;
    for (let at = gap.indexOf(';'); at >= 0; at = gap.indexOf(';', at + 1)) cuts.push(start + at);
  }
  return cuts;
}

/** Byte offsets. */
function semicolonTokens(
  sql: string,
  scanned: (sql: string) => Token[],
  spans: readonly { start: number; end: number }[],
): number[] {
  // Both stand in order: a dump of 100,000 statements holds as many semicolons.
  let span = 0;
  return scanned(sql)
    .filter((token) => token.tokenName === 'ASCII_59')
    .filter(({ start }) => {
      while ((spans[span]?.end ?? Infinity) <= start) span++;
      return start < (spans[span]?.start ?? Infinity);
    })
    .map((token) => token.start);
}

function textsOf(sql: string, tokens: readonly Token[], kinds: ReadonlySet<string>): string[] {
  const bytes = Buffer.from(sql);
  return tokens
    .filter(({ tokenName }) => kinds.has(tokenName))
    .map(({ start, end }) => bytes.subarray(start, end).toString());
}

function commentsOf(sql: string, tokens: readonly Token[]): SqlComment[] {
  const offsetOf = byteOffsets(sql);
  return tokens
    .filter((token) => comments.has(token.tokenName))
    .map(({ start, end }) => ({ start: offsetOf(start), text: sql.slice(offsetOf(start), offsetOf(end)) }));
}

function segmentsBetween(sql: string, cuts: number[]): string[] {
  const edges = [-1, ...cuts, sql.length];
  return edges
    .slice(1)
    .map((edge, index) => sql.slice((edges[index] ?? -1) + 1, edge).trim())
    .filter((segment) => segment !== '');
}

/** Bytes between two places whose offset is kept. */
const betweenKept = 256;

/** Of the beginning of a character. Each place is asked for, so that none may cost the length of the text. */
function byteOffsets(sql: string): (byte: number) => number {
  const bytes = Buffer.from(sql);
  if (bytes.length === sql.length) return (byte) => byte;
  const kept = new Uint32Array(Math.floor(bytes.length / betweenKept) + 1);
  let offset = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at % betweenKept === 0) kept[at / betweenKept] = offset;
    offset += unitsAt(bytes[at]);
  }
  return (byte) => {
    const from = Math.floor(byte / betweenKept);
    let units = kept[from] ?? 0;
    for (let at = from * betweenKept; at < byte; at++) units += unitsAt(bytes[at]);
    return units;
  };
}

/** UTF-16 units of the character that begins with this byte of UTF-8; none in the middle of one. */
function unitsAt(byte: number | undefined): number {
  if (byte === undefined || (byte & 0xc0) === 0x80) return 0;
  return byte >= 0xf0 ? 2 : 1;
}

/** PostgreSQL counts characters, JavaScript counts UTF-16 units. */
export function offsetOfCharacter(sql: string, character: number): number {
  let offset = 0;
  for (let count = 0; count < character && offset < sql.length; count++) {
    offset += (sql.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** 1-based line and column of a UTF-16 offset. */
export function lineAndColumn(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function normalise(sql: string, scanned: (sql: string) => Token[]): string {
  let tokens: Token[];
  try {
    tokens = scanned(sql);
  } catch {
    return '(statement that could not be read)';
  }
  const bytes = Buffer.from(sql);
  let text = '';
  let position = 0;
  let parameters = 0;
  for (const token of tokens) {
    if (token.start > position && text !== '') text += ' ';
    position = token.end;
    if (comments.has(token.tokenName)) continue;
    text += literals.has(token.tokenName) ? `$${++parameters}` : bytes.subarray(token.start, token.end).toString();
  }
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestNormalisedStatement ? `${line.slice(0, longestNormalisedStatement)}…` : line;
}
