/** Requests and errors of one interval. Unix seconds with fractions; `end` is exclusive. */
export interface Bucket {
  start: number;
  end: number;
  requests: number;
  errors: number;
  /** Milliseconds. */
  p95?: number;
}

/** The source could not say anything: neither good nor bad, and never zero errors (trap 15). */
export interface NoData {
  /** Stable snake_case. */
  noData: string;
  message: string;
}

/** What a source answers that tells numbers beside the counts of another one: nothing is wrong with it. */
export function countsNothing(source: string): NoData {
  return { noData: 'counts_nothing', message: `${source} tells numbers and counts no requests` };
}

/** Tells an answer without data from one with buckets. */
export function isNoData(answer: Bucket[] | NoData): answer is NoData {
  return 'noData' in answer;
}

/** Sums of buckets. */
export function totalOf(buckets: readonly Bucket[]): { requests: number; errors: number } {
  let requests = 0;
  let errors = 0;
  for (const bucket of buckets) {
    requests += bucket.requests;
    errors += bucket.errors;
  }
  return { requests, errors };
}
