import { elapsed } from '#release/elapsed';
import type { Given } from './services.ts';

/** What became of the database of a rollback, where it was asked for. */
export interface DatabaseStory {
  state: 'done' | 'failed' | 'open';
  /** In the summary of the rollback. */
  what: string;
  reasonCode: string;
  /** For the checklist: what was measured. */
  note: string;
  /** For the incident: statements, times, what is left to a person. */
  notes: string[];
  /** How long it took; milliseconds. */
  tookMs: number;
  /** Why more people have to know: it took longer than it may (DRB-09). */
  escalation: string | undefined;
}

/** Undefined where no step touched the database. Pure. */
export function readDatabase(given: Given): DatabaseStory | undefined {
  const { databaseOutcome: outcome, databaseDecision: decision = '', databaseSummary: summary = '' } = given;
  // A step that was cancelled, or ran out of time, may have committed before.
  if (outcome !== 'success' && outcome !== 'failure' && outcome !== 'cancelled') return undefined;
  const result = parse(given.databaseResult);
  const done = decision === 'rolled-back' || decision === 'nothing-pending';
  const smokeFailed = given.databaseSmokeOutcome === 'failure';
  const failed = outcome !== 'success' || smokeFailed;
  const told =
    summary === ''
      ? `its step ended (${outcome}) without telling how; the database's own history says what is applied`
      : summary;
  const smoke = smokeFailed ? `. The checks of the app failed afterwards: ${given.databaseSmokeSummary ?? ''}` : '';
  const checks = listOf(result.checks);
  const passed = [
    ...checks,
    ...(given.databaseSmokeOutcome === 'success' ? ['smoke tests passed on the older database'] : []),
  ];
  return {
    state: failed ? (done || decision === 'failed' ? 'failed' : 'open') : 'done',
    what: `Database: ${told}${smoke}`,
    reasonCode: smokeFailed ? 'unhealthy_after_database_rollback' : (given.databaseReason ?? 'database_unknown'),
    note: failed ? `${told}${smoke}` : passed.join('; ') || told,
    notes: [
      `Database: ${told}${smoke}`,
      ...statementsOf(result.statements).map((line) => `Database, run: ${line}`),
      ...timesOf(result.seconds),
      ...checks.map((line) => `Database, checked: ${line}`),
    ],
    tookMs: secondsOf(result.seconds, 'total') * 1000,
    escalation: lateness(result.time),
  };
}

function parse(json: string | undefined): Record<string, unknown> {
  try {
    return (JSON.parse(json ?? '{}') ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string') : [];
}

function statementsOf(value: unknown): string[] {
  const entries = Array.isArray(value) ? (value as ({ file?: unknown; sql?: unknown } | null)[]) : [];
  return entries.flatMap((entry) =>
    typeof entry?.file === 'string' && typeof entry.sql === 'string' ? [`${entry.file}: ${entry.sql}`] : [],
  );
}

function timesOf(value: unknown): string[] {
  if (secondsOf(value, 'total') === 0) return [];
  const parts = ['rehearsal', 'backup', 'rollback', 'total'].map(
    (name) => `${name} ${secondsOf(value, name).toFixed(1)} s`,
  );
  return [`Database, measured: ${parts.join(', ')}`];
}

/** The times of the record, where it was late. */
function lateness(value: unknown): string | undefined {
  const time = value as { startedAt?: unknown; endedAt?: unknown; late?: unknown } | null | undefined;
  if (time?.late !== true) return undefined;
  const [took, limit] = [secondsOf(time, 'seconds'), secondsOf(time, 'targetSeconds')];
  return `taking the database back took ${elapsed(took * 1000)}, and it may take ${elapsed(limit * 1000)}: from ${String(time.startedAt)} to ${String(time.endedAt)}`;
}

function secondsOf(value: unknown, name: string): number {
  const found = (value as Record<string, unknown> | null | undefined)?.[name];
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
}
