import type { Finding } from './decide-preflight.ts';
import { type ReleaseMode, releaseModes } from './release-handle.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

/** What a milder mode left undone: recorded, so that people can judge the rules before they let them act (ARB-09). */
export interface WouldHaveBeen {
  version: string;
  environment: string;
  /** Mode of the release then. */
  mode: string;
  /** Rule, value and requests, one sentence. */
  reason: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Step of the fact; its word is the mode, its text what the watch saw. */
export const wouldHaveBeenStep = 'would-have-been';

/** What the watch of a release said that would have taken it back; empty where it said nothing. Pure. */
export function reasonOfVerdict(facts: readonly LedgerFact[]): string {
  return facts.findLast(({ step }) => step === wouldHaveBeenStep)?.text ?? '';
}

/**
 * What was seen of a stage of its rolling release that was bad, or that nobody saw, since the release was last taken back; undefined
 * where there was none. Pure.
 */
export function badStageOf(facts: readonly LedgerFact[]): string | undefined {
  const back = facts.findLastIndex(({ step }) => step === 'rollback');
  const bad = facts
    .slice(back + 1)
    .findLast(({ step, kind, word }) => step === 'stage' && kind === 'outcome' && ['fail', 'no-data'].includes(word));
  return bad?.text;
}

/** The recorded ones of some releases, newest first as they are. Pure. */
export function wouldHaveBeens(releases: readonly ReleaseRecord[]): WouldHaveBeen[] {
  return releases.flatMap(({ version, environment, facts }) =>
    facts
      .filter(({ step, kind }) => step === wouldHaveBeenStep && kind === 'outcome')
      .map(({ word, text, at }) => ({ version, environment, mode: word, reason: text, at })),
  );
}

/** One line for people. Pure. */
export function describeWouldHaveBeen({ version, mode, reason, at }: WouldHaveBeen): string {
  const milder = mode === 'rule' ? 'a rule that leaves it to people' : `mode ${mode}`;
  return `${version} on ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC (${milder}): ${reason}`;
}

const shown = 5;

/** Where the mode does more than it did for the release before: what it would have done already. `releases` newest first. Pure. */
export function raisedModeFindings(mode: ReleaseMode, releases: readonly ReleaseRecord[]): Finding[] {
  const before = releases.find(({ promotion }) => promotion !== 'none');
  const rank = (one: ReleaseMode) => releaseModes.indexOf(one);
  if (before === undefined || rank(mode) <= rank(before.mode)) return [];
  const all = wouldHaveBeens(releases);
  const count = releases.length === 1 ? 'the one recorded release' : `${releases.length} recorded releases`;
  const more = all.length > shown ? `; and ${all.length - shown} more` : '';
  const told =
    all.length === 0
      ? `of ${count} none would have been rolled back`
      : `it would have rolled back: ${all.slice(0, shown).map(describeWouldHaveBeen).join('; ')}${more}`;
  return [
    { code: 'mode_raised', severity: 'notice', message: `watch.mode goes from ${before.mode} to ${mode}; ${told}` },
  ];
}
