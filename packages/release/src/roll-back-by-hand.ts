import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { messageOf } from '#http/error-reason';
import type { VercelProject } from '#vercel/project';
import { findAlreadyBack } from './already-back.ts';
import { assessCandidates } from './choose-rollback-target.ts';
import { wayAround } from './guard-rollback.ts';
import { guardChosen } from './guard-target.ts';
import { describeLock, type Lock, readOpenLocks, readOwnLocks } from './lock.ts';
import { type MigrationRecord, readMigrationRecords } from './migration-record.ts';
import { nameOf } from './name-of-target.ts';
import { findNextTarget, offer } from './next-target.ts';
import { beyondOneStep } from './one-step.ts';
import { settle } from './patience.ts';
import { placeOf, readHistory, readRecentReleases, vercelTargetOf } from './read-environment.ts';
import type { RollbackTarget } from './release-handle.ts';
import type { ReleaseRecord } from './release-record.ts';
import { readWantedTarget, resolveTarget } from './resolve-target.ts';
import { type Announced, type RollBackOutcome, type RollBackRequest, rollBack } from './roll-back.ts';
import { tellDifferences } from './rollback-differences.ts';

export interface ByHandRequest {
  settings: EnvironmentSettings;
  key: string;
  runId: number;
  runUrl?: string | undefined;
  /** A commit that GitHub knows. */
  commit: string;
  target: string;
  reason: string;
  /** Whoever asks for it. */
  operator?: string | undefined;
  /** Why the code of the target bears the database all the same, typed by a person (S3). */
  allowUnsafe?: string | undefined;
  dryRun: boolean;
  lockExpiryMs: number;
  promoteInstead: boolean;
  /** True for a further attempt of the same run. */
  repeated?: boolean;
  /** As in RollBackRequest. */
  beside?: RollBackRequest['beside'];
  /** As in RollBackRequest, with the name of what leaves. */
  announce?: ((target: RollbackTarget, leaves: string) => Promise<Announced | undefined>) | undefined;
}

export type ByHandOutcome =
  | { decision: 'refused'; reasonCode: string; message: string; warnings: string[] }
  | {
      decision: 'planned';
      reasonCode: string;
      message: string;
      warnings: string[];
      from?: string;
      target: RollbackTarget;
    }
  | { decision: 'already-current'; reasonCode: string; message: string; warnings: string[]; target: RollbackTarget }
  | {
      decision: RollBackOutcome['decision'];
      rollback: RollBackOutcome;
      target: RollbackTarget;
      /** Version that production left, where it is known. */
      left?: string | undefined;
      /** When that was promoted, by the ledger; milliseconds since the epoch. */
      leftPromotedAt?: number | undefined;
      autoAssign: boolean;
      warnings: string[];
    };

/** How long the ledger may take before Vercel's own history has to do (S1). */
const ledgerPatienceMs = 5_000;

