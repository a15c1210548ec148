import { cleanText } from '#http/text';
import { ownStatements } from '#postgres/database-error';

/** Words of PostgreSQL's messages in front of a name in quotes that is no value: of an object, of a setting, or of a server. */
const named =
  /\b(?:access method|aggregate|attribute|authentication failed for user|class|collation|column|configuration|constraint|conversion|database|dictionary|domain|encoding|enum|extension|family|file|function|index|language|library|method|operator|option|parameter|parser|policy|procedure|program|publication|relation|role|rule|schema|sequence|server|server at|socket|statistics|subscription|table|tablespace|template|trigger|type|view|wrapper) $/;

/**
 * What PostgreSQL's tools complain about, fit to be shown to strangers: the error line without DETAIL, CONTEXT and the command, and
 * of what is in quotes only names (S29). Where code of the database itself speaks, as RAISE does, its words may carry values, too:
 * then severity, function, line and object are all that is told.
 */
export function toolComplaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  // What else stands there may be a notice, whose words are those of the database.
  const first =
    lines.find((text) => /^pg_\w+: (?:error|fatal): /.test(text)) ??
    lines.findLast((text) => /^[\w./-]+: /.test(text)) ??
    '';
  // Where a call to the server failed, the reason is in the line after it.
  const told = / detail: Error message from server: (.+)$/;
  const reason = /PQget\w+\(\) failed/.test(first)
    ? lines.find((text) => told.test(text))?.match(told)?.[1]
    : undefined;
  const shown = withoutValues(withoutRaised(reason === undefined ? first : `${first} ${reason}`, lines));
  return shown === '' ? 'it gave no reason' : cleanText(shown, 400);
}

/**
 * The words of a server are its own where nothing but COPY and fixed SQL of PL/pgSQL functions is in the context, which only an
 * English one says in words known here. A context may be forged by a message: all of them have to say it.
 */
function withoutRaised(line: string, lines: readonly string[]): string {
  const said = /(?:^|: )(\p{L}+)\s?: {2}/u.exec(line);
  const places = lines.filter((text) => /^(?:CONTEXT: {2}(?!COPY |SQL statement ")|PL\/pgSQL function )/.test(text));
  const isOwn = places.every((text) =>
    ownStatements.has(/PL\/pgSQL function .+? line \d+ at (.+)$/.exec(text)?.[1] ?? ''),
  );
  if (said === null || (isOwn && /^(?:ERROR|FATAL|PANIC)$/.test(said[1] ?? ''))) return line;
  const severity = line.slice(0, said.index + said[0].length).trimEnd();
  const place = /PL\/pgSQL function .+? line \d+/.exec(places[0] ?? '')?.[0] ?? 'code of the database';
  const entry = lines.map((text) => / from TOC entry \d+; \d+ \d+ (.+)$/.exec(text)?.[1]).find((text) => text);
  return `${severity} in ${place}${entry === undefined ? '' : `, at ${entry}`}`;
}

/** Up to the first text in quotes that is no name. */
function withoutValues(line: string): string {
  for (const { index } of line.matchAll(/"[^"]*"?/g))
    if (!named.test(line.slice(0, index))) return `${line.slice(0, index)}"…"`;
  return line;
}
