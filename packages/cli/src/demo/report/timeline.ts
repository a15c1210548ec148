import type { DemoResult } from '../demo-result.ts';
import { type Html, html } from './html.ts';

const width = 1040;
const rowHeight = 34;
const left = 70;

/** One row per release, one block per step that ran, on a common time axis. */
export function timeline(result: DemoResult): Html {
  const from = result.releases[0]?.startedAt ?? result.startedAt;
  const until = result.releases.at(-1)?.endedAt ?? result.endedAt;
  const height = result.releases.length * rowHeight + 30;
  const x = (at: number) => left + ((at - from) / Math.max(1, until - from)) * (width - left - 10);
  const step = until - from > 60 ? 10 : 5;
  const ticks = Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, index) => index * step);
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Timeline of the releases">
${ticks.map((tick) => html`<line class="grid" x1="${x(from + tick)}" x2="${x(from + tick)}" y1="0" y2="${height - 24}"/><text class="axis middle" x="${x(from + tick)}" y="${height - 8}">${tick} s</text>`)}
${result.releases.map(
  (release, row) => html`<text class="row-label" x="0" y="${row * rowHeight + 21}">${release.version}</text>
${release.steps
  .filter((one) => one.outcome !== 'skipped')
  .map(
    (
      one,
    ) => html`<rect class="step ${one.outcome === 'success' ? 'good' : 'bad'}" x="${x(one.startedAt)}" y="${row * rowHeight + 6}" width="${Math.max(2, x(one.endedAt) - x(one.startedAt) - 1)}" height="22" rx="3"><title>${`${one.name}: ${one.summary || one.outcome} (${(one.endedAt - one.startedAt).toFixed(1)} s)`}</title></rect>
${x(one.endedAt) - x(one.startedAt) > 60 ? html`<text class="step-label" x="${x(one.startedAt) + 5}" y="${row * rowHeight + 21}">${one.name.split(' ')[0] ?? ''}</text>` : html``}`,
  )}`,
)}
</svg>`;
}
