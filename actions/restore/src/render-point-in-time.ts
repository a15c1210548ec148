import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { DatabaseContents } from '#backup/database-contents';
import type { judgeTime } from '#release/judge-time';
import { type ChecklistItem, renderChecklist } from './checklist.ts';

export interface PointInTimeEnd {
  decision: 'restored' | 'refused' | 'failed';
  reasonCode: string;
  /** Without the point at its end. */
  summary: string;
  checklist: readonly ChecklistItem[];
  /** What went by going back, by table. */
  loss?: readonly string[];
  faults?: readonly string[];
  seconds?: number;
  time?: ReturnType<typeof judgeTime>;
  savedBefore?: string;
}

/** How a restore by the platform ended, with everything that was done for it. Pure. */
export function renderPointInTime(end: PointInTimeEnd): Result {
  const { decision, reasonCode, summary, checklist, loss = [], faults = [], seconds, time, savedBefore } = end;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [title, lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n')];
  return {
    decision,
    reasonCode,
    summary: time === undefined ? summary : `${summary}; ${time.told}`,
    failed: decision !== 'restored',
    details: {
      target: 'platform',
      checklist,
      loss,
      faults,
      ...(seconds === undefined ? {} : { seconds: { restore: seconds } }),
      ...(time === undefined ? {} : { time: time.record }),
      ...(savedBefore === undefined ? {} : { savedBefore }),
    },
    ...(savedBefore === undefined ? {} : { outputs: { 'backup-manifest': savedBefore } }),
    jobSummary: [
      '### Restore by the platform',
      escapeMarkdown(summary),
      ...renderChecklist(checklist),
      ...list('Lost or changed by going back:', loss),
      ...list('Not as it must be:', faults),
      '',
    ].join('\n\n'),
  };
}

/** Tables whose rows are others than before. Pure. */
export function describeChange(before: DatabaseContents, after: DatabaseContents): string[] {
  const now = new Map(after.tables.map((one) => [one.name, one]));
  const changed = before.tables.flatMap(({ name, rows, checksum }) => {
    const found = now.get(name);
    if (found === undefined) return [`${name}: ${rows} rows before, and the table is not there any more`];
    if (found.rows === rows && found.checksum === checksum) return [];
    return [`${name}: ${rows} rows before, ${found.rows} after${found.rows === rows ? ', with other contents' : ''}`];
  });
  const known = new Set(before.tables.map(({ name }) => name));
  const back = after.tables.filter(({ name }) => !known.has(name));
  return [...changed, ...back.map(({ name, rows }) => `${name}: was not there, is back with ${rows} rows`)];
}

/** `3 h 12 min`. Pure. */
export function describeSpan(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  const parts = [days > 0 ? `${days} d` : '', hours > 0 ? `${hours} h` : '', `${minutes % 60} min`];
  return parts.filter((part) => part !== '').join(' ');
}
