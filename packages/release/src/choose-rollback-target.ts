import type { VercelDeployment } from '#vercel/vercel-types';
import { commitOf } from './commit-of.ts';
import { guardRollback } from './guard-rollback.ts';
import type { MigrationRecord } from './migration-record.ts';
import { beyondOneStep, type OneStep } from './one-step.ts';
import type { EnvironmentKind, RollbackTarget } from './release-handle.ts';
import type { ReleaseRecord } from './release-record.ts';
import { wasOvertaken, watchContinues } from './watch-record.ts';

/** What Vercel and the ledger say about one environment. Vercel decides, the ledger proposes (S9). */
export interface EnvironmentHistory {
  projectId: string;
  as: EnvironmentKind;
  environment: string;
  /** Vercel's target of this environment's deployments: `production`, `preview`, or the slug of a custom environment. */
  vercelTarget: string;
  /** What the domains serve now. */
  currentDeploymentId?: string | undefined;
  deployments: readonly VercelDeployment[];
  /** Creation of the oldest one that was asked for, where Vercel has more of them; milliseconds. */
  listedSince?: number | undefined;
  releases: readonly ReleaseRecord[];
  /** Oldest first; absent where they are not known, or where a person answers for them. */
  migrations?: readonly MigrationRecord[] | undefined;
  /** Where the plan goes back one step only. */
  oneStep?: OneStep | undefined;
}

export type Standing = 'proven' | 'adopted' | 'overtaken' | 'failed' | 'unproven' | 'ineligible';

/** One deployment as a rollback candidate. */
export interface Candidate {
  deployment: VercelDeployment;
  release?: ReleaseRecord;
  standing: Standing;
  /** Why it stands so, for people. */
  reason: string;
  version?: string;
  commit?: string;
  /** When it went live, as far as known; milliseconds. */
  liveAt: number;
  current: boolean;
  /** Why it is promoted instead of rolled back to, where the plan does not go back as far. */
  promoted?: string;
  /** Files between it and the database as it is, that its code may not bear (S3). */
  crosses?: string[];
}

export interface TargetChoice {
  target?: RollbackTarget;
  /** Passed over on the way, newest first. */
  skipped: Candidate[];
}

const proven = new Set(['released', 'held']);

/** Every deployment of the history with its standing, newest first. Pure. */
export function assessCandidates(history: EnvironmentHistory): Candidate[] {
  return history.deployments.map((deployment) => assess(history, deployment)).toSorted(byLive);
}

/** The same for people, with what production served and Vercel lists no more. Pure. */
export function listCandidates(history: EnvironmentHistory): Candidate[] {
  return [...assessCandidates(history), ...findGone(history)].toSorted(byLive);
}

/** What went live by the ledger and is not among the deployments of Vercel. Pure. */
export function findGone(history: EnvironmentHistory): Candidate[] {
  const { projectId, as, vercelTarget: target, deployments, releases, listedSince } = history;
  const known = new Set(deployments.map(({ id }) => id));
  const gone: Candidate[] = [];
  for (const release of releases) {
    const { deploymentId: id, promotion, promotedAt: liveAt, version, commit, openedAt } = release;
    if (id === undefined || liveAt === undefined || promotion !== 'promoted' || known.has(id)) continue;
    // An environment that moved to another place: there it may still be.
    if (release.as !== as || (release.projectId ?? projectId) !== projectId) continue;
    known.add(id);
    const mayBeOlder = listedSince !== undefined && openedAt <= listedSince;
    gone.push({
      deployment: {
        id,
        url: '',
        readyState: mayBeOlder ? 'UNKNOWN' : 'DELETED',
        target,
        projectId,
        createdAt: openedAt,
        aliases: [],
        meta: {},
      },
      release,
      standing: 'ineligible',
      reason: mayBeOlder
        ? `${id} is not among the newest ${deployments.length} deployments of Vercel, if it is there at all`
        : `${id} was deleted`,
      version,
      commit,
      liveAt,
      current: false,
    });
  }
  return gone;
}

