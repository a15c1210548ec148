import { byMinute, isFailed, p95Of, type Served } from './traffic.ts';

/** One metric query of Datadog, as far as the sandbox's metrics go. */
export interface DatadogQuery {
  metric: string;
  passes(served: Served): boolean;
  /** Tag of `by {…}`. */
  by?: string;
  zero: boolean;
}

const metrics: Record<string, (served: readonly Served[]) => number | null> = {
  'sum:trace.next.request.hits': (served) => served.length,
  'sum:trace.next.request.errors': (served) => served.filter(isFailed).length || null,
  // Datadog keeps times of traces in seconds.
  'p95:trace.next.request': (served) => (p95Of(served) ?? 0) / 1000 || null,
};
const tags: Record<string, (served: Served) => string> = {
  service: () => 'web',
  env: ({ environment }) => environment,
  version: ({ commit, release }) => release || commit,
  deployment: ({ deployment }) => deployment.toLowerCase(),
  resource_name: ({ path }) => path,
};

/** Reads `default_zero(sum:metric{tag:value,…} by {tag}.as_count().rollup(sum, 60))`. @throws Error as Datadog says it. */
export function readDatadogQuery(text: string): DatadogQuery {
  const [, inside] = /^default_zero\((.+)\)$/.exec(text.trim()) ?? [];
  const [, aggregation = '', metric = '', scope = '', by] =
    /^(sum|avg|p95):([a-z][\w.]*)\{([^}]*)\}(?: by \{(\w+)\})?(?:\.as_count\(\))?(?:\.rollup\((?:sum, )?60\))?$/.exec(
      inside ?? text.trim(),
    ) ?? [];
  if (metric === '') throw new Error(`Error parsing query: unable to parse ${text}: Rule 'scope_expr' didn't match`);
  if (by !== undefined && !(by in tags)) throw new Error(`Error parsing query: unknown tag ${by}`);
  return {
    metric: `${aggregation}:${metric}`,
    passes: readScope(scope),
    zero: inside !== undefined,
    ...(by !== undefined && { by }),
  };
}

/** `a:b,c:d`, `a:b AND c NOT IN (d, e)`, `*`. A tag that nothing has passes nothing. */
function readScope(scope: string): (served: Served) => boolean {
  if (scope.trim() === '*') return () => true;
  const tests = scope.split(/\s+AND\s+|,(?![^(]*\))/).map((term) => {
    const [, listed, not, list] = /^\s*(\w+) (NOT )?IN \(([^)]*)\)\s*$/.exec(term) ?? [];
    const [, name, value] = /^\s*(\w+):(.+?)\s*$/.exec(term) ?? [];
    const tag = tags[listed ?? name ?? ''];
    const values = list?.split(',').map((each) => each.trim()) ?? [value ?? ''];
    return (served: Served) => tag !== undefined && values.includes(tag(served).toLowerCase()) === (not === undefined);
  });
  return (served) => tests.every((test) => test(served));
}

/** The groups of a query, one without `by`; each with a value per minute, absent where nothing was counted. */
export function evaluate(
  query: DatadogQuery,
  served: readonly Served[],
): { tag?: string; values: Map<number, number> }[] {
  const count = metrics[query.metric];
  const mine = served.filter(query.passes);
  if (count === undefined || (mine.length === 0 && !query.zero)) return [];
  const tagOf = tags[query.by ?? ''];
  const groups = tagOf === undefined ? [[undefined, mine] as const] : [...Map.groupBy(mine, tagOf)];
  return groups.map(([tag, some]) => {
    const values = new Map<number, number>();
    for (const [minute, inside] of byMinute(some)) {
      const value = count(inside);
      if (value !== null) values.set(minute, value);
    }
    return { values, ...(tag !== undefined && { tag: `${query.by}:${tag}` }) };
  });
}
