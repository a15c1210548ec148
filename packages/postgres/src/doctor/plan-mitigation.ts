import type { Session } from './database-report.ts';

/** What a person asked the doctor to do about sessions. */
export interface MitigationRequest {
  kind:
    | 'cancel-blockers'
    | 'cancel-long-queries'
    | 'terminate-idle-in-transaction'
    | 'terminate-idle'
    | 'terminate-connections';
  /** Seconds: of the running query, or in the idle state. Not used by terminate-connections. */
  olderThanSeconds: number;
  user?: string | undefined;
  application?: string | undefined;
  /** Only sessions of this database; the doctor's own where nothing is said. */
  database: string;
  /** Users that are spared unless a person typed their names. */
  include: readonly string[];
  /** Only these sessions, which stand in the way of somebody who has seen them and waits no longer. */
  among?: readonly number[] | undefined;
}

export interface PlannedSignal {
  session: Session;
  signal: 'cancel' | 'terminate';
}

/** Who gets a signal, and who fits the request but is spared, with the reason. */
export interface MitigationPlan {
  signals: PlannedSignal[];
  spared: { session: Session; reason: string }[];
}

/**
 * Users under which the platform itself works (Supabase: Database > Roles): ending their sessions takes Auth, Storage, the
 * Data API, Realtime or the pooler down.
 */
export const platformUsers: readonly string[] = [
  'authenticator',
  'pgbouncer',
  'supabase_admin',
  'supabase_auth_admin',
  'supabase_etl_admin',
  'supabase_functions_admin',
  'supabase_read_only_user',
  'supabase_realtime_admin',
  'supabase_replication_admin',
  'supabase_storage_admin',
];

/** Decides by the state that was read; the act itself looks again whether pid and query are still the same. */
export function planMitigation(sessions: readonly Session[], request: MitigationRequest): MitigationPlan {
  const blockers = new Set(request.among ?? sessions.flatMap((session) => session.blockedBy));
  const plan: MitigationPlan = { signals: [], spared: [] };
  for (const session of sessions) {
    if (!fits(session, request, blockers)) continue;
    const reason = reasonToSpare(session, request);
    if (reason === undefined) plan.signals.push({ session, signal: signalOf(request) });
    else plan.spared.push({ session, reason });
  }
  return plan;
}

function signalOf(request: MitigationRequest): 'cancel' | 'terminate' {
  return request.kind.startsWith('cancel') ? 'cancel' : 'terminate';
}

function fits(session: Session, request: MitigationRequest, blockers: ReadonlySet<number>): boolean {
  if (session.database !== request.database) return false;
  if (request.among !== undefined && !request.among.includes(session.pid)) return false;
  if (request.user !== undefined && session.user !== request.user) return false;
  if (request.application !== undefined && session.application !== request.application) return false;
  const old = (seconds: number | undefined): boolean => (seconds ?? 0) > request.olderThanSeconds;
  switch (request.kind) {
    case 'cancel-blockers':
      return blockers.has(session.pid) && old(session.querySeconds);
    case 'cancel-long-queries':
      return session.state === 'active' && old(session.querySeconds);
    case 'terminate-idle-in-transaction':
      return session.state.startsWith('idle in transaction') && old(session.stateSeconds);
    case 'terminate-idle':
      return session.state === 'idle' && old(session.stateSeconds);
    case 'terminate-connections':
      return true;
  }
}

function reasonToSpare(session: Session, request: MitigationRequest): string | undefined {
  // Never to be included: replicas, background workers, and what we do ourselves at this moment.
  if (session.backendType !== 'client backend') return `a ${session.backendType} is no client`;
  if (session.application.startsWith('ops-actions')) return 'it is a session of ops-actions';
  if (request.kind === 'cancel-blockers' && session.state !== 'active') {
    return 'it runs no query that could be canceled: terminate-idle-in-transaction ends it';
  }
  if (request.include.includes(session.user)) return undefined;
  const how = `type ${session.user} into "include" to take it all the same`;
  if (platformUsers.includes(session.user)) return `${session.user} is a user of the platform: ${how}`;
  if (session.superuser) return `${session.user} is a superuser: ${how}`;
  return undefined;
}
