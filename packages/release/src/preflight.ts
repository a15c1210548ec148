import { skipsBackup } from '#config/backup-policy';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { addressOf } from '#vercel/deployment-address';
import type { ProjectState, VercelProject } from '#vercel/project';
import { checkProject } from './check-project.ts';
import { chooseRollbackTarget, type TargetChoice } from './choose-rollback-target.ts';
import { commitOf } from './commit-of.ts';
import { decidePreflight, type Finding, type PreflightDecision } from './decide-preflight.ts';
import { decideSuperseded } from './decide-superseded.ts';
import { findWeakenings, type Weakening } from './find-weakenings.ts';
import { type DatabaseInspection, inspectDatabase } from './inspect-database.ts';
import { readReleases } from './ledger.ts';
import { type Lock, openAmong, readLocks } from './lock.ts';
import { isGitDeploymentDisabled, placeOf, readHistory, readRecentReleases } from './read-environment.ts';
import type { ReleaseRecord } from './release-record.ts';
import { readSupersedingFacts } from './superseding-facts.ts';

export interface PreflightRequest {
  settings: EnvironmentSettings;
  key: string;
  runId: number;
  commit: string;
  treeSha?: string | undefined;
  version: string;
  workspace: string;
  vercelApiUrl: string;
  dryRun: boolean;
  resume: boolean;
  allowOlder?: string | undefined;
  bypassSecretGiven: boolean;
  databaseUrl?: string | undefined;
  ageRecipients: readonly string[];
  throwAway: boolean;
  /** Missing secrets and the like, found while the inputs were read. */
  findings: readonly Finding[];
  signal?: AbortSignal | undefined;
}

export interface PreflightReport extends PreflightDecision {
  url: string;
  database: DatabaseInspection;
  target: TargetChoice;
  current?: { deploymentId: string; release?: ReleaseRecord | undefined } | undefined;
  state?: ProjectState | undefined;
  own?: ReleaseRecord | undefined;
  /** An earlier attempt of this run took the lock of a rollback: this one brings that to its end. */
  unfinishedRollback: boolean;
  releases: readonly ReleaseRecord[];
  /** Original value of auto-assign, also after an attempt that died behind its promotion. */
  autoAssign: boolean;
  firstDeployment: boolean;
  /** Rules that the workflow file relaxes (S11). */
  weakenings: readonly Weakening[];
  /** The newest locks, lifted and expired ones too. */
  locks: readonly Lock[];
  /** GitHub's clock; milliseconds. */
  now: number;
}

/** Reads everything that a release needs to know beforehand and decides. Changes nothing. */
export async function preflight(
  deps: { github: GitHub | undefined; openProject: (() => Promise<VercelProject>) | undefined },
  request: PreflightRequest,
): Promise<PreflightReport> {
  const { settings } = request;
  const findings: Finding[] = [...request.findings];
  const [ledger, project, database] = await Promise.all([
    deps.github === undefined ? undefined : readLedger(deps.github, request, findings),
    deps.openProject === undefined ? undefined : openProject(deps.openProject, findings),
    inspectDatabase({
      url: request.databaseUrl,
      migrations: settings.database.migrations,
      workspace: request.workspace,
      ageRecipients: request.ageRecipients,
      backupNeeded: !skipsBackup(settings.database, request.throwAway),
      signal: request.signal,
    }),
  ]);
  findings.push(...database.findings, ...backupFindings(request));
  const releases = ledger?.releases ?? [];
  const own = releases.find((release) => release.key === request.key);
  const found =
    project === undefined ? undefined : await readProject(project, request, ledger?.locks ?? [], releases, findings);
  findings.push(...ledgerFindings(request, own, releases));
  const current = found?.history.current;
  const currentRelease =
    current === undefined ? undefined : releaseOfCurrent(releases, current.id, current.meta.opsRelease);
  const superseded =
    deps.github === undefined || found === undefined
      ? undefined
      : decideSuperseded(
          await readSupersedingFacts(
            deps.github,
            {
              key: request.key,
              runId: request.runId,
              openedAt: own?.openedAt ?? ledger?.now ?? 0,
              commit: request.commit,
              version: request.version,
              environment: settings.environment,
              ledgerId: own?.id ?? Number.MAX_SAFE_INTEGER,
            },
            { deployment: current, commit: currentRelease?.commit, version: currentRelease?.version },
            { allowOlder: request.allowOlder, requireAncestor: settings.release.requireAncestor ?? false },
          ),
        );
  const open = ledger === undefined ? [] : openAmong(ledger.locks, ledger.now);
  const live = current !== undefined && (currentRelease?.commit ?? commitOf(current)) === request.commit;
  const done =
    currentRelease === undefined || ['released', 'held', 'already-current'].includes(currentRelease.decision ?? '');
  const decision = decidePreflight({
    environment: settings.environment,
    dryRun: request.dryRun,
    findings,
    openLocks: open,
    superseded,
    alreadyCurrent:
      live && done && database.pending.length === 0
        ? { deploymentId: current.id, version: currentRelease?.version }
        : undefined,
    version: request.version,
  });
  const orphan = releases.find((release) => release.decision === undefined && release.promotion !== 'none');
  const ownIsLive = current !== undefined && own !== undefined && currentRelease?.id === own.id;
  const chosen = found === undefined ? { skipped: [] } : chooseRollbackTarget(found.history, { key: request.key });
  return {
    ...decision,
    url: settings.url ?? found?.url ?? '',
    database,
    // What the first attempt recorded before it went live is the way back (trap 1).
    target: ownIsLive && own.rollbackTarget !== undefined ? { ...chosen, target: own.rollbackTarget } : chosen,
    current: current === undefined ? undefined : { deploymentId: current.id, release: currentRelease },
    state: found?.state,
    own,
    unfinishedRollback: !request.dryRun && open.some((lock) => lock.key === request.key && lock.target !== undefined),
    releases,
    autoAssign: orphan?.autoAssign ?? found?.state.autoAssign ?? false,
    firstDeployment: found?.firstDeployment ?? false,
    weakenings: findWeakenings({ ...request, connection: database.weakening }),
    locks: ledger?.locks ?? [],
    now: ledger?.now ?? Date.now(),
  };
}

