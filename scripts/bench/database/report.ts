/** One comparison of medians of whole processes in the same run. */
export interface Comparison {
  name: string;
  /** Seconds; NaN where it could not be measured, which misses every aim. */
  own: number;
  /** Seconds; absent where the aim is absolute. */
  peer?: number;
  /** A ratio where there is a peer, else in the unit of `own`. */
  aim?: number;
  /** Default s. */
  unit?: 's' | 'MB' | 'connections';
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What is compared with the aim. Pure. */
function measured({ own, peer }: Comparison): number {
  return peer === undefined ? own : own / peer;
}

/** Pure. */
export function isMissed(one: Comparison): boolean {
  return one.aim !== undefined && !(measured(one) <= one.aim);
}

/** A table of lines. Pure. */
export function renderTable(title: string, rows: readonly Comparison[]): string {
  const head = [title, 'ours', 'peer', 'ratio', 'aim', ''];
  const lines = rows.map((row) => {
    const { name, own, peer, aim, unit = 's' } = row;
    const digits = unit === 's' ? 2 : 0;
    return [
      name,
      Number.isNaN(own) ? 'not measured' : `${own.toFixed(digits)} ${unit}`,
      peer === undefined ? '' : `${peer.toFixed(digits)} ${unit}`,
      peer === undefined ? '' : (own / peer).toFixed(2),
      aim === undefined ? '' : `≤ ${aim}${peer === undefined ? ` ${unit}` : ''}`,
      isMissed(row) ? 'missed' : '',
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? '').length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
