import { jsonPathKeys } from './json-path.ts';

/** Statuses from `200`, `200, 204`, `2xx` or `200-299`, separated by commas or lines; throws Error that names the wrong part. */
export function parseStatuses(text: string): number[] {
  const statuses = new Set<number>();
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const range = /^([1-5])xx$/i.exec(part);
    const [from, until] = range ? [Number(range[1]) * 100, Number(range[1]) * 100 + 99] : boundsOf(part);
    for (let status = from; status <= until; status += 1) statuses.add(status);
  }
  return [...statuses].sort((a, b) => a - b);
}

function boundsOf(part: string): [number, number] {
  const match = /^(\d{3})(?:-(\d{3}))?$/.exec(part);
  const from = Number(match?.[1]);
  const until = Number(match?.[2] ?? match?.[1]);
  if (!match || from < 100 || until > 599 || until < from) {
    throw new Error(`"${part}" is not a status; write 200, 2xx or 200-299`);
  }
  return [from, until];
}

/** One expectation per line, `$.status = healthy`; the value is a JSON scalar or else text. Throws Error that names the line. */
export function parseJsonExpectations(lines: readonly string[]): Record<string, string | number | boolean> {
  const expectations: Record<string, string | number | boolean> = {};
  for (const line of lines) {
    const match = /^(\$[^=]*?)\s*=\s*(.*)$/.exec(line.trim());
    if (!match?.[1]) throw new Error(`"${line}" is not an expectation; write $.status = healthy`);
    jsonPathKeys(match[1]);
    expectations[match[1]] = scalarOf(match[2] ?? '');
  }
  return expectations;
}

function scalarOf(text: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  } catch {
    // Not JSON: the text itself is expected.
  }
  return text;
}
