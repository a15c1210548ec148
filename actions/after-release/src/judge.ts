import { slackConnection } from '#action-kit/connections';
import { codeSpan, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { featureOf } from '#config/metric-rule';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { createSlack } from '#notify/slack';
import { slackText } from '#notify/slack-text';
import { describeLateness } from '#observe/lateness';
import { afterReleaseLedger, readAfterRelease } from '#release/after-release/after-release-record';
import {
  type AfterReleaseState,
  answersOfLooks,
  answersToRecord,
  isBad,
  judgeAfterRelease,
  looksWanted,
  newsOf,
  requirementsBehind,
} from '#release/after-release/judge-after-release';
import type { WindowState } from '#release/after-release/judge-window';
import type { LookedAt, Measured } from '#release/after-release/measured';
import { readFacts } from '#release/after-release/read-facts';
import { openLedger } from '#release/ledger';
import { type Given, look } from './look.ts';
import { parseMeasured, type Report } from './report.ts';

type MeasuredRelease = NonNullable<Measured['release']>;

/**
 * One scheduled run: takes what the sources said, looks once where a window waits for a look, records what is final, and tells
 * what is new; how it ends is written by the job of the sign-off, behind the issue that says so. The clock decides which windows are over, not when this run came. @throws InputError, GitHubError.
 */
export async function judge(runner: Runner, given: Given, github: GitHub): Promise<Result> {
  const settings = await loadSettings(runner, given);
  const { release, measured: counted, over } = parseMeasured(given.measured);
  const { afterRelease = {}, environment } = settings;
  const report: Report = {
    schemaVersion: 1,
    environment,
    measured: [],
    over,
    settings: afterRelease,
    unfinished: false,
  };
  if (release === undefined) {
    const summary = over.map(({ release: left, why }) => `The sign-off of ${left.version} is over: ${why}.`).join(' ');
    const outputs = over.length === 0 ? { report: '', open: 'false' } : handOn(report);
    return { decision: 'nothing-open', reasonCode: 'superseded', summary, failed: false, outputs };
  }
  const now = runner.clock.now();
  const { promotedAt } = release;
  const before = readAfterRelease({ facts: await readFacts(github, release.ledgerId) });
  const { planned } = judgeAfterRelease(afterRelease, { promotedAt, now, facts: before, measured: counted });
  const wanted = looksWanted(planned, { promotedAt, now, facts: before });
  const ledger = afterReleaseLedger(openLedger(github, release), before);
  const answers = await look(runner, given, settings, {
    github,
    wanted,
    commit: release.commit,
    promotedAt,
    facts: before,
    keepQueries: ledger.queriesBefore,
  });
  const measured = [...counted, ...answersOfLooks(planned, answers, { promotedAt, now, facts: before })];
  const state = judgeAfterRelease(afterRelease, { promotedAt, now, facts: before, measured });
  for (const answer of answersToRecord(state, { measured, facts: before })) await ledger.check(answer);
  const news = newsOf(state, now, before);
  // Told first: a run that dies in between tells it once more, as does the next one where Slack could not be reached.
  if (await tell(runner, given, settings, { release, news, now }))
    for (const window of news) await ledger.window(window.name, window.verdict, requirementsBehind(window));
  const { unfinished } = state;
  const { slack: _, ...lookedAt } = release;
  const hasScenario = settings.release.scenarios?.some(({ when }) => when === 'critical-feature-broken') === true;
  const told = { ...report, release: lookedAt, measured, unfinished };
  return describe(state, { release, news, now, report: told, hasScenario });
}

/** The report may be lost where GitHub finds a masked value in it; the word that there is one is not. */
function handOn(report: Report): Record<string, string> {
  return { report: JSON.stringify(report), open: 'true' };
}

/**
 * In the thread of the release, or in its channel where it has none; a failed delivery is a warning. True where people were told, or
 * where there is no Slack that could tell them.
 */
async function tell(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  { release, news, now }: { release: MeasuredRelease; news: readonly WindowState[]; now: number },
): Promise<boolean> {
  if (news.length === 0) return true;
  try {
    const connection = slackConnection(runner, given, settings);
    if (connection === undefined) return true;
    const text = news.map((window) => sentence(release, window, now)).join('\n');
    const slack = createSlack(connection);
    const { slack: thread } = release;
    const delivery = await (thread
      ? slack.replyInThread({ ...thread, text })
      : slack.postMessage({ text: slackText(text), blocks: [] }));
    if (!delivery.delivered) runner.logger.warning(`Slack was not told: ${delivery.message}`);
    return delivery.delivered;
  } catch (error) {
    runner.logger.warning(`Slack was not told: ${(error as Error).message}`);
    return false;
  }
}

/** With how late this run came, where it came late. */
function sentence({ version }: LookedAt, { name, verdict, until, reasons }: WindowState, now: number): string {
  const words = {
    pass: 'passed',
    fail: 'failed',
    open: 'is over and still open',
    'could-not-run': 'could not be judged',
  };
  const late = describeLateness(until, now);
  const why = [...reasons, ...(late === undefined ? [] : [late])];
  return `Window ${name} after ${version} ${words[verdict]}${why.length === 0 ? '' : `: ${why.join('; ')}`}`;
}

function missing({ signOff: { items } }: AfterReleaseState): string {
  return items.flatMap(({ name, verdict }) => (verdict === 'pass' ? [] : [name])).join(', ');
}

function brokenFeature({ checks }: WindowState): boolean {
  return checks.some(({ require, verdict }) => verdict === 'fail' && featureOf(require) !== undefined);
}

function describe(
  state: AfterReleaseState,
  given: {
    release: LookedAt;
    news: readonly WindowState[];
    now: number;
    report: Report;
    /** Whether ops.yml says what follows from a broken feature (ARB-06). */
    hasScenario: boolean;
  },
): Result {
  const { release, news, now, report } = given;
  const { windows, signOff, unfinished } = state;
  const bad = news.filter(({ verdict }) => isBad(verdict));
  const broken = bad.some(({ verdict }) => verdict === 'fail');
  const decision =
    signOff.state === 'complete'
      ? 'complete'
      : unfinished
        ? 'unfinished'
        : broken
          ? 'breach'
          : bad.length > 0
            ? 'overdue'
            : 'open';
  const passed = signOff.items.filter(({ verdict }) => verdict === 'pass').length;
  const told = news.map((window) => `${sentence(release, window, now)}.`).join(' ');
  const standing = `${release.version}: ${passed} of ${signOff.items.length} items are signed off`;
  const open = signOff.state === 'complete' || unfinished ? '' : `, open: ${missing(state)}`;
  const end = unfinished ? `; nothing more is looked at, open: ${missing(state)}` : open;
  const byScenario =
    given.hasScenario && bad.some(brokenFeature)
      ? ' (rollback.yml with the scenario critical-feature-broken of ops.yml)'
      : '';
  const nothingMoves = broken ? ` Nothing was moved: look, and roll back by hand${byScenario} where users suffer.` : '';
  return {
    decision,
    reasonCode: broken ? 'window_failed' : bad.length > 0 ? 'window_overdue' : decision,
    summary: `${told}${told === '' ? '' : ' '}${standing}${end}.${nothingMoves}`,
    failed: unfinished || bad.length > 0,
    details: { version: release.version, promotedAt: release.promotedAt / 1000, windows, signOff },
    outputs: handOn(report),
    jobSummary: table(
      ['window', 'verdict', 'requirement', ''],
      windows.flatMap(({ name, verdict, checks }) =>
        checks.map(({ require, verdict: own, value }) => [
          codeSpan(`${name}: ${verdict}`),
          codeSpan(own),
          codeSpan(require),
          codeSpan(value),
        ]),
      ),
    ),
  };
}
