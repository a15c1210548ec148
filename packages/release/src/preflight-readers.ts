import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { addressOf } from '#vercel/deployment-address';
import type { ProjectState, VercelProject } from '#vercel/project';
import type { FoundApp } from './check-apps.ts';
import { checkProject } from './check-project.ts';
import { checkRollingRelease } from './check-rolling-release.ts';
import type { Finding } from './decide-preflight.ts';
import { readReleases } from './ledger.ts';
import { type Lock, readLocks } from './lock.ts';
import { readMigrationRecords } from './migration-record.ts';
import type { PreflightRequest } from './preflight-types.ts';
import {
  isGitDeploymentDisabled,
  placeOf,
  readHistory,
  readRecentReleases,
  vercelTargetOf,
} from './read-environment.ts';
import { readReview } from './read-review.ts';
import type { ReleaseRecord } from './release-record.ts';

// What preflight reads of GitHub and Vercel. A refusal of theirs is a finding beside the others, never an end of its own.

/** Locks and newest releases; undefined, with a finding, where GitHub refuses. */
export async function readLedger(github: GitHub, request: PreflightRequest, findings: Finding[]) {
  const { environment, release } = request.settings;
  try {
    const [locks, releases, migrations] = await Promise.all([
      readLocks(github, environment),
      readRecentReleases(github, environment),
      readMigrationRecords(github, environment),
      readReview(github, request).then(
        (found) => findings.push(...found),
        (error: unknown) => findings.push(asFinding(error)),
      ),
    ]);
    if (release.requiresPassed !== undefined) await checkPassed(github, request, release.requiresPassed, findings);
    return { locks, releases, migrations, now: github.serverTime() };
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

/**
 * Hardly anybody visits a staging: where its tests and our own checks passed, too little traffic to judge is no fault. A rehearsal that
 * nobody took back proves nothing: what its watch saw was made up.
 */
function hasPassed({ decision, reason, rehearsal }: ReleaseRecord): boolean {
  if (rehearsal === true) return false;
  return decision === 'released' || (decision === 'held' && reason === 'too_little_traffic');
}

/** Undefined, with a finding, where Vercel refuses. */
export async function openProject(
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

/** State, history and address of the project, with everything in them that stands against a release. */
export async function readProject(
  project: VercelProject,
  request: PreflightRequest,
  locks: readonly Lock[],
  releases: readonly ReleaseRecord[],
  findings: Finding[],
) {
  const { settings } = request;
  try {
    const lead = project.group?.lead ?? project;
    const [state, history] = await Promise.all([lead.readState(), readHistory(project, settings, releases)]);
    const place = placeOf(settings);
    const common = {
      environment: settings.environment,
      production: settings.production,
      as: place.as,
      host: place.host,
      build: settings.vercel.build ?? ('remote' as const),
      bypassSecretGiven: request.bypassSecretGiven,
      locks,
    };
    const isDisabled = async (own: ProjectState, folder: string | undefined) => {
      const branch = own.gitLink?.productionBranch;
      const folders = [folder, own.rootDirectory, '.'];
      return branch !== undefined && (await isGitDeploymentDisabled(request.workspace, folders, branch));
    };
    const gitDeploymentDisabled = await isDisabled(state, settings.vercel.workingDirectory);
    findings.push(...checkProject({ ...common, state, gitDeploymentDisabled }));
    const others = await Promise.all(
      (project.group?.others ?? []).map(async ({ name, project: other }): Promise<FoundApp> => {
        const own = await other.readState();
        const app = settings.apps?.find((one) => one.name === name);
        const gitDeploymentDisabled = await isDisabled(own, app?.workingDirectory);
        return { name, state: own, gitDeploymentDisabled, url: app?.url };
      }),
    );
    findings.push(...(await checkVariables(project, settings)));
    findings.push(...(await checkRollingRelease(project, state, place.as, settings, request.key)));
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
      apps: { ...common, lead: { name: state.name, state, gitDeploymentDisabled }, others },
      url: host === undefined ? '' : addressOf(host, request.vercelApiUrl),
      firstDeployment: place.as === 'production' && history.deployments.length === 0,
    };
  } catch (error) {
    findings.push(asFinding(error));
    return undefined;
  }
}

/** Names only: values are never read (CHK-14). */
async function checkVariables(project: VercelProject, settings: EnvironmentSettings): Promise<Finding[]> {
  const required = settings.vercel.requiredVariables ?? [];
  if (required.length === 0) return [];
  if (settings.vercel.as === 'custom-environment') {
    const message = `vercel.required-variables: Vercel lists the variables of custom environments by an id only; those of ${settings.environment} were not checked`;
    return [{ code: 'variables_not_checked', severity: 'warning', message }];
  }
  const target = vercelTargetOf(settings);
  const there = new Set(await project.environmentNames(target));
  const missing = required.filter((name) => !there.has(name));
  if (missing.length === 0) return [];
  return [
    {
      code: 'variables_missing',
      severity: 'refuse',
      message: `the Vercel project ${project.name} has no value for ${missing.join(', ')} in ${target}`,
      fix: `add ${missing.length === 1 ? 'it' : 'them'} under Project Settings > Environment Variables for ${target}, e.g. vercel env add ${missing[0]} ${target}`,
    },
  ];
}

/** A failure of Vercel or GitHub with a reason of ours is a finding; anything else is thrown. */
function asFinding(error: unknown): Finding {
  const { reasonCode, message } = error as { reasonCode?: unknown; message?: unknown };
  if (typeof reasonCode !== 'string' || typeof message !== 'string') throw error;
  return { code: reasonCode, severity: 'refuse', message };
}
