import type { Logger } from '#action-kit/logger';
import type { Clock } from '#http/clock';
import type { DatabaseConnection } from '#postgres/connection';
import type { DatabaseReport, Session } from '#postgres/doctor/database-report';
import { type SignalOutcome, sendSignals } from '#postgres/doctor/mitigate';
import { type MitigationPlan, type MitigationRequest, planMitigation } from '#postgres/doctor/plan-mitigation';
import { proveWritable, rolesWithOwnSetting, setReadOnly, type WriteProof } from '#postgres/doctor/read-only-mode';
import { readSessions } from '#postgres/doctor/read-sessions';
import type { Request } from './plan-request.ts';

/** What was done, or would be. */
export interface Treatment {
  plan: MitigationPlan;
  outcomes: SignalOutcome[];
  readOnly?: {
    on: boolean;
    /** What a fresh session could do afterwards. */
    proof: WriteProof;
    /** Roles whose own setting lets them write. */
    exceptions: string[];
    /** Users of sessions that were open before and stay as they are, each once. */
    spared: string[];
  };
}

/**
 * Carries out what was asked, or, in a dry run, only plans it. Every act leaves one audit line in the log, before the next
 * one begins.
 */
export async function treat(given: {
  connection: DatabaseConnection;
  url: string;
  report: DatabaseReport;
  request: Exclude<Request, { kind: 'none' }>;
  dryRun: boolean;
  clock: Clock;
  actor: string;
  logger: Logger;
  signal: AbortSignal;
}): Promise<Treatment> {
  const { connection, report, request, logger } = given;
  const sessions = report.sessions.read ? report.sessions.value : [];
  const audit = (text: string): void => {
    logger.notice(`audit: ${new Date(given.clock.now()).toISOString()} ${given.actor}: ${text}`);
  };
  const planned = (of: readonly Session[]): MitigationPlan =>
    planMitigation(
      of,
      request.kind === 'signals' ? request.request : everyClient(of, report.database, request.include),
    );
  if (given.dryRun) return { plan: planned(sessions), outcomes: [] };
  if (request.kind === 'read-only') {
    await setReadOnly(connection, {
      on: request.on,
      ...(request.on ? { until: (given.clock.now() + request.expiresMs) / 1000 } : {}),
    });
    audit(`database ${report.database} is ${request.on ? 'read-only' : 'writable'} for new sessions`);
  }
  // Who came after the report and before the setting is in the old mode, too.
  const plan = planned(request.kind === 'signals' ? sessions : await readSessions(connection));
  const outcomes = await sendSignals(connection, plan.signals, {
    audit: ({ session, signal, outcome }) =>
      audit(
        `${signal} session ${session.pid} (${session.application || 'no application name'} as ${session.user}): ${outcome}`,
      ),
  });
  if (request.kind === 'signals') return { plan, outcomes };
  const proof = await proveWritable(given.url, given.signal);
  audit(`a write in a new session was ${proof}`);
  const exceptions = request.on ? await rolesWithOwnSetting(connection) : [];
  const clients = plan.spared.filter(({ session }) => session.backendType === 'client backend');
  const spared = [...new Set(clients.map(({ session }) => session.user))];
  return { plan, outcomes, readOnly: { on: request.on, proof, exceptions, spared } };
}

/**
 * Sessions that are there keep their old mode until they end, and the platform's write like others (`authenticator` is the
 * pool of the Data API): they open new ones. Those of superusers are left: no other role may end them.
 */
function everyClient(sessions: readonly Session[], database: string, typed: readonly string[]): MitigationRequest {
  const users = sessions.filter(({ superuser }) => !superuser).map(({ user }) => user);
  return { kind: 'terminate-connections', olderThanSeconds: 0, database, include: [...users, ...typed] };
}
