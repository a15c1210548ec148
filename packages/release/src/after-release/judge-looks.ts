import type { Finding } from '#postgres/doctor/diagnose';
import { judgePlatformBackups } from '#supabase/judge-platform-backups';
import type { PlatformState } from '#supabase/platform-backups';
import type { DrillRecord } from '../drill-record.ts';
import type { WindowVerdict } from './after-release-record.ts';

/** What one look at a moment says. `open`: not so yet, and it may become so. `needs-confirmation`: only a person can say it. */
export interface LookAnswer {
  verdict: WindowVerdict | 'needs-confirmation';
  value: string;
}

const hour = 60 * 60;
const day = 24 * hour;
/** A day's backup with some slack. */
const backupLimitSeconds = 26 * hour;
/** As long as a key may be unproven (S27). */
const drillLimitSeconds = 100 * day;

/** The health gate or the smoke tests of this run; a step that ended without a word could not run. Pure. */
export function judgeGate(decision: string | undefined, summary: string | undefined): LookAnswer {
  if (decision === 'pass' || decision === 'flaky') return { verdict: 'pass', value: summary ?? decision };
  if (decision === 'fail') return { verdict: 'fail', value: summary ?? decision };
  return { verdict: 'could-not-run', value: summary ?? 'the step that looks did not run' };
}

/** Tables that have to be there and queries that find what is wrong; undefined: ops.yml names none. Pure. */
export function judgeData(found: { faults: readonly string[]; passed: readonly string[] } | undefined): LookAnswer {
  if (found === undefined)
    return { verdict: 'could-not-run', value: 'ops.yml names no queries under rollback.database.checks' };
  const [first] = found.faults;
  const unread = found.faults.every((fault) => / cannot be (read|checked) \(SQLSTATE /.test(fault));
  const more = found.faults.length > 1 ? ` and ${found.faults.length - 1} more` : '';
  if (first !== undefined) return { verdict: unread ? 'could-not-run' : 'fail', value: `${first}${more}` };
  return { verdict: 'pass', value: found.passed.join(', ') };
}

/** Warnings that are about now; others are about the schema and were there before the release. */
const troubles = new Set([
  'connections_high',
  'lock_queue',
  'prepared_transaction_blocks',
  'long_query',
  'idle_in_transaction',
  'replication_lag',
  'read_only',
]);

/** The doctor's findings by their codes: their sentences may carry queries (S29). Pure. */
export function judgeDatabase(findings: readonly Pick<Finding, 'severity' | 'code'>[]): LookAnswer {
  const bad = findings.filter(({ severity, code }) => severity === 'critical' || troubles.has(code));
  const named = (codes: readonly { code: string }[]) => [...new Set(codes.map(({ code }) => code))].join(', ');
  if (bad.length > 0) return { verdict: 'fail', value: `the doctor found ${named(bad)}` };
  const unread = findings.filter(({ severity, code }) => code === 'not_read' && severity === 'warning');
  if (unread.length > 0) return { verdict: 'could-not-run', value: `${unread.length} parts could not be read` };
  // A long query of somebody else would not be seen.
  if (findings.some(({ code }) => code === 'sessions_hidden'))
    return { verdict: 'could-not-run', value: 'sessions of others are hidden from this role: grant pg_read_all_stats' };
  return { verdict: 'pass', value: 'the doctor found nothing that is wrong now' };
}

/**
 * Whether backups run (BAK-12): the newest one of ours in the ledger, and the platform's own where it was asked. Times in Unix
 * seconds. Pure.
 */
export function judgeBackups(given: {
  own: { name: string; at: number } | undefined;
  /** An error: it was asked and did not answer. Undefined: it was not asked. */
  platform: PlatformState | Error | undefined;
  now: number;
}): LookAnswer {
  const { own, platform, now } = given;
  const judged =
    platform === undefined || platform instanceof Error
      ? undefined
      : judgePlatformBackups(platform, { now, maxAgeSeconds: backupLimitSeconds });
  if (judged?.verdict === 'stale') return { verdict: 'open', value: judged.message };
  const age = own === undefined ? undefined : now - own.at;
  if (age !== undefined && age <= backupLimitSeconds)
    return { verdict: 'pass', value: `${own?.name} is ${Math.round(age / hour)} h old` };
  if (judged?.verdict === 'fresh') return { verdict: 'pass', value: judged.message };
  if (platform instanceof Error) return { verdict: 'could-not-run', value: platform.message };
  const newest =
    own === undefined ? 'the ledger holds no backup' : `${own.name} is ${Math.round((age ?? 0) / hour)} h old`;
  return { verdict: 'open', value: `${newest} (limit ${backupLimitSeconds / hour} h)` };
}

/** Whether recovery was proven (DRD-05): a drill that passed, young enough, and of the schema as it is now. Unix seconds. Pure. */
export function judgeRecovery(given: {
  /** Newest first. */
  drills: readonly Pick<DrillRecord, 'at' | 'passed'>[];
  /** The newest migration that was recorded; undefined where there was none. */
  migratedAt: number | undefined;
  now: number;
  limitSeconds?: number | undefined;
}): LookAnswer {
  const { drills, migratedAt, now, limitSeconds = drillLimitSeconds } = given;
  const drill = drills.find(({ passed }) => passed);
  if (drill === undefined) return { verdict: 'open', value: 'no recovery drill has passed yet' };
  const days = Math.floor((now - drill.at) / day);
  const limit = Math.round(limitSeconds / day);
  if (now - drill.at > limitSeconds)
    return { verdict: 'open', value: `the last drill that passed is ${days} days old (limit ${limit})` };
  if (migratedAt !== undefined && migratedAt > drill.at)
    return { verdict: 'open', value: 'no drill has passed since the newest migration' };
  return { verdict: 'pass', value: `a drill passed ${days} days ago, after the newest migration` };
}
