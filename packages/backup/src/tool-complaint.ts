import { cleanText } from '#http/text';

/**
 * What PostgreSQL's tools complain about, fit to be shown: the first error line without the values that follow a colon
 * in quotes, and without DETAIL, CONTEXT and the command (S29).
 */
export function toolComplaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const first =
    lines.find((text) => /\b(ERROR|FATAL|error|fatal):/.test(text)) ?? lines.findLast((text) => text !== '') ?? '';
  // Where a call to the server failed, the reason is in the line after it.
  const told = / detail: Error message from server: (.+)$/;
  const reason = /PQget\w+\(\) failed/.test(first)
    ? lines.find((text) => told.test(text))?.match(told)?.[1]
    : undefined;
  const line = reason === undefined ? first : `${first} ${reason}`;
  const data = /value|syntax for type|violates|out of range|duplicate key/i.test(line);
  const shown = data ? line.replace(/: "[^"]*"?.*$/, ': "…"') : line;
  return shown === '' ? 'it gave no reason' : cleanText(shown, 400);
}
