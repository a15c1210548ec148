import type { NoData } from '../bucket.ts';
import { SourceError } from '../source.ts';

/** What a source counted in some time; `p95` in milliseconds. */
export interface Counts {
  requests: number;
  errors: number;
  p95?: number;
}

/** Where the numbers came from, for messages: a query, a path or a setting. */
export interface CountNames {
  requests: string;
  errors: string;
}

/**
 * Tells usable counts from everything that only looks like them. No data for what may be right again in the next interval
 * (nothing, NaN); throws SourceError for what is a mistake in the settings (a share instead of a count, swapped names).
 * `estimated` counts may have fractions, as those that a source extrapolates.
 */
export function checkCounts(
  given: { requests?: unknown; errors?: unknown },
  names: CountNames,
  estimated = false,
): { requests: number; errors: number } | NoData {
  const { requests, errors } = given;
  if (requests === undefined || requests === null) {
    const nothing = errors === undefined || errors === null;
    const message = nothing ? `nothing at ${names.requests} and ${names.errors}` : `nothing at ${names.requests}`;
    return { noData: 'no_rows', message };
  }
  if (errors === undefined || errors === null) {
    const message = `${names.requests} gives a number but ${names.errors} gives nothing: let it give 0 when nothing failed`;
    return { noData: 'no_error_rows', message };
  }
  if (typeof requests !== 'number' || typeof errors !== 'number') {
    throw new SourceError('source_bad_answer', `${names.requests} and ${names.errors} must be numbers`);
  }
  if (!Number.isFinite(requests) || !Number.isFinite(errors)) {
    return { noData: 'not_a_number', message: `${names.requests} or ${names.errors} is NaN or infinite` };
  }
  if (requests < 0 || errors < 0)
    throw new SourceError('source_bad_answer', `${names.requests} or ${names.errors} is below 0`);
  if (!estimated && !(Number.isInteger(requests) && Number.isInteger(errors))) {
    const message = `${names.errors} is ${errors} of ${requests}: that looks like a share; a number of requests is needed`;
    throw new SourceError('unit_mistake', message);
  }
  // Two extrapolated numbers may be apart by a little, never by more.
  if (errors > requests + (estimated ? 1 + requests / 20 : 0)) {
    const message = `${errors} errors among ${requests} requests: errors must be not above requests. Are ${names.requests} and ${names.errors} swapped?`;
    throw new SourceError('errors_above_requests', message);
  }
  const whole = Math.round(requests);
  return { requests: whole, errors: Math.min(whole, Math.round(errors)) };
}
