import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { messageOf } from '#http/error-reason';
import type { VercelProject } from '#vercel/project';
import { assessCandidates, type Candidate, choosePrevious, type EnvironmentHistory } from './choose-rollback-target.ts';
import { openLedger } from './ledger.ts';
import { type Lock, readOpenLocks } from './lock.ts';
import { nameOf } from './name-of-target.ts';
import { settle } from './patience.ts';
import { readHistory, readRecentReleases } from './read-environment.ts';

/** A deployment that is older than the newest `keep` releases, and why it stays if it does. */
export interface OldDeployment {
  deploymentId: string;
  version?: string | undefined;
  ledgerId: number;
  /** Undefined: nothing needs it. */
  keptBecause?: string | undefined;
}

/**
 * What of the releases that went live is older than the newest `keep` of them, newest first. Never touched: what serves, what its release,
 * one that has not ended or an open lock names as the way back, the newest proven one before what serves. What no release of ours made is not
 * listed at all. Pure (BGD-06).
 */
export function planCleanUp(history: EnvironmentHistory, locks: readonly Lock[], keep: number): OldDeployment[] {
  const live = assessCandidates(history).filter(
    (candidate): candidate is Candidate & Required<Pick<Candidate, 'release'>> =>
      candidate.release?.promotion === 'promoted',
  );
  const needed = new Map<string, string>();
  const need = (id: string | undefined, why: string) => id !== undefined && !needed.has(id) && needed.set(id, why);
  need(history.currentDeploymentId, 'it serves');
  for (const { target, from, reason } of locks) {
    need(target?.deploymentId, `the open lock names it (${reason})`);
    need(from, `the open lock names it (${reason})`);
  }
  // Also of a release that has not ended: it may have to go back.
  const open = history.releases.filter(({ decision }) => decision === undefined);
  const serving = live.flatMap(({ current, release }) => (current ? [release] : []));
  for (const { version, rollbackTarget } of [...open, ...serving])
    need(rollbackTarget?.deploymentId, `it is the recorded way back of ${version}`);
  need(choosePrevious(history).target?.deploymentId, 'it is the newest proven one before what serves');
  return live.slice(keep).map(({ deployment, version, release }) => ({
    deploymentId: deployment.id,
    version,
    ledgerId: release.id,
    keptBecause: needed.get(deployment.id),
  }));
}

export interface CleanUpOutcome {
  deleted: OldDeployment[];
  kept: OldDeployment[];
  warnings: string[];
  message: string;
}

/** The newest ledger entries and deployments that are looked at; whoever cleans up from time to time leaves none behind them. */
const looked = { releases: 100, deployments: 200 };

/**
 * Deletes what planCleanUp finds unneeded and what no host points at, and says so in the ledger. `dryRun` deletes nothing.
 * @throws GitHubError, VercelError where it cannot be planned; a deletion that fails is a warning.
 */
export async function cleanUp(
  { github, project }: { github: GitHub; project: VercelProject },
  { settings, keep, dryRun }: { settings: EnvironmentSettings; keep: number; dryRun: boolean },
): Promise<CleanUpOutcome> {
  const { environment } = settings;
  const [releases, locks] = await Promise.all([
    readRecentReleases(github, environment, looked.releases),
    readOpenLocks(github, environment),
  ]);
  const history = await readHistory(project, settings, releases, looked.deployments);
  const planned = planCleanUp(history, locks, keep);
  const outcome: CleanUpOutcome = { deleted: [], kept: [], warnings: [], message: '' };
  for (const old of planned) {
    const because = old.keptBecause ?? (await whyPointedAt(project, old, outcome.warnings));
    if (because !== undefined) {
      outcome.kept.push({ ...old, keptBecause: because });
      continue;
    }
    const done = dryRun ? { value: undefined } : await settle(remove({ github, project }, old, keep));
    if ('error' in done) outcome.warnings.push(`${nameOf(old)} could not be deleted: ${messageOf(done.error)}`);
    else outcome.deleted.push(old);
  }
  const listed = (all: readonly OldDeployment[]) => all.map(nameOf).join(', ') || 'none';
  const stays = outcome.kept.map((old) => `${nameOf(old)} stays: ${old.keptBecause}`).join('; ');
  const verb = dryRun ? 'Would delete' : 'Deleted';
  const isCut = releases.length >= looked.releases || history.deployments.length >= looked.deployments;
  outcome.message = [
    `${verb} of ${environment} what is older than ${keep} releases: ${listed(outcome.deleted)}.`,
    ...(stays === '' ? [] : [`${stays}.`]),
    ...(isCut
      ? [`Only the newest ${looked.releases} releases and ${looked.deployments} deployments were looked at.`]
      : []),
  ].join(' ');
  return outcome;
}

/** Where Vercel does not say, it stays as well. */
async function whyPointedAt(
  project: VercelProject,
  old: OldDeployment,
  warnings: string[],
): Promise<string | undefined> {
  const asked = await settle(project.aliasesOf(old.deploymentId));
  if ('error' in asked) {
    warnings.push(`Which hosts point at ${nameOf(old)} could not be read: ${messageOf(asked.error)}`);
    return 'Vercel does not say which hosts point at it';
  }
  const hosts = asked.value;
  return hosts.length === 0 ? undefined : `${hosts.slice(0, 3).join(', ')} point${hosts.length > 1 ? '' : 's'} at it`;
}

async function remove(
  { github, project }: { github: GitHub; project: VercelProject },
  { deploymentId, ledgerId }: OldDeployment,
  keep: number,
): Promise<void> {
  const ledger = openLedger(github, { ledgerId });
  // GitHub shows the state of the last status: what ended long ago must not look as if it went on.
  const ended = { state: 'inactive' } as const;
  await ledger.record('clean-up', 'intent', deploymentId, '', ended);
  await project.remove(deploymentId);
  await ledger.record('clean-up', 'outcome', 'deleted', `older than ${keep} releases`, ended);
}