/**
 * Newest first. GitHub tells whole seconds and Vercel milliseconds, so within one second the order is that of the ledger, behind
 * what is served now: of two that went live in it, that one came last. Total: the same set is always in the same order.
 */
function byLive(a: Candidate, b: Candidate): number {
  const second = ({ liveAt }: Candidate) => Math.floor(liveAt / 1000);
  return (
    second(b) - second(a) ||
    Number(b.current) - Number(a.current) ||
    (b.release?.id ?? 0) - (a.release?.id ?? 0) ||
    b.deployment.createdAt - a.deployment.createdAt ||
    b.deployment.id.localeCompare(a.deployment.id)
  );
}

function assess(history: EnvironmentHistory, deployment: VercelDeployment): Candidate {
  const release = releaseOf(history.releases, deployment);
  const current = deployment.id === history.currentDeploymentId;
  const version = release?.version ?? deployment.meta.opsVersion;
  const commit = release?.commit ?? commitOf(deployment);
  const { standing, reason, crosses } = judgeStanding(history, deployment, release, current);
  const beyond = current || standing === 'ineligible' ? undefined : beyondOneStep(history.oneStep, deployment.id);
  return {
    deployment,
    ...(release === undefined ? {} : { release }),
    standing,
    reason,
    ...(crosses === undefined ? {} : { crosses }),
    ...(beyond === undefined ? {} : { promoted: beyond }),
    ...(version === undefined ? {} : { version }),
    ...(commit === undefined ? {} : { commit }),
    liveAt: release?.promotedAt ?? deployment.createdAt,
    current,
  };
}

/** The ledger's own fact about the deployment wins over the deployment's meta, which is a claim (S17). */
function releaseOf(releases: readonly ReleaseRecord[], deployment: VercelDeployment): ReleaseRecord | undefined {
  const named = releases.filter((release) => release.deploymentId === deployment.id);
  const promoted = named.find((release) => release.promotion === 'promoted');
  if (named.length > 0) return promoted ?? named[0];
  const key = deployment.meta.opsRelease;
  return releases.find((release) => release.deploymentId === undefined && key !== undefined && release.key === key);
}

function judgeStanding(
  history: EnvironmentHistory,
  deployment: VercelDeployment,
  release: ReleaseRecord | undefined,
  current: boolean,
): { standing: Standing; reason: string; crosses?: string[] } {
  const problem = whyIneligible(history, deployment, release, current);
  if (problem !== undefined) return { standing: 'ineligible', reason: problem };
  // What production serves bears the database as it is, or nothing does.
  if (!current && history.migrations !== undefined) {
    const { migrations } = history;
    const guard = guardRollback({ target: deployment, release, migrations, since: [] });
    if (guard.verdict === 'unsafe') return { standing: 'ineligible', reason: guard.reason, crosses: guard.files };
  }
  if (release === undefined) return { standing: 'adopted', reason: 'in Vercel’s history, not released by ops-actions' };
  if (release.rolledBack || release.decision === 'rolled-back')
    return { standing: 'failed', reason: 'was rolled back' };
  if (release.unwatched) return { standing: 'unproven', reason: 'was left without a verdict (unwatched)' };
  if (release.decision === undefined) return { standing: 'unproven', reason: 'its release has no verdict yet' };
  if (release.decision === watchContinues) return { standing: 'unproven', reason: 'its watch has no verdict yet' };
  if (wasOvertaken(release)) return { standing: 'overtaken', reason: `${release.reason} before anybody judged it` };
  if (proven.has(release.decision)) return { standing: 'proven', reason: release.decision };
  return { standing: 'failed', reason: `ended as ${release.decision}` };
}

