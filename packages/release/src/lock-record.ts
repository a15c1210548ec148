import type { DeploymentStatus, GitHubDeployment } from '#github/client';
import { isPassing } from './passing-failure.ts';
import { type LedgerFact, parseFact } from './release-record.ts';
import { reasonOfMove } from './rollback-move.ts';

/** Task of every GitHub Deployment that is a lock (S8). */
export const lockTask = 'ops-actions:lock';

/** Default life of the lock of a rollback: 24 hours. Who needs longer locks by hand, with a reason of their own. */
export const defaultLockExpiryMs = 24 * 60 * 60 * 1000;

export interface LockTarget {
  deploymentId: string;
  version?: string;
  /** Deployments of the further apps that go with it, by name. */
  apps?: Record<string, string>;
}

export interface LockPayload {
  schemaVersion: 1;
  key: string;
  reason: string;
  runId?: number;
  runUrl?: string;
  commit?: string;
  /** What production has to serve while the lock holds. */
  target?: LockTarget;
  /** What production served when the lock was taken. */
  from?: string;
  /** Value of autoAssignCustomDomains to restore at unlock. */
  autoAssign?: boolean;
  /** Only the domains go back, edge functions stay: whoever finishes this rollback keeps to it. */
  appOnly?: boolean;
  /** A duration, because the expiry is counted from the server's own time of creation. */
  expiresAfterMs: number;
}

export interface Lock {
  id: number;
  environment: string;
  key: string;
  reason: string;
  runId?: number;
  runUrl?: string;
  target?: LockTarget;
  from?: string;
  autoAssign?: boolean;
  appOnly?: boolean;
  by?: string;
  /** Milliseconds since the epoch, by GitHub's clock. */
  createdAt: number;
  expiresAt: number;
  /** How the rollback of this lock ended; absent while it is only promised, and where only a silent service kept it from its end. */
  rollback?: string;
  /** Set when it was lifted or closed. */
  releasedAt?: number;
}

/** A foreign Deployment, or one without the fields of a lock, is none. Pure. */
export function toLock(deployment: GitHubDeployment, statuses: readonly DeploymentStatus[]): Lock | undefined {
  if (deployment.task !== lockTask) return undefined;
  const payload = (typeof deployment.payload === 'string' ? parse(deployment.payload) : deployment.payload) as
    | Partial<LockPayload>
    | null
    | undefined;
  if (typeof payload?.key !== 'string') return undefined;
  const closing = statuses.find((status) => {
    const fact = parseFact(status.description ?? '', status.createdAt);
    return fact?.step === 'lock' && fact.kind === 'outcome' && closingWords.has(fact.word);
  });
  const facts = statuses.map((status) => parseFact(status.description ?? '', status.createdAt));
  const last = (step: string) => facts.findLast((fact) => fact?.step === step && fact.kind === 'outcome');
  const [renamed, ended] = [last('target'), last('rollback')];
  const target = renamed === undefined ? payload.target : toTarget(renamed);
  const life = typeof payload.expiresAfterMs === 'number' ? payload.expiresAfterMs : defaultLockExpiryMs;
  return {
    id: deployment.id,
    environment: deployment.environment,
    key: payload.key,
    reason: typeof payload.reason === 'string' ? payload.reason : 'no reason given',
    ...(typeof payload.runId === 'number' ? { runId: payload.runId } : {}),
    ...(typeof payload.runUrl === 'string' ? { runUrl: payload.runUrl } : {}),
    ...(typeof target?.deploymentId === 'string' ? { target } : {}),
    ...(typeof payload.from === 'string' ? { from: payload.from } : {}),
    ...(typeof payload.autoAssign === 'boolean' ? { autoAssign: payload.autoAssign } : {}),
    ...(payload.appOnly === true ? { appOnly: true } : {}),
    ...(deployment.creator === undefined ? {} : { by: deployment.creator }),
    ...(ended === undefined || isInterrupted(ended) ? {} : { rollback: ended.word }),
    createdAt: deployment.createdAt,
    expiresAt: deployment.createdAt + life,
    ...(closing === undefined ? {} : { releasedAt: closing.createdAt }),
  };
}

/** What failed for a moment stays promised: whoever comes next brings it to its end. */
function isInterrupted({ word, text }: LedgerFact): boolean {
  return word === 'failed' && isPassing(reasonOfMove(text));
}

function toTarget({ word, text }: { word: string; text: string }): LockTarget {
  return { deploymentId: word, ...(text === '' ? {} : { version: text }) };
}

const closingWords = new Set(['released', 'expired', 'yielded']);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Open ones, the holder first: the lowest id holds (S8). Pure; `now` is the server's time. */
export function openAmong(locks: readonly Lock[], now: number): Lock[] {
  return locks.filter((lock) => lock.releasedAt === undefined && lock.expiresAt > now).toSorted((a, b) => a.id - b.id);
}

/** `The environment production is locked (octocat, <run>): <reason>.` */
export function describeLock(lock: Lock): string {
  const run = lock.runUrl ?? (lock.runId ? `run ${lock.runId}` : undefined);
  const by = [lock.by, run].filter((part) => part !== undefined).join(', ');
  return `The environment ${lock.environment} is locked${by === '' ? '' : ` (${by})`}: ${lock.reason}.`;
}
