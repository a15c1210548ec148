import type { VercelProject } from './vercel-types.ts';

export interface ObservabilityQuery {
  /** Milliseconds; rounded down to whole buckets. */
  from: number;
  /** Milliseconds, exclusive; rounded down to whole buckets, so a bucket that is still filling is never asked for. */
  until: number;
  /** 1, 5, 60 or 240 and coarser for longer spans (facts §6). */
  granularityMinutes: number;
  signal?: AbortSignal;
}

/** Requests of production in one bucket, by HTTP status; start and end in milliseconds. */
export interface ObservabilityBucket {
  start: number;
  end: number;
  requests: number;
  /** Answers with status 500 to 599. */
  errors: number;
}

/** Throws VercelError: observability_plus_missing (402), or as every other call. Empty when Vercel counted nothing. */
export type QueryObservability = (project: VercelProject, query: ObservabilityQuery) => Promise<ObservabilityBucket[]>;
