import type { SlowQuery } from './database-report.ts';

/** The kinds of queries that a team sets targets for, told apart by their text, and what is too slow for each; milliseconds on average. */
export const queryTargets = {
  'full-text search': { target: 200, alert: 1000 },
  aggregation: { target: 500, alert: 2000 },
  'complex join': { target: 100, alert: 500 },
  'simple select': { target: 10, alert: 100 },
} as const;
export type QueryKind = keyof typeof queryTargets;

/** From the rarest kind to the commonest: a search that counts is a search. */
const patterns: readonly [QueryKind, RegExp][] = [
  ['full-text search', /@@|\b(?:plain|phrase|websearch_)?to_tsquery\b|\bto_tsvector\b|\bts_rank(?:_cd)?\b/i],
  ['aggregation', /\bgroup\s+by\b|\b(?:count|sum|avg|min|max|string_agg|array_agg|json_agg|jsonb_agg)\s*\(/i],
  ['complex join', /\bjoin\b/i],
  ['simple select', /^\s*(?:select|with|table)\b/i],
];

/** Undefined for what is no query of rows: a change, a setting, a transaction. Pure. */
export function classifyQuery(text: string): QueryKind | undefined {
  if (!/^\s*(?:\(\s*)*(?:select|with|table)\b/i.test(text)) return undefined;
  return patterns.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Queries that are on average slower than the alert limit of their kind, slowest first. Pure. */
export function judgeQueryTargets(queries: readonly SlowQuery[]): (SlowQuery & { kind: QueryKind; alertMs: number })[] {
  return queries
    .flatMap((query) => {
      const kind = classifyQuery(query.query);
      if (kind === undefined || query.meanMs <= queryTargets[kind].alert) return [];
      return [{ ...query, kind, alertMs: queryTargets[kind].alert }];
    })
    .toSorted((one, other) => other.meanMs - one.meanMs);
}