/** A rollback that a person asks for: ignores lock and freeze, is refused before any change when the target is not clear. */
export async function rollBackByHand(
  deps: { github: GitHub; project: VercelProject; clock: Clock; log: (line: string) => void },
  request: ByHandRequest,
): Promise<ByHandOutcome> {
  const { project } = deps;
  const { settings } = request;
  const { environment } = settings;
  const warnings: string[] = [];
  const [ledger, state] = await Promise.all([readLedger(deps, request, warnings), project.readState()]);
  const history = await readHistory(project, settings, ledger.releases);
  // Who answers for the database chooses among all; what is crossed is still said.
  if (request.allowUnsafe === undefined) history.migrations = ledger.migrations;
  const wanted = readWantedTarget(request.target);
  const current = history.currentDeploymentId;
  const began = beganEarlier(ledger, request);
  if ('reasonCode' in began) return { decision: 'refused', ...began, warnings };
  const rolling = state.rollingRelease && history.as === 'production' ? await project.rolling.read() : undefined;
  const isRolling = rolling?.state === 'ACTIVE';
  const holder = ledger.locks.findLast((lock) => lock.target !== undefined && lock.target.deploymentId === current);
  // Of a group the first app may be back and another not.
  const isHalf = project.group !== undefined && history.mixed;
  const pin = state.pinnedRollback?.deploymentId;
  const begunTo = isHalf
    ? (holder?.target ?? (pin !== undefined && pin === current ? { deploymentId: pin } : undefined))
    : undefined;
  if (wanted.kind === 'previous' && !isRolling && !isHalf && began.lock === undefined) {
    const locks = ledger.migrations === undefined ? undefined : ledger.locks;
    const back = await findAlreadyBack(deps, { environment, key: request.key, current, locks }, state);
    if (back !== undefined) {
      const message = `${environment} was already rolled back to ${back.target.deploymentId} (${back.reason}). To go back further, name the target.`;
      const target = { ...back.target, adopted: false };
      return { decision: 'already-current', reasonCode: 'already_rolled_back', message, warnings, target };
    }
  }
  // What serves the other visitors is what "previous" means while a canary answers some.
  const resolution =
    began.lock !== undefined
      ? { target: { ...began.lock.target, adopted: false }, warnings: [] }
      : isRolling && wanted.kind === 'previous' && current !== undefined
        ? { target: { deploymentId: current, adopted: true }, warnings: [] }
        : wanted.kind === 'previous' && begunTo !== undefined
          ? { target: { ...begunTo, adopted: true }, warnings: [leftHalf(environment, begunTo)] }
          : resolveTarget(wanted, history);
  if (!('target' in resolution)) return { decision: 'refused', ...resolution, warnings };
  warnings.push(...resolution.warnings);
  const { target } = resolution;
  const running = ledger.releases.find((release) => isRunning(release, ledger.now));
  // An earlier job of this run may have moved the domains: a plan then has nothing to move.
  const settled = began.lock === undefined ? running === undefined : request.dryRun;
  if (current === target.deploymentId && settled && !isRolling && !isHalf) {
    const message = `${environment} already serves ${nameOf(target)}; nothing was changed.`;
    return { decision: 'already-current', reasonCode: 'already_current', message, warnings, target };
  }
  const beyond = beyondOneStep(history.oneStep, target.deploymentId);
  // What brings an earlier attempt to its end, or a canary away, is no step back.
  if (beyond !== undefined && current !== target.deploymentId) {
    const said = `${nameOf(target)} is ${beyond}`;
    warnings.push(said);
    deps.log(said);
  }
  const guard = guardChosen(history, target, ledger.migrations);
  if (guard.verdict !== 'safe' && began.lock === undefined) {
    const refused = guard.verdict === 'unsafe' || guard.named.length > 0;
    if (refused && request.allowUnsafe === undefined) {
      const files = guard.verdict === 'unsafe' ? guard.files : guard.named;
      const message = `${nameOf(target)} cannot be taken: ${guard.reason}. ${wayAround(files)}`;
      return { decision: 'refused', reasonCode: guard.reasonCode, message, warnings };
    }
    const answers = request.allowUnsafe === undefined ? '' : `; taken all the same: ${request.allowUnsafe}`;
    warnings.push(`Schema ${guard.verdict}: ${nameOf(target)}: ${guard.reason}${answers}`);
  }
  // What leaves is the canary; what serves the others stays and keeps its standing.
  const canary = isRolling && target.deploymentId === current ? rolling.canaryDeploymentId : undefined;
  const from = began.lock?.from ?? canary ?? current;
  if (request.dryRun) {
    const differs = await settle(
      tellDifferences(project, {
        target: target.deploymentId,
        apps: target.apps,
        left: from,
        vercelTarget: vercelTargetOf(settings),
      }),
    );
    if ('error' in differs)
      warnings.push(`Which variables and cron jobs differ could not be read: ${messageOf(differs.error)}`);
    const told = 'value' in differs ? differs.value : [];
    const plan = `Would lock ${environment} and move it from ${from ?? 'nothing'} to ${nameOf(target)}${besides(target)}; nothing was changed.`;
    const message = [plan, ...told].join(' ');
    return {
      decision: 'planned',
      reasonCode: 'dry_run',
      message,
      warnings,
      target,
      ...(from === undefined ? {} : { from }),
    };
  }
  const stays = from === target.deploymentId;
  const leaving = stays ? undefined : ledger.releases.find((release) => release.deploymentId === from);
  // The newest original that is recorded: the project itself may show what an earlier rollback left (trap 1).
  const autoAssign = ledger.locks.at(-1)?.autoAssign ?? running?.autoAssign ?? state.autoAssign ?? false;
  // `previous` means whatever is proven; a target that a person named is taken or refused, never replaced.
  const anyProven = wanted.kind === 'previous' && began.lock === undefined;
  const { announce } = request;
  const rollback = await rollBack(deps, {
    ...placeOf(settings),
    environment,
    production: settings.production,
    key: request.key,
    runId: request.runId,
    runUrl: request.runUrl,
    commit: request.commit,
    ledgerId: leaving?.id ?? 0,
    from,
    target,
    reason: request.reason,
    operator: request.operator,
    automatic: false,
    ...(anyProven
      ? {
          nextTarget: (passed: readonly string[]) =>
            findNextTarget(deps, settings, from === undefined ? passed : [...passed, from]),
        }
      : { alternatives: offer(assessCandidates(history), [target.deploymentId, from, current]) }),
    finishing: began.lock !== undefined,
    autoAssign,
    lockExpiryMs: request.lockExpiryMs,
    promoteInstead: request.promoteInstead,
    beside: request.beside,
    announce: announce && ((to) => announce(to, leaving?.version ?? from ?? 'what serves')),
  });
  const left = leaving?.version ?? history.deployments.find(({ id }) => id === from)?.meta.opsVersion;
  warnings.push(...rollback.warnings);
  return {
    decision: rollback.decision,
    rollback,
    target: rollback.target,
    left,
    leftPromotedAt: leaving?.promotedAt,
    autoAssign,
    warnings,
  };
}

