import { type Bucket, totalOf } from './bucket.ts';

/** What a chart of a watch shows: numbers and our own words, nothing that somebody else wrote (S14). Times in Unix seconds. */
export interface ChartFacts {
  buckets: readonly Bucket[];
  baseline: readonly Bucket[];
  startedAt: number;
  verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data';
  /** Limit of the rule that decided; drawn where it is a share of the requests. */
  limit?: number | undefined;
  unit?: 'share' | 'ms' | 'count' | undefined;
}

// A chart with more points is not readable, and a summary over 1 MiB is dropped (trap 43).
const MOST_POINTS = 40;

/** Lines of a Mermaid chart, as GitHub draws it in job summaries and issues; empty where one point would be all. Pure. */
export function mermaidChart(facts: ChartFacts): string[] {
  const buckets = joined(facts.buckets);
  if (buckets.length < 2) return [];
  const rates = buckets.map((bucket) => rateOf(bucket) * 100);
  const limit = (limitOf(facts) ?? 0) * 100;
  const top = Math.max(1, ...rates, limit) * 1.1;
  return [
    'xychart-beta',
    '  title "Error rate in %, and the limit"',
    `  x-axis [${buckets.map((bucket) => `"${clockOf(bucket.end - facts.startedAt)}"`).join(', ')}]`,
    `  y-axis "%" 0 --> ${top.toFixed(2)}`,
    `  line [${rates.map((rate) => rate.toFixed(2)).join(', ')}]`,
    ...(limit > 0 ? [`  line [${rates.map(() => limit.toFixed(2)).join(', ')}]`] : []),
  ];
}

const WIDTH = 960;
const HEIGHT = 320;
const PLOT = { left: 64, right: 16, top: 40, bottom: 40 };
const COLOURS = { pass: '#1a7f37', fail: '#cf222e', inconclusive: '#9a6700', 'no-data': '#9a6700' } as const;

/** The same as a file of its own: error rate per interval, limit, what was before, verdict. Empty without an interval. Pure. */
export function svgChart(facts: ChartFacts): string {
  const buckets = joined(facts.buckets);
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return '';
  const limit = limitOf(facts);
  const { requests, errors } = totalOf(facts.buckets);
  const before = totalOf(facts.baseline);
  const beforeRate = before.requests === 0 ? undefined : before.errors / before.requests;
  const top = Math.max(0.01, ...buckets.map(rateOf), limit ?? 0, beforeRate ?? 0) * 1.15;
  const [from, until] = [Math.min(facts.startedAt, first.start), last.end];
  const x = (at: number) => PLOT.left + ((at - from) / Math.max(1e-9, until - from)) * (WIDTH - PLOT.left - PLOT.right);
  const y = (rate: number) => HEIGHT - PLOT.bottom - (rate / top) * (HEIGHT - PLOT.top - PLOT.bottom);
  const level = (rate: number, colour: string, dash: string, label: string) =>
    `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${fixed(y(rate))}" y2="${fixed(y(rate))}" stroke="${colour}" stroke-dasharray="${dash}"/>` +
    `<text x="${WIDTH - PLOT.right}" y="${fixed(y(rate) - 4)}" text-anchor="end" fill="${colour}">${label}</text>`;
  const colour = COLOURS[facts.verdict];
  const bars = buckets.map((bucket) => {
    const said = `${clockOf(bucket.end - facts.startedAt)}: ${bucket.errors} of ${bucket.requests} requests failed`;
    const width = Math.max(1, x(bucket.end) - x(bucket.start) - 1);
    const height = Math.max(1, y(0) - y(rateOf(bucket)));
    return `<rect x="${fixed(x(bucket.start))}" y="${fixed(y(0) - height)}" width="${fixed(width)}" height="${fixed(height)}" fill="${colour}" fill-opacity="0.7"><title>${said}</title></rect>`;
  });
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const rate = (share * top) / 1.15;
    return (
      `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${fixed(y(rate))}" y2="${fixed(y(rate))}" stroke="#d0d7de"/>` +
      `<text x="${PLOT.left - 8}" y="${fixed(y(rate) + 4)}" text-anchor="end">${percentOf(rate)}</text>`
    );
  });
  const rate =
    requests === 0 ? 'no requests' : `${errors} of ${requests} requests failed (${percentOf(errors / requests)})`;
  const heading = `Verdict ${facts.verdict}: ${rate}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${heading}" font-family="sans-serif" font-size="12" fill="#1f2328">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="22" font-size="15" fill="${colour}">${heading}</text>`,
    ...grid,
    ...bars,
    ...(beforeRate === undefined ? [] : [level(beforeRate, '#57606a', '2 4', `before: ${percentOf(beforeRate)}`)]),
    ...(limit === undefined ? [] : [level(limit, '#cf222e', '6 4', `limit ${percentOf(limit)}`)]),
    `<text x="${PLOT.left}" y="${HEIGHT - 14}">${clockOf(from - facts.startedAt)}</text>`,
    `<text x="${WIDTH - PLOT.right}" y="${HEIGHT - 14}" text-anchor="end">${clockOf(until - facts.startedAt)} after the watch began</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** Neighbours summed, so that at most MOST_POINTS are left. Pure. */
export function joined(buckets: readonly Bucket[]): Bucket[] {
  const size = Math.ceil(buckets.length / MOST_POINTS);
  if (size <= 1) return [...buckets];
  return Array.from({ length: Math.ceil(buckets.length / size) }, (_, index) => {
    const group = buckets.slice(index * size, (index + 1) * size);
    return { start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0, ...totalOf(group) };
  });
}

/** Minutes and seconds, e.g. `04:30`. Pure. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

function rateOf({ requests, errors }: Bucket): number {
  return requests === 0 ? 0 : errors / requests;
}

function limitOf({ limit, unit }: ChartFacts): number | undefined {
  return unit === 'share' && limit !== undefined ? limit : undefined;
}

function percentOf(rate: number): string {
  return `${(rate * 100).toFixed(rate < 0.1 ? 2 : 1)} %`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
