import { skipsBackup, weakerProof } from '#config/backup-policy';
import { defaults } from '#config/defaults';
import type { GitHub } from '#github/client';
import type { MigrationFinding } from '#postgres/classify-migrations';
import { standardLimits } from '#postgres/judge-size';
import type { VercelProject } from '#vercel/project';
import { approvalFindings } from './approval-findings.ts';
import { checkApps } from './check-apps.ts';
import { chooseRollbackTarget, type TargetChoice } from './choose-rollback-target.ts';
import { commitOf } from './commit-of.ts';
import { contractFindings } from './contract-findings.ts';
import { decidePreflight, type Finding } from './decide-preflight.ts';
import { decideSuperseded } from './decide-superseded.ts';
import { deployedCodeFindings, removedNames } from './deployed-code-findings.ts';
import { findWeakenings } from './find-weakenings.ts';
import { forwardFixFindings } from './forward-fix-findings.ts';
import { type DatabaseInspection, defaultFolder, inspectDatabase } from './inspect-database.ts';
import { openAmong } from './lock.ts';
import { approvalPort } from './migration-approval.ts';
import { toFinding } from './migration-finding.ts';
import { backupFindings, confirmedBackup, platformPoint } from './preflight-backup.ts';
import { openProject, readLedger, readProject } from './preflight-readers.ts';
import type { PreflightReport, PreflightRequest } from './preflight-types.ts';
import { deployedCodeOf } from './read-deployed-code.ts';
import { rehearsalFacts, rehearsalFindings } from './rehearsal/rehearsal-findings.ts';
import type { ReleaseRecord } from './release-record.ts';
import type { DeployedCode } from './search-deployed-code.ts';
import { readSupersedingFacts } from './superseding-facts.ts';
import { raisedModeFindings } from './would-have-been.ts';

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
      tlsReason: settings.database.tlsReason,
      resolve: request.resolveDatabase,
      migrations: settings.database.migrations,
      workspace: request.workspace,
      command: settings.database.command,
      verifyCommand: settings.database.verifyCommand,
      apply: settings.database.apply,
      approval: request.migrationApproval && {
        ...request.migrationApproval,
        port: approvalPort(deps.github, request.runId),
      },
      commit: request.commit,
      recipients: request.recipients,
      limits: { ...standardLimits, ...settings.database.limits },
      includeAll: settings.database.includeAll ?? false,
      wayBack: settings.database.rollbackSql,
      critical: settings.database.critical,
      stagingUrl: request.stagingDatabaseUrl,
      rowSecurity: settings.database.rowSecurity,
      backupNeeded: !skipsBackup(settings.database, request.throwAway),
      scratchImage: settings.database.scratchImage,
      verify: request.weakerBackup?.verify ?? weakerProof(settings.database, request.throwAway),
      earlierBackup: request.weakerBackup?.maxAgeMs !== undefined,
      platform: request.platform && platformPoint(deps.github, request, request.platform),
      signal: request.signal,
    }),
  ]);
  findings.push(...(await confirmedBackup(deps.github, request, database, ledger?.now)));
  findings.push(...database.findings, ...backupFindings(request), ...(await approvalFindings(deps.github, request)));
  findings.push(...(await forwardFixFindings(deps.github, request, database)));
  findings.push(...contractFindings(settings, database.held));
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
    // Left live by a rehearsal, it has to be released in earnest.
    (currentRelease.rehearsal !== true &&
      ['released', 'held', 'watch-continues', 'already-current'].includes(currentRelease.decision ?? ''));
  const ownIsLive = current !== undefined && own !== undefined && currentRelease?.id === own.id;
  const chosen =
    found === undefined
      ? { skipped: [] }
      : chooseRollbackTarget({ ...found.history, migrations: ledger?.migrations }, { key: request.key });
  // What the first attempt recorded before it went live is the way back (trap 1).
  const target: TargetChoice =
    ownIsLive && own.rollbackTarget !== undefined ? { ...chosen, target: own.rollbackTarget } : chosen;
  const orphan = releases.find((release) => release.decision === undefined && release.promotion !== 'none');
  const isGroup = found !== undefined && found.apps.others.length > 0;
  if (isGroup)
    findings.push(...checkApps({ ...found.apps, settings, isUnderWay: orphan !== undefined, target: target.target }));
  if (request.rehearsal === true && found !== undefined)
    findings.push(...rehearsalFindings(rehearsalFacts(settings, { ...found, database, target, live })));
  const decision = decidePreflight({
    environment: settings.environment,
    production: settings.production,
    dryRun: request.dryRun,
    findings,
    openLocks: open,
    superseded,
    alreadyCurrent:
      request.rehearsal !== true && live && done && !(isGroup && found.history.mixed) && database.toApply.length === 0
        ? { deploymentId: current.id, version: currentRelease?.version }
        : undefined,
    version: request.version,
  });
  return {
    ...decision,
    url: settings.url ?? found?.url ?? '',
    database: { ...database, migrations: [...database.migrations, ...inCode] },
    target,
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
