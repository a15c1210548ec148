import { missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { continueWindow } from '#observe/continue-watch';
import { OwnRequests } from '#observe/own-requests';
import { createSources } from '#observe/sources/sources-of-apps';
import { takeBackWithinMs } from '#release/decide-reconcile';
import { handleOfRecord } from '#release/handle-of-record';
import { describeLock, readOpenLocks } from '#release/lock';
import { readServed } from '#release/move-domains';
import { openApps } from '#release/open-apps';
import { formatReleaseHandle, type ReleaseHandle } from '#release/release-handle';
import type { ReleaseRecord } from '#release/release-record';
import { closeOvertaken, closeSuperseded, readOpenWatches, readWindow } from '#release/watch-record';
import { addressOf } from '#vercel/deployment-address';
import type { VercelConnection } from '#vercel/project';
import { decideAction } from './decide-action.ts';
import { describeWatch } from './describe-watch.ts';
import { type Given, planWatch } from './plan-watch.ts';
import { openGitHub } from './services.ts';
import { vendorParts } from './vendor-parts.ts';
import { watchedApps } from './watched-apps.ts';

/** Twice what `reconcile` takes back within, because GitHub may start an hourly run an hour late. */
const tooLateMs = 2 * takeBackWithinMs;

/**
 * Goes on with the watch that an earlier run handed off, from its record: judges what is known by now and ends. Asks GitHub twice
 * where nothing is open. Moves nothing: the steps that follow get the handle of the release. @throws InputError, GitHubError,
 * VercelError: then the next run tries again.
 */
export async function continueRelease(runner: Runner, given: Given, settings: EnvironmentSettings): Promise<Result> {
  const { github, connection } = await needed(runner, given, settings);
  const { environment } = settings;
  const { current, overtaken } = await readOpenWatches(github, environment);
  const closed: string[] = [];
  for (const { release, by } of overtaken) {
    await closeOvertaken(github, release, by);
    closed.push(`The watch of ${release.version} is closed: ${by} took its place.`);
  }
  if (current === undefined) return nothingOpen(environment, closed);
  const { context } = runner;
  const { repository, runId, runUrl } = context;
  const recorded = handleOfRecord(current, { settings, repository });
  const served = await readServed(await openApps({ connection, settings, github }), recorded);
  const [host] = served.hosts;
  const handle: ReleaseHandle = {
    ...recorded,
    // The checks after a way back need it where ops.yml names none.
    url: recorded.url === '' && host !== undefined ? addressOf(host, connection.apiUrl) : recorded.url,
    runId,
    ...(runUrl === '' ? {} : { runUrl }),
  };
  const other = await whoElse(github, { handle, release: current, runId, served });
  if (other.over !== undefined) {
    await closeSuperseded(github, current, other.over);
    return nothingOpen(environment, [...closed, `The watch of ${current.version} is closed: ${other.over}`]);
  }
  const outputs = outputsOf(handle, current);
  if (other.wayBack === 'running') {
    const summary = `${current.version} is being taken back by another run; nothing to do here.`;
    return { decision: 'nothing-open', reasonCode: 'being_taken_back', summary, failed: false };
  }
  if (other.wayBack === 'unfinished') {
    const summary = `An earlier run has begun to take ${current.version} back and did not finish: ${other.reason}`;
    return {
      decision: 'would-roll-back',
      reasonCode: 'unfinished_rollback',
      summary,
      failed: true,
      outputs: { ...outputs, 'promote-outcome': 'skipped' },
    };
  }
  const result = await judgeWindow(runner, given, settings, { github, connection, current, handle });
  return { ...result, outputs: { ...result.outputs, ...outputs, 'promote-outcome': 'success' } };
}

async function needed(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): Promise<{ github: GitHub; connection: VercelConnection }> {
  const github = await openGitHub(runner, given.githubToken);
  const connection = vercelConnection(runner, given, settings);
  const problems: InputError['problems'] = connection ? [] : missingForVercel(given, settings);
  if (!github)
    problems.push({ name: 'github-token', message: 'is needed with continue: the record of the release is read' });
  if (settings.environment === '') problems.push({ name: 'environment', message: 'is needed with continue' });
  if (!github || !connection || problems.length > 0) throw new InputError(problems);
  return { github, connection };
}

/** What ends or takes over a watch: another lock, another deployment that is served, a way back that was begun (S1). */
async function whoElse(
  github: GitHub,
  about: {
    handle: ReleaseHandle;
    release: ReleaseRecord;
    runId: number;
    served: Awaited<ReturnType<typeof readServed>>;
  },
): Promise<{ over?: string; wayBack?: 'running' | 'unfinished'; reason?: string }> {
  const { handle, release, runId, served } = about;
  const locks = (await readOpenLocks(github, handle.environment)).filter((lock) => lock.target !== undefined);
  const own = locks.find((lock) => lock.key === handle.key);
  if (own) {
    const live = own.runId !== undefined && own.runId !== runId && (await isRunning(github, own.runId));
    return { wayBack: live ? 'running' : 'unfinished', reason: own.reason };
  }
  const last = locks.at(-1);
  if (last && last.createdAt > (release.promotedAt ?? 0)) return { over: describeLock(last) };
  if (served.mixed || served.deploymentId === release.deploymentId) return {};
  return { over: `${handle.environment} serves ${served.deploymentId ?? 'nothing of this project'} now.` };
}

async function isRunning(github: GitHub, runId: number): Promise<boolean> {
  const status = await github.runStatus(runId);
  return status !== undefined && status !== 'completed';
}

/** The record says which window and which rules; ops.yml where to ask and what a verdict leads to. */
async function judgeWindow(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  about: { github: GitHub; connection: VercelConnection; current: ReleaseRecord; handle: ReleaseHandle },
): Promise<Result> {
  const { clock, signal, logger } = runner;
  const { github, connection, current, handle } = about;
  const recorded = readWindow(current);
  const said: Given = {
    ...given,
    ...(recorded && { window: recorded.windowMs, interval: recorded.intervalMs }),
    ...(recorded?.rules && { rules: recorded.rules, threshold: undefined }),
  };
  const plan = planWatch(said, settings, handle.mode);
  for (const value of Object.values(plan.httpJson?.headers ?? {})) runner.mask(value);
  for (const note of plan.notes) logger.warning(note);
  const parts = {
    vercel: connection,
    deploymentId: current.deploymentId,
    httpJson: plan.httpJson,
    vendors: vendorParts(runner, given, settings, plan, current.commit),
    except: plan.except,
    rounds: [],
    own: new OwnRequests(),
    clock,
    signal,
  };
  const apps = await watchedApps(plan, { settings, connection, github, deploymentId: current.deploymentId });
  const [source, ...others] = await createSources(plan, parts, apps);
  if (!source) throw new TypeError('a plan without a source');
  const since = recorded?.since ?? current.promotedAt ?? current.openedAt;
  const outcome = await continueWindow({ ...plan, source, others, since, clock, signal, log: logger.info });
  const { dueAt, endedAt } = outcome;
  const late = { byMs: dueAt === undefined ? 0 : (endedAt - dueAt) * 1000, limitMs: tooLateMs };
  const decision = decideAction(outcome, plan, { act: false, failOn: given.failOn, late });
  return describeWatch(
    outcome,
    decision,
    { plan, deploymentId: current.deploymentId, rollbackTarget: current.rollbackTarget?.deploymentId },
    undefined,
  );
}

function outputsOf(handle: ReleaseHandle, release: ReleaseRecord): Record<string, string> {
  return {
    release: formatReleaseHandle(handle),
    'deployment-id': release.deploymentId ?? '',
    'rollback-target': handle.rollbackTarget?.deploymentId ?? '',
    'base-url': handle.url,
    'promoted-at': release.promotedAt === undefined ? '' : String(release.promotedAt / 1000),
  };
}

function nothingOpen(environment: string, closed: readonly string[]): Result {
  const summary = closed.length > 0 ? closed.join(' ') : `No watch goes on in ${environment}.`;
  const reasonCode = closed.length > 0 ? 'superseded' : 'nothing_open';
  return { decision: 'nothing-open', reasonCode, summary, failed: false };
}
