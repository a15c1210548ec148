import { skipsBackup } from '#config/backup-policy';
import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { MigrationFinding } from '#postgres/classify-migrations';
import { standardLimits } from '#postgres/judge-size';
import type { ProjectState, VercelProject } from '#vercel/project';
import { approvalFindings } from './approval-findings.ts';
import { chooseRollbackTarget, type TargetChoice } from './choose-rollback-target.ts';
import { commitOf } from './commit-of.ts';
import { decidePreflight, type Finding, type PreflightDecision } from './decide-preflight.ts';
import type { ReleasedBranch } from './decide-review.ts';
import { decideSuperseded } from './decide-superseded.ts';
import { deployedCodeFindings, removedNames } from './deployed-code-findings.ts';
import { findWeakenings, type Weakening, type WeakerBackup } from './find-weakenings.ts';
import { type DatabaseInspection, defaultFolder, inspectDatabase, toFinding } from './inspect-database.ts';
import { type Lock, openAmong } from './lock.ts';
import { openProject, readLedger, readProject } from './preflight-readers.ts';
import { deployedCodeOf } from './read-deployed-code.ts';
import type { ReleaseRecord } from './release-record.ts';
import type { DeployedCode } from './search-deployed-code.ts';
import { readSupersedingFacts } from './superseding-facts.ts';
import { raisedModeFindings } from './would-have-been.ts';

export interface PreflightRequest {
  settings: EnvironmentSettings;
  key: string;
  runId: number;
  commit: string;
  branch?: ReleasedBranch | undefined;
  treeSha?: string | undefined;
  version: string;
  workspace: string;
  vercelApiUrl: string;
  dryRun: boolean;
  resume: boolean;
  /** GitHub environment of the job that waits for the answer of mode approve. */
  rollbackEnvironment?: string | undefined;
  allowOlder?: string | undefined;
  bypassSecretGiven: boolean;
  databaseUrl?: string | undefined;
  /** Public keys that can open a backup, of age or OpenPGP. */
  recipients: readonly string[];
  throwAway: boolean;
  /** How the workflow file lets a backup be proven, where it is less than a fresh one that was restored. */
  weakerBackup?: WeakerBackup | undefined;
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
      project: settings.database.project,
      migrations: settings.database.migrations,
      workspace: request.workspace,
      command: settings.database.command,
      apply: settings.database.apply,
      recipients: request.recipients,
      limits: { ...standardLimits, ...settings.database.limits },
      includeAll: settings.database.includeAll ?? false,
      wayBack: settings.database.rollbackSql,
      rowSecurity: settings.database.rowSecurity,
      backupNeeded: !skipsBackup(settings.database, request.throwAway),
      signal: request.signal,
    }),
  ]);
  findings.push(...database.findings, ...backupFindings(request), ...(await approvalFindings(deps.github, request)));
  const releases = ledger?.releases ?? [];
  findings.push(...raisedModeFindings(settings.watch.mode ?? defaults.watch.mode, releases));
  const own = releases.find((release) => release.key === request.key);
  const found =
    project === undefined ? undefined : await readProject(project, request, ledger?.locks ?? [], releases, findings);
  findings.push(...ledgerFindings(request, own, releases));
  const current = found?.history.current;
  const inCode = await findInDeployedCode(deps.github, request, database, deployedCodeOf(found?.history));
  findings.push(...inCode.map(toFinding));
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
    currentRelease === undefined ||
    ['released', 'held', 'watch-continues', 'already-current'].includes(currentRelease.decision ?? '');
  const decision = decidePreflight({
    environment: settings.environment,
    production: settings.production,
    dryRun: request.dryRun,
    findings,
    openLocks: open,
    superseded,
    alreadyCurrent:
      live && done && database.toApply.length === 0
        ? { deploymentId: current.id, version: currentRelease?.version }
        : undefined,
    version: request.version,
  });
  const orphan = releases.find((release) => release.decision === undefined && release.promotion !== 'none');
  const ownIsLive = current !== undefined && own !== undefined && currentRelease?.id === own.id;
  const chosen =
    found === undefined
      ? { skipped: [] }
      : chooseRollbackTarget({ ...found.history, migrations: ledger?.migrations }, { key: request.key });
  return {
    ...decision,
    url: settings.url ?? found?.url ?? '',
    database: { ...database, migrations: [...database.migrations, ...inCode] },
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

/** What pending files take away, searched for in the source that serves now. */
async function findInDeployedCode(
  github: GitHub | undefined,
  { workspace, settings, signal }: PreflightRequest,
  { migrations }: DatabaseInspection,
  deployed: DeployedCode | undefined,
): Promise<MigrationFinding[]> {
  const removed = removedNames(migrations);
  if (removed.length === 0 || deployed === undefined) return [];
  // Loaded only here: most releases take nothing away.
  const { searchDeployedCode } = await import('./search-deployed-code.ts');
  const found = await searchDeployedCode({
    deployed,
    removed,
    workspace,
    migrations: settings.database.migrations ?? defaultFolder,
    github,
    signal,
  });
  return deployedCodeFindings(migrations, found);
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
