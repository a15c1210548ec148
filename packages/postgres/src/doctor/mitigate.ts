import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseConnection } from '../connection.ts';
import { isConnectionLost, sqlstateOf } from '../database-error.ts';
import type { PlannedSignal } from './plan-mitigation.ts';

/** What became of one signal. */
export interface SignalOutcome extends PlannedSignal {
  /**
   * `done`: the query or session ended. `gone`: it had ended, or does something else now; nothing was sent. `sent`: still
   * there after five seconds. `not-allowed`: our role may not signal it.
   */
  outcome: 'done' | 'gone' | 'sent' | 'not-allowed';
}

/**
 * Sends the planned signals, one by one. Each is sent only while pid, start of the session and, for a cancellation, start of
 * the query are still those of the report: a pid is used again quickly.
 */
export async function sendSignals(
  connection: DatabaseConnection,
  signals: readonly PlannedSignal[],
  options: { waitMs?: number; audit: (outcome: SignalOutcome) => void },
): Promise<SignalOutcome[]> {
  const outcomes: SignalOutcome[] = [];
  for (const planned of signals) {
    const outcome = { ...planned, outcome: await send(connection, planned, options.waitMs ?? 5_000) };
    options.audit(outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function send(
  connection: DatabaseConnection,
  { session, signal }: PlannedSignal,
  waitMs: number,
): Promise<SignalOutcome['outcome']> {
  // Without pg_read_all_stats the server hides when a session of another user began.
  if (session.identity.backendStart === '') return 'not-allowed';
  const act = signal === 'cancel' ? 'pg_catalog.pg_cancel_backend' : 'pg_catalog.pg_terminate_backend';
  const same = `a.pid = $1 AND a.backend_start::text = $2${signal === 'cancel' ? " AND a.query_start::text = $3 AND a.state = 'active'" : ''}`;
  const values = [
    session.pid,
    session.identity.backendStart,
    ...(signal === 'cancel' ? [session.identity.queryStart] : []),
  ];
  try {
    const sent = await connection.query(
      `SELECT ${act}(a.pid) AS sent FROM pg_catalog.pg_stat_activity AS a WHERE ${same}`,
      values,
    );
    if (sent.length === 0) return 'gone';
  } catch (error) {
    if (isConnectionLost(error) || sqlstateOf(error) !== '42501') throw error;
    return 'not-allowed';
  }
  const deadline = performance.now() + waitMs;
  for (;;) {
    const left = await connection.query(`SELECT 1 FROM pg_catalog.pg_stat_activity AS a WHERE ${same}`, values);
    if (left.length === 0) return 'done';
    if (performance.now() >= deadline) return 'sent';
    await delay(100);
  }
}
