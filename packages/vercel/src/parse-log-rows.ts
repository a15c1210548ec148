import { z } from 'zod';
import { cleanText } from '#http/text';
import type { RuntimeLogRow } from './group-log-rows.ts';

const row = z.looseObject({
  rowId: z.string().optional(),
  requestId: z.string().optional(),
  timestampInMs: z.number(),
  level: z.string().optional(),
  source: z.string(),
  domain: z.string().optional(),
  requestMethod: z.string().optional(),
  requestPath: z.string().optional(),
  responseStatusCode: z.number().optional(),
});

/** A line of the stream as a row; undefined for what is none. Messages are left out: they carry customers' data. */
export function parseLogRow(line: string): RuntimeLogRow | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = row.safeParse(json);
  if (!parsed.success) return undefined;
  const { rowId = '', requestId, timestampInMs, level = 'info', source } = parsed.data;
  const { domain, requestMethod, requestPath, responseStatusCode: status } = parsed.data;
  return {
    rowId,
    timestamp: timestampInMs,
    level,
    source,
    ...(domain && { domain: cleanText(domain, 253) }),
    ...(requestMethod && { method: cleanText(requestMethod, 10) }),
    // Without the query: it can carry tokens.
    ...(requestPath && { path: cleanText(requestPath.replace(/[?#].*$/s, ''), 300) }),
    // 0 means that there is none, e.g. on a delimiter row.
    ...(status !== undefined && status >= 100 && status <= 599 && { status }),
    ...(requestId && { requestId: cleanText(requestId, 200) }),
  };
}

/** A line longer than this is not kept (characters). */
const LONGEST_LINE = 1_048_576;

/** Splits pieces of a stream into whole lines; a last line without its end is dropped, because it may be cut. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) rest = '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
