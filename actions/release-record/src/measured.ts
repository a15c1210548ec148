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

function parse(json: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
