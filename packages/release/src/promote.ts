import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { messageOf, reasonCodeOf } from '#http/error-reason';
import type { MovedApp, MoveOutcome, ProjectState, VercelProject } from '#vercel/project';
import { decideSuperseded } from './decide-superseded.ts';
import { attempt } from './finish-release.ts';
import { giveWay } from './give-way.ts';
import { openLedger, recordApps } from './ledger.ts';
import { describeLock, foreignLock, stoppingLock } from './lock.ts';
import { moveAlias, readServed } from './move-domains.ts';
import { settle } from './patience.ts';
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
  decision: 'promoted' | 'already-current' | 'queued' | 'rolling' | 'superseded' | 'would-roll-back' | 'failed';
  reasonCode: string;
  message: string;
  warnings: string[];
  /** Milliseconds since the epoch; set once the domains were seen on the deployment. */
  promotedAt?: number;
  /** Of a group: what became of each project that was asked to move. */
  apps?: MovedApp[];
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
  const going = await goingWith(deps, deploymentId);
  if (going !== undefined && 'reasonCode' in going) return { decision: 'failed', warnings: [], ...going };
  const apps = going?.apps;
  const stop = await whyNot(deps, request, apps);
  if (stop !== undefined) return { decision: 'superseded', warnings: [], ...stop };
  // Of a group all intents stand before the first domain moves.
  await ledger.record('promote', 'intent', deploymentId);
  for (const [name, id] of Object.entries(apps ?? {})) await ledger.record('promote-app', 'intent', id, name);

  const moved = await move(deps, request, apps);
  const warnings: string[] = [];
  const lock = await attempt(warnings, 'The lock could not be read after the promotion', foreignLock(github, handle));
  if (lock !== undefined) {
    const message = await giveWay(deps, { ...handle, deploymentId, lock });
    await attempt(
      warnings,
      'The ledger could not be written',
      recordApps(ledger, 'promote-app', moved.apps).then(() =>
        ledger.record('promote', 'outcome', 'superseded', `lock ${lock.id}`),
      ),
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
    recordApps(ledger, 'promote-app', moved.apps).then(() =>
      ledger.record('promote', 'outcome', outcome.decision, `${deploymentId} ${outcome.reasonCode}`),
    ),
  );
  return { ...outcome, warnings, ...(moved.apps && { apps: moved.apps }) };
}

/** Of a group what moves with it, or why nobody knows: one of them may have been deleted meanwhile. */
async function goingWith(
  { project }: Pick<PromoteDependencies, 'project'>,
  deploymentId: string,
): Promise<{ apps: Record<string, string> } | { reasonCode: string; message: string } | undefined> {
  if (project.group === undefined) return undefined;
  const found = await settle(project.group.goingWith(deploymentId));
  if ('value' in found) return { apps: found.value };
  const reasonCode = reasonCodeOf(found.error);
  if (reasonCode !== 'apps_unknown') throw found.error;
  return { reasonCode, message: messageOf(found.error) };
}

/** Longer than a preflight takes between its look at the project and the record that it opens: what is pinned for longer it saw. */
const preflightMs = 5 * 60_000;

/** What is read right before the domains move. */
async function whyNot(
  { github, project }: PromoteDependencies,
  { handle, allowOlder, requireAncestor, deploymentId }: PromoteRequest,
  apps: Record<string, string> | undefined,
): Promise<{ reasonCode: string; message: string } | undefined> {
  const [lock, state] = await Promise.all([stoppingLock(github, handle), project.readState()]);
  if (lock !== undefined) return { reasonCode: 'locked', message: `${describeLock(lock)} Nothing was promoted.` };
  const current =
    handle.as === 'production' ? state.currentDeploymentId : (await readServed(project, handle)).deploymentId;
  if (handle.as === 'production') {
    const pinned = pinnedSince(state, handle);
    if (pinned !== undefined) return { reasonCode: 'pinned_rollback', message: `${pinned} Nothing was promoted.` };
    const own = apps ?? {};
    const older = await olderThanAnApp({ github, project }, { handle, allowOlder, requireAncestor }, state, own);
    if (older !== undefined) return older;
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

/** What was pinned before preflight was let pass there; a pin on another deployment came since. Of a group every project counts. */
function pinnedSince(state: ProjectState, { rollbackTarget, openedAt }: ReleaseHandle): string | undefined {
  const [lead, ...apps] = state.members ?? [{ app: undefined, state }];
  const pins = [
    { app: undefined, pin: lead?.state.pinnedRollback, recorded: rollbackTarget?.deploymentId },
    ...apps.map((one) => ({
      app: one.app,
      pin: one.state.pinnedRollback,
      recorded: rollbackTarget?.apps?.[one.app ?? ''],
    })),
  ];
  const found = pins.find(
    ({ pin, recorded }) =>
      pin !== undefined && pin.deploymentId !== recorded && !(pin.at !== undefined && pin.at < openedAt - preflightMs),
  );
  if (found?.pin === undefined) return undefined;
  const { app, pin } = found;
  const what = app === undefined ? 'Production' : `${app} in production`;
  const by = pin.by === undefined ? '' : ` by ${pin.by}`;
  return `${what} was rolled back to ${pin.deploymentId}${by} since this release started.`;
}

/** Somebody may have brought newer code into one further project of a group since preflight (S4). */
async function olderThanAnApp(
  { github, project }: Pick<PromoteDependencies, 'github' | 'project'>,
  { handle, ...options }: Omit<PromoteRequest, 'deploymentId'>,
  { members = [] }: ProjectState,
  own: Readonly<Record<string, string>>,
): Promise<{ reasonCode: string; message: string } | undefined> {
  const { group } = project;
  if (group === undefined) return undefined;
  const recorded = handle.rollbackTarget?.apps ?? {};
  for (const { app, state } of members.slice(1)) {
    const { currentDeploymentId: current } = state;
    if (current === undefined || current === recorded[app] || current === own[app]) continue;
    const member = group.others.find(({ name }) => name === app);
    const production = { deployment: await member?.project.deployment(current) };
    const decision = decideSuperseded(await readSupersedingFacts(github, handle, production, options));
    if (!decision.superseded) continue;
    return {
      reasonCode: decision.reasonCode ?? 'superseded',
      message: `${app}: ${decision.message} Nothing was promoted.`,
    };
  }
  return undefined;
}

/** The lock came up before the request was repeated. */
class LockAppeared extends Error {}

async function move(
  { github, project, clock }: PromoteDependencies,
  request: PromoteRequest,
  apps: Record<string, string> | undefined,
): Promise<MoveOutcome> {
  const { handle, deploymentId } = request;
  const requestedAt = clock.now();
  try {
    if (handle.as !== 'production') return await moveAlias(project, handle, deploymentId, () => clock.now());
    return await project.promote(deploymentId, {
      ...(apps && { apps }),
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
