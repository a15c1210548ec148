import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { MoveOutcome, VercelProject } from '#vercel/project';
import { decideSuperseded } from './decide-superseded.ts';
import { attempt } from './finish-release.ts';
import { giveWay } from './give-way.ts';
import { openLedger } from './ledger.ts';
import { describeLock, foreignLock, stoppingLock } from './lock.ts';
import { moveAlias, readServed } from './move-domains.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { readSupersedingFacts } from './superseding-facts.ts';

export interface PromoteDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
}

export interface PromoteRequest {
  handle: ReleaseHandle;
  deploymentId: string;
  allowOlder?: string | undefined;
  requireAncestor: boolean;
}

export interface PromoteOutcome {
  /** `rolling`: the canary of a rolling release has its first share of the visitors; see roll-out.ts. */
  decision: 'promoted' | 'already-current' | 'queued' | 'rolling' | 'superseded' | 'failed';
  reasonCode: string;
  message: string;
  warnings: string[];
  /** Milliseconds since the epoch; set once the domains were seen on the deployment. */
  promotedAt?: number;
}

/**
 * Moves the domains forward. The lock and newer releases are read right before, the lock again after the promotion has
 * settled; a promotion that landed under somebody's lock puts back what that lock names (S1, S4).
 * @throws GitHubError before anything is moved: without an intent in the ledger there is no way forward (S5).
 */
export async function promote(deps: PromoteDependencies, request: PromoteRequest): Promise<PromoteOutcome> {
  const { github, project } = deps;
  const { handle, deploymentId } = request;
  const ledger = openLedger(github, handle);
  const stop = await whyNot(deps, request);
  if (stop !== undefined) return { decision: 'superseded', warnings: [], ...stop };
  await ledger.record('promote', 'intent', deploymentId);

  const moved = await move(deps, request);
  const warnings: string[] = [];
  const lock = await attempt(warnings, 'The lock could not be read after the promotion', foreignLock(github, handle));
  if (lock !== undefined) {
    const message = await giveWay(deps, { ...handle, deploymentId, lock });
    await attempt(
      warnings,
      'The ledger could not be written',
      ledger.record('promote', 'outcome', 'superseded', `lock ${lock.id}`),
    );
    return { decision: 'superseded', reasonCode: 'locked', message, warnings };
  }
  const outcome = judge(moved);
  const live = ['promoted', 'already-current', 'rolling'].includes(outcome.decision);
  if (live && handle.as === 'production' && !handle.autoAssign) {
    // A promotion switches auto-assign on (trap 2): until finalize a push could go live by itself.
    await attempt(warnings, 'Auto-assignment of domains could not be switched off again', project.setAutoAssign(false));
  }
  await attempt(
    warnings,
    'The ledger could not be written',
    ledger.record('promote', 'outcome', outcome.decision, `${deploymentId} ${outcome.reasonCode}`),
  );
  return { ...outcome, warnings };
}

/** What is read right before the domains move. */
async function whyNot(
  { github, project }: PromoteDependencies,
  { handle, allowOlder, requireAncestor, deploymentId }: PromoteRequest,
): Promise<{ reasonCode: string; message: string } | undefined> {
  const [lock, state] = await Promise.all([stoppingLock(github, handle), project.readState()]);
  if (lock !== undefined) return { reasonCode: 'locked', message: `${describeLock(lock)} Nothing was promoted.` };
  const current =
    handle.as === 'production' ? state.currentDeploymentId : (await readServed(project, handle)).deploymentId;
  // What was pinned before preflight was let pass there; a pin on another deployment came since.
  const { pinnedRollback } = state;
  if (
    handle.as === 'production' &&
    pinnedRollback !== undefined &&
    pinnedRollback.deploymentId !== handle.rollbackTarget?.deploymentId
  ) {
    const by = pinnedRollback.by === undefined ? '' : ` by ${pinnedRollback.by}`;
    return {
      reasonCode: 'pinned_rollback',
      message: `Production was rolled back to ${pinnedRollback.deploymentId}${by} since this release started. Nothing was promoted.`,
    };
  }
  if (current === undefined || current === deploymentId) return undefined;
  const known = current === handle.rollbackTarget?.deploymentId ? handle.rollbackTarget : undefined;
  const production = { deployment: await project.deployment(current), commit: known?.commit, version: known?.version };
  const decision = decideSuperseded(
    await readSupersedingFacts(github, handle, production, { allowOlder, requireAncestor }),
  );
  if (!decision.superseded) return undefined;
  return { reasonCode: decision.reasonCode ?? 'superseded', message: `${decision.message} Nothing was promoted.` };
}

/** The lock came up before the request was repeated. */
class LockAppeared extends Error {}

async function move({ github, project, clock }: PromoteDependencies, request: PromoteRequest): Promise<MoveOutcome> {
  const { handle, deploymentId } = request;
  const requestedAt = clock.now();
  try {
    if (handle.as !== 'production') return await moveAlias(project, handle, deploymentId, () => clock.now());
    return await project.promote(deploymentId, {
      async beforeRepeat() {
        if ((await stoppingLock(github, handle)) !== undefined) throw new LockAppeared('locked meanwhile');
      },
    });
  } catch (error) {
    const { reasonCode, name, message } = error as { reasonCode?: string; name: string; message: string };
    if (!(error instanceof LockAppeared) && name !== 'VercelError') throw error;
    return { outcome: 'failed', reasonCode: reasonCode ?? 'locked', message, requestedAt, requests: 0 };
  }
}

function judge(moved: MoveOutcome): Omit<PromoteOutcome, 'warnings'> {
  const { outcome, reasonCode, message } = moved;
  const at = moved.settledAt === undefined ? {} : { promotedAt: moved.settledAt };
  switch (outcome) {
    case 'moved':
      return { decision: 'promoted', reasonCode, message, ...at };
    case 'already-current':
      return { decision: 'already-current', reasonCode, message, ...at };
    case 'queued':
    case 'rolling':
      return { decision: outcome, reasonCode, message };
    default:
      return { decision: 'failed', reasonCode, message };
  }
}
