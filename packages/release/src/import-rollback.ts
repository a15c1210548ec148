import type { GitHub } from '#github/client';
import { messageOf } from '#http/error-reason';
import { cleanText } from '#http/text';
import type { ProjectState, VercelProject } from '#vercel/project';
import { decideImport, findNotedRollback, type ImportPlan, type NotedRollback } from './decide-import.ts';
import type { ReconcileFacts } from './decide-reconcile.ts';
import { settleEnvironment } from './finish-release.ts';
import { type Finished, importedRollback } from './finished.ts';
import { openLedger } from './ledger.ts';
import { defaultLockExpiryMs, type Lock, readOwnLocks, takeLock } from './lock.ts';
import { readServed } from './move-domains.ts';
import { nameOf } from './name-of-target.ts';
import { settle } from './patience.ts';
import type { ReleaseRecord } from './release-record.ts';
import { writeMove } from './rollback-move.ts';
import { laptopRepositoryId } from './rollback-note.ts';

interface Services {
  github: GitHub;
  project: VercelProject;
}

export interface ImportScope {
  environment: string;
  production: boolean;
  /** Numeric id of the repository, where it is known. */
  repositoryId?: string | undefined;
  lockExpiryMs?: number | undefined;
}

/** A rollback that Vercel knows and the ledger does not, or not all of it. */
export interface SilentRollback {
  noted: NotedRollback;
  plan: ImportPlan;
}

/**
 * Looks for a rollback of production that was made while GitHub was silent. Only the newest one can be found: Vercel keeps one note,
 * of its last rollback, until the next promotion. `refused` says why a note is not believed. @throws GitHubError, VercelError.
 */
export async function findSilentRollback(
  { github, project }: Services,
  scope: ImportScope,
  state: ProjectState,
  facts: Pick<ReconcileFacts, 'releases' | 'locks' | 'now'> & {
    readRuns(runIds: readonly number[]): Promise<Pick<ReconcileFacts, 'endedRuns' | 'liveRuns'>>;
  },
): Promise<SilentRollback | { refused: string } | undefined> {
  const { environment, repositoryId } = scope;
  const noted = findNotedRollback(state, {
    environment,
    repository: github.repository,
    repositoryIds: idsOf(facts.releases, environment, repositoryId),
  });
  if (noted === undefined) return undefined;
  const { deploymentId, mixed } = await readServed(project, { as: 'production' }, state);
  if (mixed || deploymentId !== noted.target.deploymentId) {
    const serves = mixed ? 'its domains serve different deployments' : `${deploymentId ?? 'nothing'} is served`;
    return { refused: `Vercel shows a rollback of ${environment} to ${noted.target.deploymentId}, but ${serves}` };
  }
  const runs = await facts.readRuns(noted.runId === undefined ? [] : [noted.runId]);
  const known = facts.locks.some(({ key }) => key === noted.key);
  const older = known ? [] : await readOwnLocks(github, { environment, key: noted.key });
  const plan = decideImport(noted, { ...facts, ...runs, locks: [...facts.locks, ...older] });
  return plan === undefined || 'refused' in plan ? plan : { noted, plan };
}

/** The repository as its own records name it. */
function idsOf(releases: readonly ReleaseRecord[], environment: string, own: string | undefined): string[] {
  const ending = `:${environment}:`;
  const named = releases.flatMap(({ key }) => (key.includes(ending) ? [key.slice(0, key.indexOf(ending))] : []));
  const given = own === undefined || own === '' ? [] : [own];
  return [...new Set([...given, ...named, laptopRepositoryId])].filter((id) => /^\d+$/.test(id));
}

/**
 * Writes what is missing: lock first, then the entries of the releases that were left. What ends the import is for the caller, who tells
 * people before. Moves nothing. @throws GitHubError.
 */
export async function writeSilentRollback(
  { github, project }: Services,
  scope: ImportScope,
  { noted, plan }: SilentRollback,
  about: { releases: readonly ReleaseRecord[]; locks: readonly Lock[] },
): Promise<{ lock: Lock | undefined; version: string | undefined }> {
  const { deploymentId } = noted.target;
  const version = await versionOf(project, deploymentId, about.releases);
  const lock = plan.takesLock ? await lockFor(github, scope, noted, { ...about, version }) : plan.lock;
  for (const { id, deploymentId: from } of plan.entries)
    await openLedger(github, { ledgerId: id }).record('rollback', 'outcome', 'rolled-back', factOf({ ...noted, from }));
  return { lock, version };
}

/** The last word of an import, on the lock itself: a death before it is found and finished by the next pass. @throws GitHubError. */
export async function endImport(github: GitHub, lock: Lock | undefined, { noted }: SilentRollback): Promise<void> {
  if (lock === undefined || lock.rollback !== undefined) return;
  await openLedger(github, { ledgerId: lock.id }).record('rollback', 'outcome', 'rolled-back', factOf(noted));
}

/** The release that had been left for the one that was left, where that is written down now, too: a sentence, or none. */
export function describeEarlier({ noted, plan }: SilentRollback): string[] {
  const before = plan.entries.find(({ deploymentId }) => deploymentId !== noted.from);
  return before === undefined ? [] : [`${before.version} had been taken back before, unseen, too.`];
}

