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
}

/** Reduces an error of `pg` to what may be shown. */
export function databaseErrorFacts(error: unknown): DatabaseErrorFacts {
  const given = error as ServerError;
  const sqlstate = sqlstateOf(error);
  const position = Number(given.position);
  return {
    ...(sqlstate === undefined ? {} : { sqlstate }),
    message: safeMessage(sqlstate, String(given.message ?? error)),
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

function safeMessage(sqlstate: string | undefined, message: string): string {
  // RAISE in the consumer's own code can print anything, rows included.
  if (sqlstate?.startsWith('P0') === true)
    return 'the migration raised an exception (its text is withheld: it may contain row values)';
  // Data exceptions end with the value: `invalid input syntax for type integer: "secret"`.
  const firstLine = message.split('\n')[0] ?? '';
  const isData = sqlstate?.startsWith('22') === true;
  return isData ? firstLine.replace(/"[^"]*"?/g, '"…"') : firstLine.replace(/(: )".*$/, '$1"…"');
}
