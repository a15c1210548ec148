import type { SourceProblem } from './source-given.ts';

// What the client itself writes, or what changes how a request is read.
const RESERVED = /^(host|content-length|content-type|transfer-encoding|connection|upgrade|te|trailer|expect|proxy-.*)$/;

/** Reads `Name: value`, one per line; the values are secrets and never quoted. Adds to `problems`. */
export function headersOf(text: string, problems: SourceProblem[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const { name = '', value = '' } =
      /^(?<name>[A-Za-z0-9-]{1,100}):[ \t]*(?<value>[\x20-\x7e]{1,4000})$/.exec(line.trim())?.groups ?? {};
    const key = name.toLowerCase();
    const wrong =
      name === ''
        ? 'is not "Name: value"'
        : RESERVED.test(key)
          ? 'is a header that cannot be given'
          : key in headers
            ? 'is given twice'
            : '';
    if (wrong === '') headers[key] = value;
    else problems.push({ name: 'source-headers', message: `line ${index + 1} ${wrong}`, allowed: 'Name: value' });
  }
  return headers;
}
