import { createHttpClient } from '#http/client';
import { cleanText } from '#http/text';
import type { SupabaseConnection } from './edge-functions.ts';
import { areMetrics, type MetricsLook, readMetrics } from './read-metrics.ts';
import { SupabaseError, toSupabaseError } from './supabase-error.ts';

/** The numbers of one project's machine and database, as the platform measures them about once a minute. */
export interface ProjectMetrics {
  /** @throws SupabaseError, or the abort reason. */
  look(): Promise<MetricsLook>;
}

/**
 * Over the Management API, GET /v1/projects/{ref}/analytics/endpoints/metrics (facts/supabase.md §6): the same text as that of the
 * project's own address, which would want the key that reads every row. Free projects have none.
 */
export function openProjectMetrics(connection: SupabaseConnection): ProjectMetrics {
  const { apiUrl, token, project, signal, log, clock } = connection;
  const client = createHttpClient({
    baseUrl: `${apiUrl}/v1/projects`,
    headers: { authorization: `Bearer ${token}`, accept: 'text/plain' },
    // A look is worth less than the interval it belongs to.
    deadlineMs: 5_000,
    attempts: 3,
    budgetMs: 15_000,
    signal,
    log,
    clock,
  });
  const what = `Reading the metrics of project ${project}`;
  return {
    async look() {
      const path = `${encodeURIComponent(project)}/analytics/endpoints/metrics`;
      const text = await client.request({ path }).then(
        (answer) => answer.text,
        (error: unknown) => {
          throw refused(toSupabaseError(error, what, undefined, token), what);
        },
      );
      if (areMetrics(text)) return readMetrics(text, project);
      const said = errorIn(text);
      const why = said === undefined ? 'the answer is no text of metrics' : `Supabase says: "${said}"`;
      throw new SupabaseError('supabase_bad_answer', `${what}: ${why}`);
    },
  };
}

/** Who may not read them, and whose plan has none, get the same answer. */
function refused(error: unknown, what: string): unknown {
  if (!(error instanceof SupabaseError) || error.reasonCode !== 'supabase_forbidden') return error;
  const text = 'the access token may not read them (analytics_logs_read), or the plan of the organization has none';
  return new SupabaseError('supabase_forbidden', `${what}: ${text}.`, { status: 403, cause: error });
}

/** The platform also says errors within an answer of 200 (trap 39). */
function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (error === undefined || error === null) return undefined;
    return cleanText(typeof error === 'string' ? error : JSON.stringify(error), 300);
  } catch {
    return undefined;
  }
}
