import type { Ledger } from '../ledger.ts';
import { stateOfDecision } from '../ledger-state.ts';
import type { LedgerFact } from '../release-record.ts';
import type { QueriesBefore } from './judge-query-time.ts';

export type WindowVerdict = 'pass' | 'fail' | 'open' | 'could-not-run';

/** A requirement that has its answer; `at` in milliseconds by GitHub's clock. */
export interface CheckFact {
  window: string;
  require: string;
  verdict: 'pass' | 'fail';
  value: string;
  at: number;
}

/** How the time after a release ended. */
export type AfterReleaseEnd = 'complete' | 'superseded' | 'unfinished';

/** What the ledger holds of the time after a release. */
export interface AfterReleaseFacts {
  checks: CheckFact[];
  /** Verdicts that people were told, the newest of each window. */
  told: ReadonlyMap<string, WindowVerdict>;
  /** Confirmations that counted, without who gave them: everybody with read access sees the ledger (S5). */
  confirmed: ReadonlyMap<string, number>;
  /** Windows of which people were reminded. */
  reminded: ReadonlySet<string>;
  /** What all queries took until the first look at the database. */
  queriesBefore?: QueriesBefore;
  ended?: { how: AfterReleaseEnd; at: number };
  /** How the release itself ended; absent while it goes on. */
  decision?: string | undefined;
}

/** A status holds 140 characters: the beginning of a requirement tells it apart. */
const keyLength = 50;
const short = (require: string): string => require.slice(0, keyLength);

/** Reads what earlier runs recorded. Pure. */
export function readAfterRelease({ facts }: { facts: readonly LedgerFact[] }): AfterReleaseFacts {
  const checks = new Map<string, CheckFact>();
  const told = new Map<string, WindowVerdict>();
  const confirmed = new Map<string, number>();
  const reminded = new Set<string>();
  let ended: AfterReleaseFacts['ended'];
  let decision: string | undefined;
  let queriesBefore: QueriesBefore | undefined;
  for (const { step, kind, word, text, at } of facts) {
    if (step === 'release') decision = kind === 'outcome' ? word : undefined;
    if (step === 'after-check' && (word === 'pass' || word === 'fail')) {
      const [window = '', require = '', ...value] = text.split('|');
      checks.set(`${window}|${require}`, { window, require, verdict: word, value: value.join('|'), at });
    }
    if (step === 'after-window') told.set(text.split(' ')[0] ?? '', word as WindowVerdict);
    // The first one: a later comment changes nothing.
    if (step === 'confirmed' && !confirmed.has(word)) confirmed.set(word, at);
    if (step === 'reminded') reminded.add(word);
    // The first one: a later look would take the release itself for the time before.
    if (step === 'queries' && word === 'before') queriesBefore ??= queriesOf(text, at);
    if (step === 'sign-off') ended = { how: word as AfterReleaseEnd, at };
  }
  const known = { ...(queriesBefore && { queriesBefore }), ...(ended && { ended }) };
  return { checks: [...checks.values()], told, confirmed, reminded, decision, ...known };
}

function queriesOf(text: string, at: number): QueriesBefore | undefined {
  const [, calls, totalMs] = /^(\d+) in (\d+) ms$/.exec(text) ?? [];
  return calls === undefined ? undefined : { calls: Number(calls), totalMs: Number(totalMs), at };
}

/** The recorded answer to a requirement of a window. Pure. */
export function findCheck(facts: AfterReleaseFacts, window: string, require: string): CheckFact | undefined {
  return facts.checks.find((check) => check.window === window && check.require === short(require));
}

/** Appends facts, in the state that the entry has: a release that is over is not opened again. Every method throws GitHubError. */
export function afterReleaseLedger(ledger: Ledger, { decision }: Pick<AfterReleaseFacts, 'decision'>) {
  const state = stateOfDecision(decision);
  const append = (step: string, word: string, text = '') => ledger.record(step, 'outcome', word, text, { state });
  return {
    check: ({ window, require, verdict, value }: Omit<CheckFact, 'at'>) =>
      append('after-check', verdict, `${window}|${short(require)}|${value.replaceAll('|', '/')}`),
    window: (name: string, verdict: WindowVerdict, why: string) => append('after-window', verdict, `${name} ${why}`),
    confirmed: (name: string) => append('confirmed', name),
    reminded: (window: string) => append('reminded', window),
    /** Two sums of the whole database, from which later runs tell the mean: nothing of single queries, tables or rows (S5). */
    queriesBefore: ({ calls, totalMs }: Pick<QueriesBefore, 'calls' | 'totalMs'>) =>
      append('queries', 'before', `${Math.round(calls)} in ${Math.round(totalMs)} ms`),
    ended: (how: AfterReleaseEnd, why: string) => append('sign-off', how, why),
  };
}