async function readLedger(github: GitHub, request: PreflightRequest, findings: Finding[]) {
  const { environment, release } = request.settings;
  try {
    const [locks, releases] = await Promise.all([
      readLocks(github, environment),
      readRecentReleases(github, environment),
    ]);
    if (release.requiresPassed !== undefined) await checkPassed(github, request, release.requiresPassed, findings);
    return { locks, releases, now: github.serverTime() };
  } catch (error) {
    findings.push(asFinding(error));
    return undefined;
  }
}

/** "Passed on staging" compares the git tree, so that squash merges and merge commits count (STG-08). */
async function checkPassed(
  github: GitHub,
  request: PreflightRequest,
  from: string,
  findings: Finding[],
): Promise<void> {
  const { treeSha } = request;
  if (treeSha !== undefined) {
    const same = readReleases(github, { environment: from }, (entry) => entry.treeSha === treeSha);
    for await (const release of same) if (hasPassed(release)) return;
  }
  findings.push({
    code: 'not_passed',
    severity: 'refuse',
    message: `the files of commit ${request.commit.slice(0, 7)} have not passed on ${from}`,
    fix: `release them to ${from} first; the git tree is compared, so a squash or merge commit of the same files counts`,
  });
}

/** A policy of ops.yml that the workflow file does not back is no policy: said here, because a backup costs time. */
function backupFindings({ settings, throwAway }: PreflightRequest): Finding[] {
  if (settings.database.backupPolicy !== 'skip' || throwAway) return [];
  return [
    {
      code: 'backup_not_skipped',
      severity: 'notice',
      message: 'database.backup.policy: skip counts only with throw-away: true in the workflow file; a backup is made',
    },
  ];
}

/** Hardly anybody visits a staging: where its tests and our own checks passed, too little traffic to judge is no fault. */
function hasPassed({ decision, reason }: ReleaseRecord): boolean {
  return decision === 'released' || (decision === 'held' && reason === 'too_little_traffic');
}

async function openProject(
  open: () => Promise<VercelProject>,
  findings: Finding[],
): Promise<VercelProject | undefined> {
  try {
    return await open();
  } catch (error) {
    findings.push(asFinding(error));
    return undefined;
  }
}

async function readProject(
  project: VercelProject,
  request: PreflightRequest,
  locks: Awaited<ReturnType<typeof readLocks>>,
  releases: readonly ReleaseRecord[],
  findings: Finding[],
) {
  const { settings } = request;
  try {
    const [state, history] = await Promise.all([project.readState(), readHistory(project, settings, releases)]);
    const place = placeOf(settings);
    const branch = state.gitLink?.productionBranch;
    const folders = [settings.vercel.workingDirectory, state.rootDirectory, '.'];
    findings.push(
      ...checkProject({
        environment: settings.environment,
        production: settings.production,
        as: place.as,
        host: place.host,
        build: settings.vercel.build ?? 'remote',
        state,
        bypassSecretGiven: request.bypassSecretGiven,
        gitDeploymentDisabled:
          branch !== undefined && (await isGitDeploymentDisabled(request.workspace, folders, branch)),
        locks,
      }),
    );
    if (history.mixed) {
      findings.push({
        code: 'domains_differ',
        severity: 'warning',
        message: 'the domains of production serve different deployments; this release will bring them together',
      });
    }
    const host = place.host ?? state.productionDomains[0];
    return {
      state,
      history,
      url: host === undefined ? '' : addressOf(host, request.vercelApiUrl),
      firstDeployment: place.as === 'production' && history.deployments.length === 0,
    };
  } catch (error) {
    findings.push(asFinding(error));
    return undefined;
  }
}

function ledgerFindings(
  request: PreflightRequest,
  own: ReleaseRecord | undefined,
  releases: readonly ReleaseRecord[],
): Finding[] {
  const findings: Finding[] = [];
  const newer = releases.find((release) => release.newerSchema !== undefined);
  if (newer !== undefined) {
    findings.push({
      code: 'newer_ledger',
      severity: 'refuse',
      message: `the record of ${newer.version} was written by a newer ops-actions (schemaVersion ${newer.newerSchema})`,
      fix: 'use that version here, too',
    });
  }
  if (request.resume && own === undefined) {
    findings.push({
      code: 'nothing_to_resume',
      severity: 'refuse',
      message: 'resume is set, but no earlier job of this run staged a release',
      fix: 'run the job with stop-after: staged first, in the same workflow run',
    });
  }
  return findings;
}

function releaseOfCurrent(
  releases: readonly ReleaseRecord[],
  id: string,
  key: string | undefined,
): ReleaseRecord | undefined {
  return (
    releases.find((release) => release.deploymentId === id && release.promotion === 'promoted') ??
    releases.find((release) => key !== undefined && release.key === key)
  );
}

/** A failure of Vercel or GitHub with a reason of ours is a finding; anything else is thrown. */
function asFinding(error: unknown): Finding {
  const { reasonCode, message } = error as { reasonCode?: unknown; message?: unknown };
  if (typeof reasonCode !== 'string' || typeof message !== 'string') throw error;
  return { code: reasonCode, severity: 'refuse', message };
}
