/** The watch's numbers beside their limits, from its `result` output; nothing where there is none. Pure. */
export function measuredValues(json: string | undefined): { name: string; value: string }[] {
  const watch = parse(json);
  const rows: { name: string; value: string }[] = [];
  const { requests, errors, rule, limit, source, reasonCode } = watch;
  if (typeof requests === 'number' && typeof errors === 'number') {
    const share = requests === 0 ? '' : ` (${percent(errors / requests)})`;
    rows.push({ name: 'errors', value: `${errors} of ${requests} requests${share}` });
  }
  if (rule !== undefined) rows.push({ name: 'rule', value: typeof rule === 'string' ? rule : JSON.stringify(rule) });
  if (typeof limit === 'number') rows.push({ name: 'limit', value: limit <= 1 ? percent(limit) : String(limit) });
  if (typeof source === 'string') rows.push({ name: 'source', value: source });
  if (typeof reasonCode === 'string') rows.push({ name: 'verdict', value: reasonCode });
  return rows;
}

/** What the watch asked, and where a person sees the same numbers: for the message, not for issues, which may be public (S23). Pure. */
export function askedOf(json: string | undefined): { query?: string; link?: string } {
  const { query, link } = parse(json);
  return {
    ...(typeof query === 'string' ? { query } : {}),
    ...(typeof link === 'string' && /^https?:/.test(link) ? { link } : {}),
  };
}

/** The window of a watch as its `result` output tells it; times in milliseconds. Undefined where it is not all there. Pure. */
export function windowOf(
  json: string | undefined,
): { since: number; windowMs: number; intervalMs: number; rules: string[] } | undefined {
  const { startedAt, windowUntil, effectiveIntervalSeconds, rules } = parse(json);
  if (typeof startedAt !== 'number' || typeof windowUntil !== 'number') return undefined;
  if (typeof effectiveIntervalSeconds !== 'number' || !Array.isArray(rules)) return undefined;
  return {
    since: Math.round(startedAt * 1000),
    windowMs: Math.round((windowUntil - startedAt) * 1000),
    intervalMs: Math.round(effectiveIntervalSeconds * 1000),
    rules: rules.filter((rule) => typeof rule === 'string'),
  };
}

export function parse(json: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
