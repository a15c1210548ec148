import { connect } from '../connection.ts';
import type { LockHolder } from '../migration-lock.ts';
import { type SignalOutcome, sendSignals } from './mitigate.ts';
import { type MitigationRequest, planMitigation } from './plan-mitigation.ts';
import { readSessions } from './read-sessions.ts';

/** What a person allowed to be done about whoever stands in the way of a migration. */
export interface UnblockRequest {
  kind: 'cancel-blockers' | 'terminate-idle-in-transaction';
  /** Seconds: of the running query, or in the idle transaction. */
  olderThanSeconds: number;
}

/** What became of the sessions in the way; `spared` with the reason of the rule that keeps each. */
export interface Unblocked {
  outcomes: SignalOutcome[];
  spared: { pid: number; reason: string }[];
}

/**
 * Sends the signal that was allowed to the sessions in the way, and to no others: those that are old enough, and neither the
 * platform's, a superuser's, a replica's nor ours (DBD-04). Over a connection of its own, because the one that migrates waits or holds
 * a transaction. @throws what `connect` and `pg` throw.
 */
export async function unblock(
  url: string,
  blockers: readonly LockHolder[],
  request: UnblockRequest,
  ports: { signal: AbortSignal; audit: (outcome: SignalOutcome) => void },
): Promise<Unblocked> {
  const connection = await connect(url, {
    applicationName: 'ops-actions unblock',
    signal: ports.signal,
    statementTimeoutMs: 5_000,
  });
  try {
    await connection.query("SET search_path = ''");
    const { database } = connection.settings;
    const among = blockers.map(({ pid }) => pid);
    const sessions = await readSessions(connection);
    const asked: MitigationRequest = { ...request, database, include: [], among };
    const plan = planMitigation(sessions, asked);
    const outcomes = await sendSignals(connection, plan.signals, { audit: ports.audit });
    return { outcomes, spared: plan.spared.map(({ session, reason }) => ({ pid: session.pid, reason })) };
  } finally {
    await connection.close();
  }
}