function factOf({ from, target, at }: NotedRollback): string {
  return writeMove({ from, to: target.deploymentId, reasonCode: importedRollback, at: isoOf(at) });
}

async function lockFor(
  github: GitHub,
  { environment, production, lockExpiryMs }: ImportScope,
  noted: NotedRollback,
  about: { releases: readonly ReleaseRecord[]; locks: readonly Lock[]; version: string | undefined },
): Promise<Lock> {
  const { key, runId, target, from } = noted;
  const { version } = about;
  const { sha } = await github.commit('HEAD');
  const left = about.releases.find((release) => release.deploymentId === from) ?? about.releases[0];
  const now = github.serverTime();
  const open = about.locks.filter((lock) => lock.releasedAt === undefined && lock.expiresAt > now);
  // Vercel has switched it off since; what it was stands in the records of before.
  const autoAssign = open.at(-1)?.autoAssign ?? left?.autoAssign;
  const taken = await takeLock(github, {
    schemaVersion: 1,
    environment,
    production,
    ref: sha,
    key,
    // Without the names: everybody who may read the repository reads locks (S5). Message and incident have them.
    reason: `${noted.reason} (while GitHub was silent, ${isoOf(noted.at)})`,
    runId: runId ?? 0,
    target: { ...target, ...(version === undefined ? {} : { version }) },
    ...(from === undefined ? {} : { from }),
    ...(autoAssign === undefined ? {} : { autoAssign }),
    appOnly: true,
    expiresAfterMs: lockExpiryMs ?? defaultLockExpiryMs,
  });
  return taken.held ? taken.lock : taken.own;
}

async function versionOf(
  project: VercelProject,
  deploymentId: string,
  releases: readonly ReleaseRecord[],
): Promise<string | undefined> {
  const release = releases.find((one) => one.deploymentId === deploymentId);
  if (release !== undefined) return release.version;
  const found = await settle(project.deployment(deploymentId));
  const version = 'value' in found ? found.value?.meta.opsVersion : undefined;
  return version === undefined ? undefined : cleanText(version, 80);
}

/** Of the two names the second one is Vercel's own. */
function whoOf({ operator, by }: NotedRollback): string {
  if (operator === undefined) return by === undefined ? 'nobody knows who' : `Vercel user ${by}`;
  return by === undefined ? operator : `${operator}, Vercel user ${by}`;
}

function isoOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

async function keepAutoAssignOff(project: VercelProject): Promise<void> {
  const { autoAssign } = await project.readState();
  if (autoAssign !== false) await project.setAutoAssign(false);
}

/**
 * Completes the record of a rollback that was made while GitHub was silent (S7): as if it had been there, people told before the end
 * of it is written. Production stays where it is. Undefined where the entry of the release itself is to be ended, too, and tells it.
 * @throws GitHubError, VercelError.
 */
export async function importRollback(
  deps: Services & { tell?: ((finished: Finished) => Promise<void>) | undefined },
  scope: ImportScope,
  silent: SilentRollback,
  about: { releases: readonly ReleaseRecord[]; locks: readonly Lock[]; warnings: string[] },
): Promise<Finished | undefined> {
  const { github, project } = deps;
  const { environment, production } = scope;
  const { noted, plan } = silent;
  const { lock, version } = await writeSilentRollback(deps, scope, silent, about);
  if (plan.unproven !== undefined) about.warnings.push(plan.unproven);
  const before = describeEarlier(silent);
  if (plan.isOwn) {
    about.warnings.push(...before);
    return undefined;
  }
  const isLocked = lock !== undefined && lock.releasedAt === undefined;
  if (isLocked) {
    const off = await settle(keepAutoAssignOff(project));
    if ('error' in off) about.warnings.push(`Auto-assignment of domains may be on: ${messageOf(off.error)}`);
  }
  const target = { ...noted.target, ...(version === undefined ? {} : { version }) };
  const left = about.releases.find(({ deploymentId }) => deploymentId === noted.from);
  const place = { as: 'production' as const, environment, autoAssign: lock?.autoAssign ?? false };
  const closing = await settleEnvironment(deps, place, { moved: false, names: [target] });
  about.warnings.push(...closing.warnings);
  const written = isLocked ? 'The lock and the record were completed' : 'The record was completed';
  const finished: Finished = {
    key: noted.key,
    environment,
    production,
    version: left?.version ?? noted.from ?? noted.target.deploymentId,
    commit: left?.commit,
    decision: 'rolled-back',
    reasonCode: importedRollback,
    what: `${environment} was rolled back to ${nameOf(target)} at ${isoOf(noted.at)} by ${whoOf(noted)} while GitHub was not there to write it down: ${[`${noted.reason}.`, ...before, written].join(' ')} now; nothing was moved.`,
    closing,
    rollbackTarget: target,
    openedAt: noted.at,
    runId: noted.runId ?? 0,
    facts: [{ step: 'rollback', kind: 'outcome', word: 'rolled-back', text: factOf(noted), at: noted.at }],
  };
  await deps.tell?.(finished);
  await endImport(github, lock, silent);
  return finished;
}
