import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { GitHub } from '#github/client';
import { fileSignOff, findSignOff } from '#incident/file-sign-off';
import { renderReminder, type SignOffFacts } from '#incident/render-sign-off';
import {
  type AfterReleaseFacts,
  afterReleaseLedger,
  readAfterRelease,
} from '#release/after-release/after-release-record';
import { answersForEverybody } from '#release/after-release/answers-for-everybody';
import { type AfterReleaseState, judgeAfterRelease } from '#release/after-release/judge-after-release';
import type { LookedAt } from '#release/after-release/measured';
import { windowsToRemindOf } from '#release/after-release/plan-reminders';
import { planWindows } from '#release/after-release/plan-windows';
import { type Confirmations, namesToConfirm, readConfirmations } from '#release/after-release/read-confirmations';
import { readFacts } from '#release/after-release/read-facts';
import { openLedger } from '#release/ledger';
import type { Given } from './look.ts';
import { parseReport, type Report } from './report.ts';

const nobody: Confirmations = { counted: [], refused: [] };

/**
 * Collects what people confirmed, records that it was, judges once more and brings the deployment issue up to date; closes it
 * when everything is signed off, and writes into the record how it ended. Runs in a job of its own, with `issues: write` and no production secrets (S12).
 * @throws InputError, GitHubError.
 */
export async function signOff(runner: Runner, given: Given, github: GitHub): Promise<Result> {
  const report = forReaders(runner, parseReport(given.report));
  for (const { release, why } of report.over) await closeLeft(runner, github, { report, release, why });
  const { release } = report;
  if (release === undefined)
    return { decision: 'nothing-open', reasonCode: 'superseded', summary: 'No release is looked at.', failed: false };
  const now = runner.clock.now();
  const facts = await factsForReaders(runner, github, { report, release });
  const ledger = afterReleaseLedger(openLedger(github, release), facts);
  const judgeNow = (confirmed: ReadonlyMap<string, number>) =>
    judgeAfterRelease(report.settings, {
      ...report,
      promotedAt: release.promotedAt,
      now,
      facts: { ...facts, confirmed },
    });
  const before = judgeNow(facts.confirmed);
  const names = namesToConfirm(before.windows, before.signOff.items);
  const known = await findSignOff(github, release.key);
  const people = known === undefined ? nobody : await readPeople(github, known, names, report.settings.confirmedBy);
  const fresh = people.counted.filter(({ name }) => !facts.confirmed.has(name));
  for (const { name } of fresh) await ledger.confirmed(name);
  const state = judgeNow(new Map([...fresh.map(({ name, at }): [string, number] => [name, at]), ...facts.confirmed]));
  const complete = state.signOff.state === 'complete';
  const word = complete ? 'complete' : report.unfinished ? 'unfinished' : 'open';
  const issue = await fileSignOff(github, toFacts(runner, { report, release, state, people, word }));
  // Behind the issue: a job that dies in between finds it not ended, and does both again.
  if (word !== 'open' && facts.ended === undefined) await ledger.ended(word, `issue ${issue.number}`);
  for (const { name, until, waiting } of windowsToRemindOf(state.windows, now, facts.reminded)) {
    await github.comment(issue.number, renderReminder(name, until, waiting));
    await ledger.reminded(name);
  }
  const { items } = state.signOff;
  const done = items.filter(({ verdict }) => verdict === 'pass').length;
  return {
    decision: complete ? 'complete' : word,
    reasonCode: complete ? 'complete' : word,
    summary: `${release.version}: ${done} of ${items.length} items are signed off, see issue #${issue.number}`,
    failed: false,
    details: { issue: { number: issue.number, url: issue.url }, signOff: state.signOff, refused: people.refused },
  };
}

/** The issue of a public repository is read by everybody (S23). */
function forReaders({ context }: Runner, report: Report): Report {
  if (!isPublic(context.event)) return report;
  return { ...report, measured: answersForEverybody(planWindows(report.settings), report.measured) };
}

/** What earlier runs recorded, for the same readers. */
async function factsForReaders(
  { context }: Runner,
  github: GitHub,
  { report, release }: { report: Report; release: LookedAt },
): Promise<AfterReleaseFacts> {
  const facts = readAfterRelease({ facts: await readFacts(github, release.ledgerId) });
  if (!isPublic(context.event)) return facts;
  return { ...facts, checks: answersForEverybody(planWindows(report.settings), facts.checks) };
}

/** Who wrote what, and whether it counts: by the list of ops.yml, else by the role of its author (S22). */
async function readPeople(
  github: GitHub,
  issue: number,
  names: ReadonlyMap<string, number>,
  confirmedBy: readonly string[] | undefined,
): Promise<Confirmations> {
  const comments = await github.issueComments(issue);
  const listed = confirmedBy?.map((login) => login.toLowerCase());
  if (listed) return readConfirmations(comments, names, (login) => listed.includes(login.toLowerCase()));
  // Whose word is not asked for is not looked up.
  const authors = new Set(readConfirmations(comments, names, () => false).refused.map(({ by }) => by));
  const may = new Map<string, boolean>();
  for (const login of authors) may.set(login, ['admin', 'maintain'].includes(await github.roleOf(login)));
  return readConfirmations(comments, names, (login) => may.get(login) === true);
}

function toFacts(
  { context }: Runner,
  about: { report: Report; release: LookedAt; state: AfterReleaseState; people: Confirmations; word: string },
): SignOffFacts {
  const { report, release, state, people, word } = about;
  const { confirmedBy } = report.settings;
  const by = (name: string | undefined) => people.counted.find((each) => each.name === name)?.by;
  const names = namesToConfirm(
    state.windows.map(({ from, checks }) => ({ from, checks: checks.filter(({ verdict }) => verdict !== 'pass') })),
    state.signOff.items.filter(({ verdict }) => verdict !== 'pass'),
  );
  return {
    ...release,
    environment: report.environment,
    state: word,
    ...(word === 'unfinished' && { why: 'nobody answered for a week after the last window' }),
    items: state.signOff.items.map((item) => ({ ...item, by: by(item.confirm) })),
    windows: state.windows.map((window) => ({
      ...window,
      checks: window.checks.map((check) => ({ ...check, by: by(check.confirm) })),
    })),
    waiting: [...names.keys()],
    refused: people.refused,
    allowed: confirmedBy ? `counted are ${confirmedBy.join(', ')}` : 'counted are people who maintain this repository',
    runUrl: context.runUrl,
  };
}

/** A release whose place another one took: its issue, where there is one, says so and is closed, and then its record ends. */
async function closeLeft(
  runner: Runner,
  github: GitHub,
  { report, release, why }: { report: Report; release: LookedAt; why: string },
): Promise<void> {
  const facts = await factsForReaders(runner, github, { report, release });
  if ((await findSignOff(github, release.key)) !== undefined)
    await fileLeft(runner, github, { report, release, why, facts });
  await afterReleaseLedger(openLedger(github, release), facts).ended('superseded', why);
}

async function fileLeft(
  runner: Runner,
  github: GitHub,
  about: { report: Report; release: LookedAt; why: string; facts: AfterReleaseFacts },
): Promise<void> {
  const { report, release, why, facts } = about;
  const { promotedAt } = release;
  const state = judgeAfterRelease(report.settings, { promotedAt, now: runner.clock.now(), facts, measured: [] });
  const told = toFacts(runner, { report, release, state, people: nobody, word: 'superseded' });
  await fileSignOff(github, { ...told, why });
}
