import type { GitHub } from '#github/client';
import type { Ledger } from './ledger.ts';
import { openLedger } from './ledger.ts';
import { ledgerTask, type ReleaseRecord, toReleaseRecord } from './release-record.ts';

/** Decision of a release whose job has ended while its watch goes on. */
export const watchContinues = 'watch-continues';

/** What a later run has to know of a window; times in milliseconds. */
export interface RecordedWindow {
  since: number;
  windowMs: number;
  intervalMs: number;
  /** As they were written; undefined where one of them did not fit into the record. */
  rules: string[] | undefined;
}

/** GitHub's limit is 140 characters for the whole status. */
const longestRule = 100;

/** Writes into the record what the later runs judge by (S5: a long fact takes several statuses). @throws GitHubError. */
export async function recordWindow(ledger: Ledger, window: RecordedWindow & { rules: string[] }): Promise<void> {
  for (const [index, rule] of window.rules.entries())
    await ledger.record(
      'watch-rule',
      'intent',
      `${index + 1}/${window.rules.length}`,
      rule.length > longestRule ? '' : rule,
    );
  const { since, windowMs, intervalMs } = window;
  await ledger.record('watch-window', 'intent', String(since), `${windowMs} ${intervalMs}`);
}

/** The window of a release whose watch goes on; undefined where the record does not tell. Pure. */
export function readWindow({ facts }: Pick<ReleaseRecord, 'facts'>): RecordedWindow | undefined {
  const window = facts.findLast(({ step, kind }) => step === 'watch-window' && kind === 'intent');
  const [windowMs = 0, intervalMs = 0] = (window?.text ?? '').split(' ').map(Number);
  const since = Number(window?.word);
  if (!(since > 0 && windowMs > 0 && intervalMs > 0)) return undefined;
  const written = new Map<string, string>();
  for (const { step, word, text } of facts) if (step === 'watch-rule') written.set(word, text);
  const count = Number([...written.keys()].at(-1)?.split('/')[1] ?? 0);
  const rules = Array.from({ length: count }, (_, index) => written.get(`${index + 1}/${count}`) ?? '');
  return { since, windowMs, intervalMs, rules: count > 0 && rules.every((rule) => rule !== '') ? rules : undefined };
}

/** The release whose watch goes on, and older ones whose watch ended because another one took their place. */
export interface OpenWatches {
  current: ReleaseRecord | undefined;
  overtaken: { release: ReleaseRecord; by: string }[];
}

/** Entries that are looked at; of a release that is older than these nobody waits for a verdict any more. */
const recentEntries = 30;

/**
 * Looks for watches that go on, newest entry first, and stops at the first release that has its end: where nothing is open,
 * one listing and one request for statuses are all. @throws GitHubError.
 */
export async function readOpenWatches(github: GitHub, environment: string): Promise<OpenWatches> {
  const listed = await github.listDeployments({ environment, task: ledgerTask, perPage: recentEntries });
  const open: OpenWatches = { current: undefined, overtaken: [] };
  let newest: ReleaseRecord | undefined;
  for (const deployment of listed.toSorted((a, b) => b.id - a.id)) {
    const release = toReleaseRecord(deployment, await github.listStatuses(deployment.id));
    // What did not reach production leaves the watch of what is there as it is.
    if (release === undefined || release.promotion !== 'promoted') continue;
    // One that was taken back leaves open what the one before it is waiting for.
    if (release.decision !== undefined && release.decision !== watchContinues && !release.rolledBack) break;
    if (newest !== undefined && release.decision === watchContinues)
      open.overtaken.push({ release, by: newest.version });
    else if (newest === undefined && release.decision === watchContinues) open.current = release;
    newest ??= release;
  }
  return open;
}

const overtakenBy = 'overtaken by ';

/** True where another release took the place of this one before there was a verdict on it. Pure. */
export function wasOvertaken({ decision, reason }: Pick<ReleaseRecord, 'decision' | 'reason'>): boolean {
  return decision === 'held' && reason?.startsWith(overtakenBy) === true;
}

/**
 * Closes the watch of a release that another one took the place of: live until then and never judged. Where releases always
 * follow each other faster than the window, such a one is the only way back there is. @throws GitHubError.
 */
export async function closeOvertaken(github: GitHub, release: Pick<ReleaseRecord, 'id'>, by: string): Promise<void> {
  await close(github, release, { decision: 'held', why: `${overtakenBy}${by}` });
}

/** Closes the watch of a release that something else ended; it has no verdict and never gets one. @throws GitHubError. */
export async function closeSuperseded(github: GitHub, release: Pick<ReleaseRecord, 'id'>, why: string): Promise<void> {
  await close(github, release, { decision: 'superseded', why });
}

async function close(
  github: GitHub,
  { id }: Pick<ReleaseRecord, 'id'>,
  { decision, why }: { decision: 'held' | 'superseded'; why: string },
): Promise<void> {
  await openLedger(github, { ledgerId: id }).record('release', 'outcome', decision, why, { state: 'inactive' });
}