/** What Vercel says decides; undefined when it may be served again (S9). */
function whyIneligible(
  history: EnvironmentHistory,
  deployment: VercelDeployment,
  release: ReleaseRecord | undefined,
  current: boolean,
): string | undefined {
  const { id, projectId, readyState } = deployment;
  if (projectId !== '' && projectId !== history.projectId) return `${id} belongs to another Vercel project`;
  const target = deployment.target ?? 'preview';
  if (target !== history.vercelTarget) {
    return `${id} is a ${target} deployment, environment ${history.environment} takes only ${history.vercelTarget} ones`;
  }
  if (readyState !== 'READY') return `${id} is ${readyState}`;
  // What goes back goes back as a whole, or not at all.
  const missing = deployment.apps?.find(({ problem }) => problem !== undefined);
  if (missing?.problem !== undefined) return missing.problem;
  if (current) return undefined;
  if (history.as !== 'production') {
    return release?.promotion === 'promoted' ? undefined : `${id} never carried the address of ${history.environment}`;
  }
  if (deployment.readySubstate === 'STAGED') return `${id} was never in production`;
  if (deployment.isRollbackCandidate === false) return `Vercel does not offer ${id} as a rollback candidate`;
  const wasLive = deployment.isRollbackCandidate === true || deployment.readySubstate === 'PROMOTED';
  if (!wasLive) return `${id} was never in production`;
  const beyond = history.oneStep?.promotes === false ? beyondOneStep(history.oneStep, id) : undefined;
  return beyond && `${id} is ${beyond}`;
}

/**
 * The way back of a release that is about to start: what production serves now, or, where that failed or is unwatched, the
 * newest proven one (trap 1). On a live project without a ledger it comes from Vercel's own history and is marked adopted.
 */
export function chooseRollbackTarget(history: EnvironmentHistory, own: { key: string }): TargetChoice {
  // How far the plan goes back is counted from what this release will make of production, not from what it serves now.
  const candidates = assessCandidates({ ...history, oneStep: undefined });
  const current = candidates.find((candidate) => candidate.current);
  // An earlier attempt of this very release may already be live: its way back is older than itself.
  const others = candidates.filter((candidate) => !candidate.current && !isOwn(candidate, own.key));
  const ordered = current === undefined || isOwn(current, own.key) ? others : [current, ...others];
  return choose(ordered);
}

/** What `previous` means by hand: the newest good one before the one that is served now. */
export function choosePrevious(history: EnvironmentHistory): TargetChoice {
  const candidates = assessCandidates(history);
  const at = candidates.findIndex((candidate) => candidate.current);
  return choose(candidates.slice(at + 1));
}

/** As `previous`, without what was tried already or is known to be bad. Pure. */
export function chooseNext(history: EnvironmentHistory, excluded: readonly string[]): TargetChoice {
  const candidates = assessCandidates(history);
  const at = candidates.findIndex((candidate) => candidate.current);
  return choose(candidates.slice(at + 1).filter(({ deployment }) => !excluded.includes(deployment.id)));
}

/** What was overtaken before it was judged is taken only where no proven one is left to go back to. */
function choose(candidates: readonly Candidate[]): TargetChoice {
  const hasProven = candidates.some(({ standing }) => standing === 'proven');
  const good: Standing[] = hasProven ? ['proven', 'adopted'] : ['proven', 'adopted', 'overtaken'];
  const skipped: Candidate[] = [];
  for (const candidate of candidates) {
    if (good.includes(candidate.standing)) {
      return { target: toTarget(candidate), skipped };
    }
    skipped.push(candidate);
  }
  return { skipped };
}

function isOwn(candidate: Candidate, key: string): boolean {
  return candidate.release?.key === key || candidate.deployment.meta.opsRelease === key;
}

export function toTarget(candidate: Candidate): RollbackTarget {
  const { apps } = candidate.deployment;
  return {
    deploymentId: candidate.deployment.id,
    ...(apps !== undefined && {
      apps: Object.fromEntries(apps.map(({ name, deploymentId = '' }) => [name, deploymentId])),
    }),
    ...(candidate.version === undefined ? {} : { version: candidate.version }),
    ...(candidate.commit === undefined ? {} : { commit: candidate.commit }),
    url: candidate.deployment.url,
    adopted: candidate.standing !== 'proven' && candidate.standing !== 'overtaken',
    ...(candidate.standing === 'overtaken' && { unjudged: candidate.reason }),
  };
}
