/** Of a window that is over: parts long enough for some measurements each, and so many that two in a row can be told. */
export const leastPartMs = 5 * 60_000;
const mostParts = 4;

/** Equal parts of a time in which a service is asked for its percentiles; none is longer than `longestMs`. Milliseconds. Pure. */
export function gaugeParts(
  from: number,
  until: number,
  longestMs = Number.POSITIVE_INFINITY,
): { from: number; until: number; periodMs: number }[] {
  const length = until - from;
  const wanted = Math.min(mostParts, Math.max(1, Math.floor(length / leastPartMs)));
  const count = Math.max(wanted, Math.ceil(length / longestMs));
  const periodMs = length / count;
  return Array.from({ length: count }, (_, part) => ({
    from: from + part * periodMs,
    until: from + (part + 1) * periodMs,
    periodMs,
  }));
}
