import { z } from 'zod';
import { createHttpClient } from '#http/client';
import { cleanText } from '#http/text';
import type { SupabaseConnection } from './edge-functions.ts';
import type { EdgeFunction } from './function-types.ts';
import { maskLogText } from './mask-log-text.ts';
import { SupabaseError, toSupabaseError } from './supabase-error.ts';

/** One line of what functions wrote. */
export interface FunctionLogLine {
  /** Unix seconds. */
  at: number;
  slug: string;
  level: string;
  /** Masked and bounded. */
  message: string;
}

/** The logs endpoint takes a day at most (facts: Management API, analytics/endpoints/logs). */
const longestMs = 24 * 3_600_000;

const text = z.union([z.string(), z.number()]).nullish();
const answer = z.looseObject({
  error: z.unknown().optional(),
  result: z.array(z.looseObject({ at: text, function_id: text, level: text, message: text })).nullish(),
});

/**
 * The newest lines that some functions wrote in a time, oldest first; times in milliseconds. Rows know functions by their id only.
 * `secrets` are masked, and what looks like one. @throws SupabaseError, also for an error within an answer of 200.
 */
export async function readFunctionLogs(
  connection: SupabaseConnection,
  request: {
    functions: readonly Pick<EdgeFunction, 'id' | 'slug'>[];
    from: number;
    until: number;
    limit: number;
    secrets?: readonly string[];
  },
): Promise<FunctionLogLine[]> {
  const { token, project, signal } = connection;
  const { functions, from, until, limit, secrets = [] } = request;
  // Ids go into the query: what is no id of Supabase names no function.
  const known = new Map(functions.filter(({ id }) => /^[\w-]{1,60}$/.test(id)).map(({ id, slug }) => [id, slug]));
  if (known.size === 0) return [];
  const ids = [...known.keys()].map((id) => `'${id}'`).join(', ');
  const sql = `select toUnixTimestamp(timestamp) as at, log_attributes['function_id'] as function_id, log_attributes['level'] as level, event_message as message from logs where source = 'function_logs' and log_attributes['function_id'] in (${ids}) order by timestamp desc limit ${limit}`;
  const what = `Reading the logs of ${[...known.values()].join(', ')}`;
  const client = createHttpClient({
    baseUrl: `${connection.apiUrl}/v1/projects/${encodeURIComponent(project)}`,
    headers: { authorization: `Bearer ${token}` },
    signal,
  });
  let json: unknown;
  try {
    const query = {
      sql,
      iso_timestamp_start: new Date(Math.max(from, until - longestMs)).toISOString(),
      iso_timestamp_end: new Date(until).toISOString(),
    };
    json = (await client.request({ path: 'analytics/endpoints/logs', query })).json();
  } catch (error) {
    throw toSupabaseError(error, what, undefined, token);
  }
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw new SupabaseError('supabase_bad_answer', `${what}: the answer holds no rows.`);
  const { error, result } = parsed.data;
  if (error !== undefined && error !== null) {
    throw new SupabaseError('supabase_refused', `${what}: refused (${cleanText(JSON.stringify(error), 300)}).`);
  }
  const lines = (result ?? []).map((row) => ({
    at: Number(row.at ?? 0),
    slug: known.get(String(row.function_id ?? '')) ?? 'unknown',
    level: cleanText(String(row.level ?? ''), 20),
    message: maskLogText(String(row.message ?? ''), [token, ...secrets]),
  }));
  return lines.slice(0, limit).reverse();
}

/** `12:30:05 notes error: …`, for people; UTC. Pure. */
export function formatLogLine({ at, slug, level, message }: FunctionLogLine): string {
  const clock = Number.isFinite(at) ? new Date(at * 1000).toISOString().slice(11, 19) : '';
  return `${clock} ${slug} ${level === '' ? '' : `${level}: `}${message}`.trim();
}
