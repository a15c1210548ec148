import type { StatementFinding } from './statement-finding.ts';
import type { FactsOf } from './table-facts.ts';
import { blockedBy, type Impact } from './table-lock.ts';

/** How large a table may be that a migration blocks while it works on all of it; bytes without indexes. */
export interface BlockLimits {
  /** Written anew, or all rows changed: refused from this size on. */
  rewriteBytes: number;
  /** Read once, e.g. to check a constraint or to build an index: refused from this size on. */
  scanBytes: number;
}

const gigabyte = 1024 ** 3;
export const standardLimits: BlockLimits = { rewriteBytes: gigabyte, scanBytes: 5 * gigabyte };

/** What the finding's statement would keep waiting, in numbers. */
export interface BlockEstimate {
  /** `public.notes`. */
  table: string;
  /** The planner's estimate; absent where the table was never analysed. */
  rows?: number;
  bytes: number;
  /** Rough: at the rates below. */
  seconds: number;
}

/** Bytes per second that a small database server manages; only the order of magnitude matters. */
const rates = { none: Number.POSITIVE_INFINITY, scan: 200 * 1024 ** 2, rewrite: 40 * 1024 ** 2 };

/** How long work on a table of this size takes; seconds. Pure. */
export function estimateSeconds(work: Impact['work'], bytes: number): number {
  return bytes / rates[work];
}

/**
 * A finding about a lock, seen beside the size of the live table: ten rows stay a warning, ten gigabytes are refused.
 * Without facts (no database was asked) nothing changes. Pure.
 */
export function judgeSize(
  finding: StatementFinding,
  facts: FactsOf,
  limits: BlockLimits,
): StatementFinding & { estimate?: BlockEstimate } {
  const { impact } = finding;
  const fact = impact === undefined ? undefined : facts(impact.table);
  if (impact === undefined || fact === undefined || impact.work === 'none') return finding;
  const { table, rows, bytes } = fact;
  const seconds = estimateSeconds(impact.work, bytes);
  const estimate = { table, ...(rows === undefined ? {} : { rows }), bytes, seconds };
  const size = `${table} has ${rows === undefined ? '' : `about ${describeCount(rows)} rows, `}${describeBytes(bytes)}`;
  const whom = finding.rule === 'mass-change' ? 'writes' : blockedBy(impact.lock);
  if (whom === 'nothing') return { ...finding, estimate };
  const limit = impact.work === 'rewrite' ? limits.rewriteBytes : limits.scanBytes;
  const over = bytes >= limit;
  const wait = `${whom === 'everything' ? 'reads and writes' : 'writes'} would wait ${describeSeconds(seconds)}`;
  const key = impact.work === 'rewrite' ? 'database.limits.rewrite' : 'database.limits.scan';
  const refusal = over ? `; refused from ${describeBytes(limit)} on (${key})` : '';
  return {
    ...finding,
    severity: over && finding.severity === 'warn' ? 'refuse' : finding.severity,
    message: `${finding.message}; ${size}, so ${wait}${refusal}`,
    estimate,
  };
}

/** `1.2 million`. Pure. */
export function describeCount(count: number): string {
  if (count >= 1e9) return `${trim(count / 1e9)} billion`;
  if (count >= 1e6) return `${trim(count / 1e6)} million`;
  return count >= 10_000 ? `${Math.round(count / 1000)} thousand` : String(count);
}

/** `10.4 GB`, in powers of 1024. Pure. */
export function describeBytes(bytes: number): string {
  const steps = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [value, step] = [bytes, 0];
  while (value >= 1024 && step < steps.length - 1) [value, step] = [value / 1024, step + 1];
  return `${trim(value)} ${steps[step]}`;
}

function describeSeconds(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  return seconds < 5400 ? `about ${Math.round(seconds / 60)} min` : `about ${trim(seconds / 3600)} h`;
}

function trim(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