/**
 * What an earlier attempt of this very run did: its open lock says what is to be brought to its end; where that was lifted, or
 * another rollback came later, running again must not move anything (S4).
 */
function beganEarlier(
  { locks, own }: { locks: readonly Lock[]; own: readonly Lock[] },
  { key, settings }: ByHandRequest,
): { lock: OwnLock | undefined } | { reasonCode: 'superseded'; message: string } {
  const lock = locks.find((entry): entry is OwnLock => entry.key === key && entry.target !== undefined);
  const later = locks.findLast((entry) => entry.target !== undefined);
  if (lock !== undefined && later !== undefined && later.id > lock.id) {
    return {
      reasonCode: 'superseded',
      message: `${describeLock(later)} It came later than this run: nothing was done.`,
    };
  }
  if (lock === undefined && own.some(({ releasedAt }) => releasedAt !== undefined)) {
    const message = `This run rolled ${settings.environment} back already, and its lock was lifted: nothing was done. Start a new rollback instead of running an old one again.`;
    return { reasonCode: 'superseded', message };
  }
  return { lock };
}

/** The further apps that would go along, each to its own deployment. */
function besides({ apps = {} }: RollbackTarget): string {
  return Object.entries(apps)
    .map(([name, id]) => `, ${name} to ${id}`)
    .join('');
}

function leftHalf(environment: string, { deploymentId }: { deploymentId: string }): string {
  return `an earlier rollback of ${environment} to ${deploymentId} did not reach every project: it is brought to its end`;
}

type OwnLock = Lock & { target: NonNullable<Lock['target']> };

/** Longer than a job may run: an entry still open after this has lost its runner. */
const longestRunMs = 6 * 60 * 60 * 1000;

function isRunning(release: ReleaseRecord, now: number): boolean {
  return release.decision === undefined && now - release.openedAt < longestRunMs;
}

async function readLedger(
  { github, clock }: { github: GitHub; clock: Clock },
  { settings: { environment }, key, repeated }: ByHandRequest,
  warnings: string[],
): Promise<{
  releases: ReleaseRecord[];
  locks: Lock[];
  own: Lock[];
  /** Undefined where the ledger could not be read. */
  migrations: MigrationRecord[] | undefined;
  now: number;
}> {
  const read = Promise.all([
    readRecentReleases(github, environment),
    readOpenLocks(github, environment),
    repeated === true ? readOwnLocks(github, { environment, key }) : [],
    readMigrationRecords(github, environment),
  ]).then(
    ([releases, locks, own, migrations]) => ({ releases, locks, own, migrations, now: github.serverTime() }),
    (error: Error) => error,
  );
  const given = new AbortController();
  const patience = clock.sleep(ledgerPatienceMs, given.signal).then(
    () => undefined,
    () => undefined,
  );
  const answer = await Promise.race([read, patience]);
  given.abort();
  if (answer !== undefined && !(answer instanceof Error)) return answer;
  const why = answer === undefined ? 'GitHub does not answer' : answer.message;
  warnings.push(
    `The ledger could not be read (${why}): the target comes from Vercel’s own history, verdicts are not known`,
  );
  return { releases: [], locks: [], own: [], migrations: undefined, now: clock.now() };
}
