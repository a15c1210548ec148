import type { DemoRelease, DemoResult, DemoRollback } from '../demo-result.ts';
import { type Html, html } from './html.ts';

const width = 1040;
const height = 300;
/** Distances between grid lines, as shares. */
const steps = [0.01, 0.02, 0.05, 0.1, 0.2];
const margin = { left: 56, right: 24, top: 30, bottom: 34 };

/** A 95 % Wilson score interval for a share (Wilson 1927, JASA 22:209). */
export function wilsonInterval(errors: number, requests: number): { lower: number; upper: number } {
  if (requests === 0) return { lower: 0, upper: 1 };
  const z = 1.959964;
  const rate = errors / requests;
  const scale = 1 + (z * z) / requests;
  const centre = (rate + (z * z) / (2 * requests)) / scale;
  const half = (z * Math.sqrt((rate * (1 - rate)) / requests + (z * z) / (4 * requests * requests))) / scale;
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}

/** Error rate of one watched release: what users felt each second, the judged buckets with their band, limit and moments. */
export function errorRateChart(result: DemoResult, release: DemoRelease, rollback: DemoRollback | null): Html {
  const watch = release.watch;
  if (watch === null || release.promotedAt === null) return html``;
  const from = release.promotedAt - 5;
  const until = Math.max(release.endedAt, release.promotedAt + 10) + 2;
  const seconds = result.traffic.seconds.filter((second) => second.at >= from && second.at <= until);
  const rates = seconds.map((second) => second.failed / second.requests);
  const bands = watch.buckets.map((bucket) => ({ ...bucket, ...wilsonInterval(bucket.errors, bucket.requests) }));
  const limit = watch.limit ?? 0;
  const highest = Math.max(limit * 2, 0.05, ...rates, ...bands.map((band) => band.errors / band.requests || 0));
  const step = steps.find((one) => one * 5 >= highest * 1.1) ?? 0.2;
  const top = step * 5;
  const x = (at: number) => margin.left + ((at - from) / (until - from)) * (width - margin.left - margin.right);
  const y = (rate: number) => margin.top + (1 - Math.min(rate, top) / top) * (height - margin.top - margin.bottom);
  const moments = [
    { at: release.promotedAt, label: 'promoted' },
    ...(rollback === null
      ? []
      : [
          { at: rollback.breachAt, label: 'breach' },
          { at: rollback.detectedAt, label: 'detected' },
          { at: rollback.swappedAt, label: 'swapped back' },
          { at: rollback.verifiedAt, label: 'verified' },
        ]),
  ];
  const line = seconds.map(
    (second) => `${x(second.at + 0.5).toFixed(1)},${y(second.failed / second.requests).toFixed(1)}`,
  );
  return html`<figure><div class="wide">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Error rate after the promotion of ${release.version}">
${[0, 1, 2, 3, 4, 5].map(
  (
    count,
  ) => html`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(count * step)}" y2="${y(count * step)}"/>
<text class="axis end" x="${margin.left - 8}" y="${y(count * step) + 4}">${percent(count * step)}</text>`,
)}
${bands.map(
  (
    band,
  ) => html`<rect class="band ${watch.verdict}" x="${x(band.start)}" width="${Math.max(1, x(band.end) - x(band.start) - 1)}" y="${y(band.upper)}" height="${Math.max(1, y(band.lower) - y(band.upper))}"/>
<line class="bucket ${watch.verdict}" x1="${x(band.start)}" x2="${x(band.end) - 1}" y1="${y(band.errors / band.requests || 0)}" y2="${y(band.errors / band.requests || 0)}"><title>${`${band.errors} of ${band.requests} ${watch.denominator} failed`}</title></line>`,
)}
${watch.limit === null ? html`` : html`<line class="limit" x1="${margin.left}" x2="${width - margin.right}" y1="${y(limit)}" y2="${y(limit)}"/><text class="limit-label end" x="${width - margin.right}" y="${y(limit) - 5}">limit ${percent(limit)}</text>`}
<polyline class="felt" points="${line.join(' ')}"/>
${moments.flatMap((moment, index) =>
  moment.at === null
    ? []
    : [
        html`<line class="moment" x1="${x(moment.at)}" x2="${x(moment.at)}" y1="${margin.top - 6}" y2="${height - margin.bottom}"/>
<text class="moment-label" x="${x(moment.at) + 3}" y="${12 + (index % 2) * 12}">${moment.label}</text>`,
      ],
)}
${secondsAxis(release.promotedAt, from, until).map((tick) => html`<text class="axis middle" x="${x(tick.at)}" y="${height - 12}">${tick.label}</text>`)}
</svg></div>
<figcaption><span class="key felt-key"></span>what users felt, all requests &nbsp; <span class="key band-key"></span>each judged bucket of ${watch.denominator} with its 95 % band &nbsp; <span class="key limit-key"></span>limit of the rule</figcaption>
</figure>`;
}

function secondsAxis(zero: number, from: number, until: number): { at: number; label: string }[] {
  const step = until - from > 60 ? 10 : 5;
  const ticks: { at: number; label: string }[] = [];
  for (let offset = Math.ceil((from - zero) / step) * step; zero + offset <= until; offset += step) {
    ticks.push({ at: zero + offset, label: `${offset > 0 ? '+' : ''}${offset} s` });
  }
  return ticks;
}

/** A share as people read it, e.g. `6.3 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
