import { gitHubConnection, supabaseConnection, vercelAddress, vercelConnection } from '#action-kit/connections';
import { databasePorts, databaseRequest } from '#action-kit/database-target';
import { type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { writeAppUrls } from '#probe/app-checks';
import { backendFindings, isBackendConfigured } from '#release/backend/backend-findings';
import type { Finding } from '#release/decide-preflight';
import { openApps } from '#release/open-apps';
import { handleOfEarlier, nameVersion, type OpenRequest, openRelease, recordStart } from '#release/open-release';
import { preflight } from '#release/preflight';
import type { PreflightReport } from '#release/preflight-types';
import { readCheckout } from '#release/read-checkout';
import { formatReleaseHandle, type ReleaseHandle, releaseKey } from '#release/release-handle';
import { openDatabaseAccess } from '#supabase/database-access';
import { planDatabaseTarget } from '#supabase/plan-database-target';
import { openPlatformBackups } from '#supabase/platform-backups';
import { resolveDatabase } from '#supabase/resolve-database';
import { announce } from './announce.ts';
import { findMissing } from './find-missing.ts';
import { readFunctionsStep } from './functions-step.ts';
import { inputs } from './inputs.ts';
import { releasedBranch } from './released-branch.ts';
import { planLines, renderPlan } from './render-plan.ts';
import { resumeAsked } from './resume-asked.ts';

/** Refuses early and with the whole list; records the way back before the way forward starts. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { signal, logger, context } = runner;
  const git = await readCheckout(context);
  // A tag is foreign text: git takes markup, shell and direction characters in its name.
  const named = given.version ?? (context.refType === 'tag' ? context.refName : git.commit.slice(0, 7));
  // Messages and records begin with it: nobody shall take a rehearsal for the real thing.
  const version = cleanText(given.rehearsal ? `rehearsal-${named}` : named, 100);
  const team = given.vercelTeam ?? settings.vercel.team;
  const projectName = given.vercelProject ?? settings.vercel.project;
  const vercel = vercelConnection(runner, given, settings);
  const supabaseProject = given.supabaseProject ?? settings.database.project;
  const supabase = supabaseConnection(runner, { ...given, supabaseProject }, settings);
  const { githubToken } = given;
  const github = githubToken === undefined ? undefined : createGitHub(gitHubConnection(runner, githubToken));
  // A checkout without git (a container that has none) does not know its tree; GitHub does.
  const treeSha = git.treeSha ?? (await github?.commit(git.commit).catch(() => undefined))?.treeSha;
  const checkout = { commit: git.commit, treeSha };
  const waiting = await resumeAsked(runner, given, settings, { github, commit: git.commit });
  if (waiting !== undefined) return waiting;
  const target = planDatabaseTarget(await databaseRequest(runner, given, settings));
  const functions = await readFunctionsStep(context.workspace, given, settings);
  const report = await preflight(
    {
      github,
      openProject: vercel === undefined ? undefined : () => openApps({ connection: vercel, settings, github }),
    },
    {
      settings,
      key: releaseKey({ repositoryId: context.repositoryId, environment: settings.environment, runId: context.runId }),
      runId: context.runId,
      ...checkout,
      branch: releasedBranch(context),
      version,
      workspace: context.workspace,
      vercelApiUrl: vercelAddress(runner, given),
      dryRun: given.dryRun,
      resume: given.resume,
      rollbackEnvironment: given.rollbackEnvironment,
      allowOlder: given.allowOlder,
      rehearsal: given.rehearsal,
      bypassSecretGiven: given.protectionBypassSecret !== undefined,
      databaseUrl: target.url,
      stagingDatabaseUrl: given.stagingDatabaseUrl,
      resolveDatabase: (url) =>
        // With the rights of the migration, which are looked at, too.
        resolveDatabase(
          { ...target, url },
          {
            ...databasePorts(runner, given, openDatabaseAccess),
            readOnly: false,
            tlsReason: settings.database.tlsReason,
          },
        ),
      recipients: [...(given.ageRecipients ?? []), ...(given.gpgRecipients ?? [])],
      weakerBackup: {
        verify: given.verify,
        reason: given.verifyReason,
        maxAgeMs: given.maxAge,
        platformReason: given.backup === 'platform' ? (given.backupReason ?? '') : undefined,
      },
      platform:
        given.backup === 'platform'
          ? { backups: supabase === undefined ? undefined : openPlatformBackups(supabase) }
          : undefined,
      throwAway: given.throwAway,
      migrationApproval:
        given.migrationApprovalEnvironment === undefined
          ? undefined
          : { environment: given.migrationApprovalEnvironment, approved: given.approvedMigrations },
      findings: [
        ...findMissing({
          ...given,
          vercelProject: projectName,
          supabaseProject,
          slackChannel: given.slackChannel ?? settings.slack.channel,
        }),
        ...functions.findings,
        ...oneForAll(given.deploymentId, settings),
        ...backendFindings(settings.backend),
        ...target.problems.map(
          ({ name, message }): Finding => ({
            code: 'wrong_database',
            severity: 'refuse',
            message: `${name} ${message}`,
          }),
        ),
      ],
      signal,
    },
  );
  for (const { text } of report.weakenings) logger.warning(`Weaker than standard: ${text}`);
  for (const finding of report.findings) {
    const text = finding.fix === undefined ? finding.message : `${finding.message}. Fix: ${finding.fix}`;
    logger[finding.severity === 'refuse' ? 'error' : finding.severity](text);
  }
  if (given.dryRun) for (const line of planLines(report, settings, functions)) logger.info(line);
  const isNamed = given.version !== undefined || context.refType === 'tag';
  if (report.decision === 'already-current' && isNamed && github !== undefined)
    await nameVersion(github, report, version);
  const outputs: Record<string, string> = {
    version,
    url: report.url,
    'app-urls': writeAppUrls(settings.apps ?? []),
    'rollback-target': report.target.target?.deploymentId ?? '',
    database: report.database.database,
    smoke:
      settings.smoke.command !== undefined || (settings.smoke.checks ?? []).length > 0
        ? 'configured'
        : 'not-configured',
    functions: functions.when,
    backend: isBackendConfigured(settings.backend) ? 'configured' : 'not-configured',
    'vercel-project': report.state?.id ?? projectName ?? '',
    'vercel-team': team ?? '',
    release: '',
  };
  const handle =
    github === undefined
      ? undefined
      : await open(runner, given, {
          github,
          report,
          request: { settings, context, version, rehearsal: given.rehearsal, ...checkout },
        });
  if (handle !== undefined) outputs.release = formatReleaseHandle(handle);
  return {
    decision: report.decision,
    reasonCode: report.reasonCode,
    summary: report.summary,
    failed: report.decision === 'refused' || report.decision === 'superseded',
    details: {
      findings: report.database.migrations,
      problems: report.findings,
      pending: report.database.toApply,
      held: report.database.held,
      rollbackTarget: report.target.target ?? null,
      autoAssign: report.autoAssign,
    },
    outputs,
    jobSummary: renderPlan(report, { settings, version, resume: given.resume, functions }),
  };
}

/** One id names the deployment of one project: said before anything is migrated. */
function oneForAll(deploymentId: string | undefined, { apps }: EnvironmentSettings): Finding[] {
  if (deploymentId === undefined || apps === undefined) return [];
  const names = apps.map(({ name }) => name).join(', ');
  return [
    {
      code: 'apps_by_deployment_id',
      severity: 'refuse',
      message: `deployment-id names one deployment, and a release of this environment has more apps (apps: ${names})`,
      fix: 'leave it out: every project of the environment is built of this commit, under the key of this release',
    },
  ];
}

/** The release that this attempt goes on with; undefined where there is none yet and none begins. */
async function open(
  runner: Runner,
  given: InputValues<typeof inputs>,
  { github, report, request }: { github: GitHub; report: PreflightReport; request: OpenRequest },
): Promise<ReleaseHandle | undefined> {
  // The rollback step of this run finishes what the lock of an earlier attempt promises.
  if (report.unfinishedRollback) return await openRelease(github, report, request);
  if (report.decision === 'planned') return undefined;
  if (report.decision !== 'ready') return handleOfEarlier(report, request);
  const handle = await openRelease(github, report, request);
  const slack = await announce(runner, given, request.settings, handle);
  if (slack === undefined) return handle;
  await recordStart(github, { ...handle, slack });
  return { ...handle, slack };
}
