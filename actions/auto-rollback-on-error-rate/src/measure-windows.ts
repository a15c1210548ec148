import { missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { parseRule } from '#config/rules';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { OwnRequests } from '#observe/own-requests';
import type { ObservationSource } from '#observe/source';
import { createSources } from '#observe/sources/sources-of-apps';
import { findCheck, readAfterRelease } from '#release/after-release/after-release-record';
import { isCounted, rulesOf } from '#release/after-release/classify-requirement';
import { findAfterRelease } from '#release/after-release/find-after-release';
import type { Measurement } from '#release/after-release/judge-window';
import { looksDue } from '#release/after-release/looks-due';
import type { LookedAt, Measured } from '#release/after-release/measured';
import { lookOf, type PlannedWindow, planWindows } from '#release/after-release/plan-windows';
import { handleOfRecord } from '#release/handle-of-record';
import { readServed } from '#release/move-domains';
import { openApps } from '#release/open-apps';
import type { ReleaseRecord } from '#release/release-record';
import { addressOf } from '#vercel/deployment-address';
import type { VercelConnection } from '#vercel/project';
import { measureProjects } from './measure-projects.ts';
import { type Given, planWatch, type WatchPlan } from './plan-watch.ts';
import { openGitHub } from './services.ts';
import { vendorParts } from './vendor-parts.ts';
import { watchedApps } from './watched-apps.ts';

const minuteMs = 60_000;
/** As many intervals as a watch of half an hour has: a source is asked for each. */
const intervalsOfWindow = 60;
/** A shorter time before would say nothing of what is normal. */
const intervalsBefore = 10;
/** After this time no further window is begun; one read takes five minutes at most. */
const longestMs = 5 * minuteMs;
/** A rule that nothing breaks, where a window asks for traffic only: counts are read by rules. */
const readsCounts = 'error-rate above 99%: notify';

/**
 * Adds to the result of a scheduled run what the sources say about the windows after the newest release, and which looks are due.
 * Moves and records nothing. A release that must be taken back first has no windows. A verdict is never lost for them: where they
 * cannot be read beside one, that is a warning, and the next run reads them. @throws GitHubError, VercelError where there is none.
 */
export async function withWindows(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  result: Result,
): Promise<Result> {
  try {
    return await readWindows(runner, given, settings, result);
  } catch (error) {
    if (result.decision === 'nothing-open') throw error;
    const why = cleanText((error as Error).message, 300);
    runner.logger.warning(`The windows after the release could not be read, the next run asks again: ${why}`);
    return result;
  }
}

async function readWindows(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  result: Result,
): Promise<Result> {
  const { afterRelease, environment } = settings;
  if (afterRelease === undefined || result.failed) return result;
  const github = await openGitHub(runner, given.githubToken);
  const connection = vercelConnection(runner, given, settings);
  if (!github || !connection) throw new InputError(missingForVercel(given, settings));
  const { current, left } = await findAfterRelease(github, environment);
  const over = left.map(({ release, why }) => ({ release: lookedAt(release), why }));
  const facts = current && readAfterRelease(current);
  if (current === undefined || facts === undefined || facts.ended !== undefined)
    return over.length === 0 ? result : handOver(result, { measured: [], over });
  const handle = handleOfRecord(current, { settings, repository: runner.context.repository });
  const served = await readServed(await openApps({ connection, settings, github }), handle);
  if (!served.mixed && served.deploymentId !== current.deploymentId) {
    const why = `${environment} serves ${served.deploymentId ?? 'nothing of this project'} now`;
    over.push({ release: lookedAt(current), why });
    return handOver(result, { measured: [], over });
  }
  const now = runner.clock.now();
  const promotedAt = current.promotedAt ?? current.openedAt;
  const open = planWindows(afterRelease)
    .filter(({ from }) => now >= promotedAt + from)
    .map((window) => ({
      ...window,
      require: window.require.filter(({ text }) => findCheck(facts, window.name, text) === undefined),
    }));
  const measured = await measure(runner, given, settings, { github, connection, current, promotedAt, windows: open });
  const asked = open.flatMap(({ require }) => require.flatMap(({ requirement }) => requirement));
  const due = looksDue(
    asked.flatMap((requirement) => lookOf(requirement) ?? []),
    settings.smoke,
  );
  const [host = ''] = served.hosts;
  return handOver(
    result,
    { release: { ...lookedAt(current), ...(current.slack && { slack: current.slack }) }, measured, over },
    {
      due: due.kinds.join(' '),
      'due-features': due.features.join('\n'),
      'base-url': settings.url ?? (host === '' ? '' : addressOf(host, connection.apiUrl)),
    },
  );
}

function handOver(result: Result, measured: Measured, outputs: Record<string, string> = {}): Result {
  return { ...result, outputs: { ...outputs, 'after-release': JSON.stringify(measured), ...result.outputs } };
}

function lookedAt({ id, key, version, commit, promotedAt, openedAt }: ReleaseRecord): LookedAt {
  return { ledgerId: id, key, version, commit, promotedAt: promotedAt ?? openedAt };
}

interface MeasuredRelease {
  github: GitHub;
  connection: VercelConnection;
  current: ReleaseRecord;
  promotedAt: number;
  windows: readonly PlannedWindow[];
}

async function measure(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  about: MeasuredRelease,
): Promise<Measurement[]> {
  const counted = about.windows.filter(({ require }) => require.some(({ requirement }) => isCounted(requirement)));
  if (counted.length === 0) return [];
  try {
    const { rules: _, ...watch } = settings.watch;
    const plan = planWatch({ ...given, rules: undefined, threshold: undefined }, { ...settings, watch });
    const found: Measurement[] = [];
    const until = runner.clock.now() + longestMs;
    for (const window of counted) {
      // The next run asks again; what is final is not asked for twice.
      if (runner.clock.now() > until)
        found.push(...unanswered(window, 'open', 'the sources answered too slowly', until));
      else found.push(...(await measureWindow(runner, given, settings, plan, window, about)));
    }
    return found;
  } catch (error) {
    // A secret that is missing, an address that may not be used: named in each requirement.
    if (!(error instanceof InputError)) throw error;
    const value = cleanText(error.message, 300);
    runner.logger.warning(`The windows after the release cannot be measured: ${value}`);
    return counted.flatMap((window) => unanswered(window, 'could-not-run', value, runner.clock.now()));
  }
}

async function measureWindow(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  plan: WatchPlan,
  window: PlannedWindow,
  { github, connection, current, promotedAt }: Omit<MeasuredRelease, 'windows'>,
): Promise<Measurement[]> {
  const { clock, signal, logger } = runner;
  const texts = new Set(window.require.flatMap(({ requirement }) => rulesOf(requirement)));
  const rules = [...(texts.size > 0 ? texts : [readsCounts])].map(parseRule);
  const parts = {
    vercel: connection,
    deploymentId: current.deploymentId,
    httpJson: plan.httpJson,
    vendors: vendorParts(runner, given, settings, { ...plan, rules }, current.commit),
    except: plan.except,
    rounds: [],
    own: new OwnRequests(),
    clock,
    signal,
  };
  const apps = await watchedApps(plan, { settings, connection, github, deploymentId: current.deploymentId });
  const sources: ObservationSource[] = await createSources({ ...plan, rules }, parts, apps);
  if (!sources.some(({ looksBack }) => looksBack)) {
    const value = `no source of watch.source can tell about the past (${plan.sources.join(', ')})`;
    return unanswered(window, 'needs-confirmation', value, clock.now());
  }
  const windowMs = window.until - window.from;
  const intervalMs = Math.max(plan.intervalMs, minuteMs * Math.floor(windowMs / intervalsOfWindow / minuteMs));
  return await measureProjects(
    window,
    { sources, rules },
    {
      ...plan,
      // What one requirement says ends nothing: the others are about the whole window, too.
      toTheEnd: true,
      windowMs,
      intervalMs: Math.min(intervalMs, windowMs),
      since: promotedAt + window.from,
      baselineUntil: promotedAt,
      baselineMs: Math.max(plan.baselineMs, intervalsBefore * intervalMs),
      clock,
      signal,
      log: logger.info,
    },
  );
}

function unanswered(window: PlannedWindow, verdict: Measurement['verdict'], value: string, at: number): Measurement[] {
  return window.require.flatMap(({ text, requirement }) =>
    isCounted(requirement) ? [{ window: window.name, require: text, verdict, value, at }] : [],
  );
}
