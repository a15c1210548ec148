import type { Logger } from '#action-kit/logger';
import type { Clock } from '#http/clock';
import type { DatabaseConnection } from '#postgres/connection';
import type { DatabaseReport } from '#postgres/doctor/database-report';
import { type SignalOutcome, sendSignals } from '#postgres/doctor/mitigate';
import { type MitigationPlan, planMitigation } from '#postgres/doctor/plan-mitigation';
import { proveWritable, rolesWithOwnSetting, setReadOnly, type WriteProof } from '#postgres/doctor/read-only-mode';
import type { Request } from './plan-request.ts';

/** What was done, or would be. */
export interface Treatment {
  plan: MitigationPlan;
  outcomes: SignalOutcome[];
  readOnly?: {
    on: boolean;
    /** What a fresh session could do afterwards. */
    proof: WriteProof;
    /** Roles that keep a setting of their own. */
    exceptions: string[];
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
  const signalRequest =
    request.kind === 'signals'
      ? request.request
      : {
          // Sessions that are there keep their old mode until they end.
          kind: 'terminate-connections' as const,
          olderThanSeconds: 0,
          database: report.database,
          include: [],
        };
  const plan = planMitigation(sessions, signalRequest);
  if (given.dryRun) return { plan, outcomes: [] };
  if (request.kind === 'read-only') {
    await setReadOnly(connection, {
      on: request.on,
      ...(request.on ? { until: (given.clock.now() + request.expiresMs) / 1000 } : {}),
    });
    audit(`database ${report.database} is ${request.on ? 'read-only' : 'writable'} for new sessions`);
  }
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
  return { plan, outcomes, readOnly: { on: request.on, proof, exceptions } };
}
