/** What may be shown of a server's error: SQLSTATE, object names, position. Never DETAIL, CONTEXT or row values (S29). */
export interface DatabaseErrorFacts {
  sqlstate?: string;
  message: string;
  /** 1-based character in the SQL text that was sent. */
  position?: number;
  /** Statements of the message that had finished. */
  completed?: number;
}

interface ServerError {
  code?: unknown;
  message?: unknown;
  position?: unknown;
  completed?: unknown;
  severity?: unknown;
  /** CONTEXT. */
  where?: unknown;
  /** Source file of the server, and the function in it. */
  file?: unknown;
  routine?: unknown;
}

/** Reduces an error of `pg` to what may be shown. */
export function databaseErrorFacts(error: unknown): DatabaseErrorFacts {
  const given = error as ServerError;
  const sqlstate = sqlstateOf(error);
  const position = Number(given.position);
  return {
    ...(sqlstate === undefined ? {} : { sqlstate }),
    message: safeMessage(sqlstate, String(given.message ?? error), given),
    ...(Number.isInteger(position) && position > 0 ? { position } : {}),
    ...(typeof given.completed === 'number' ? { completed: given.completed } : {}),
  };
}

/** The five-character SQLSTATE, or undefined for errors that did not come from the server. */
export function sqlstateOf(error: unknown): string | undefined {
  const { code, severity } = error as ServerError;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined ? code : undefined;
}

/** True when the session is gone: what its last statement did is not known from this error. */
export function isConnectionLost(error: unknown): boolean {
  const sqlstate = sqlstateOf(error);
  // 08: connection exceptions; 57P01–57P03: the server shuts down or restarts.
  return sqlstate === undefined || sqlstate.startsWith('08') || /^57P0[1-4]$/.test(sqlstate);
}

/** Texts in quotes, as the translations of PostgreSQL write them. */
const quoted = /"[^"]*"?|«[^»]*»?|»[^«]*«?/g;

/** RAISE and ASSERT of PL/pgSQL by name, other languages by where they speak: `plpy_elog.c`, `plperl.c`, `Util.c`, `plv8.cc`. */
const raising = /^exec_stmt_(?:raise|assert)$/;
const ofLanguages = /^(?:plpy|plperl|pltcl|plv8|Util\.)/;

/**
 * What a PL/pgSQL function may be at where the words are the server's own about fixed SQL. RAISE and ASSERT speak for the function,
 * and EXECUTE, which OPEN and RETURN QUERY may hide, makes names of values.
 */
export const ownStatements: ReadonlySet<string> = new Set([
  'SQL statement',
  'assignment',
  'PERFORM',
  'RETURN',
  'IF',
  'FOR over SELECT rows',
]);

function safeMessage(sqlstate: string | undefined, message: string, { where, file, routine }: ServerError): string {
  // RAISE in the consumer's own code can print anything, rows included, and under any code.
  if (sqlstate?.startsWith('P0') === true || raising.test(String(routine)) || ofLanguages.test(String(file)))
    return 'the migration raised an exception (its text is withheld: it may contain row values)';
  const firstLine = message.split('\n')[0] ?? '';
  // Data exceptions name the value: `invalid input syntax for type integer: "secret"`.
  if (sqlstate?.startsWith('22') === true || !isAboutFixedSql(String(where ?? '')))
    return firstLine.replace(quoted, '"…"');
  return firstLine.replace(/(: )["«»].*$/, '$1"…"');
}

function isAboutFixedSql(context: string): boolean {
  const places = context.split('\n').filter((line) => line.includes('PL/pgSQL'));
  return places.every((line) => ownStatements.has(/ line \d+ at (.+)$/.exec(line)?.[1] ?? ''));
}
