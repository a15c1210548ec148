import type { OutcomeFacts, ReleaseOutcome } from './decide-release-outcome.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

/** What people have to mend a release whose breach was left to them, and what follows when they did not (ARB-07). */
export interface FixForward {
  /** Milliseconds since the epoch. */
  until: number;
  /** What follows. `propose`: people are told again and decide; `rollback`: it goes back. */
  after: 'propose' | 'rollback';
}

/** Step of the fact that opens the time to mend, and of the one that ends it. */
export const fixForwardStep = 'fix-forward';

/** The text of the fact; its word is what follows. */
export function formatFixForward({ until }: FixForward): string {
  return `until ${Math.round(until / 1000)}`;
}

/** The time to mend that runs, or is over and nobody acted on; undefined where none was given. Pure. */
export function openFixForward(facts: readonly LedgerFact[]): FixForward | undefined {
  const last = facts.findLast(({ step }) => step === fixForwardStep);
  const until = /^until (\d+)$/.exec(last?.text ?? '')?.[1];
  if (last?.kind !== 'intent' || until === undefined) return undefined;
  return { until: Number(until) * 1000, after: last.word === 'rollback' ? 'rollback' : 'propose' };
}

/** True where the time to mend a release is over and it was not replaced by a newer one: nobody mended it. Pure. */
export function isOverdue(release: Pick<ReleaseRecord, 'decision' | 'facts'>, now: number): boolean {
  const open = release.decision === 'would-roll-back' ? openFixForward(release.facts) : undefined;
  return open !== undefined && now >= open.until;
}

/**
 * The time to mend that starts where a release ends live with a breach that its rule or its mode leaves to people. Not where a
 * reviewer declined the rollback: nobody is overruled by a clock. Pure.
 */
export function startFixForward(
  { decision, reasonCode }: Pick<ReleaseOutcome, 'decision' | 'reasonCode'>,
  { mode, watch }: Pick<OutcomeFacts, 'mode' | 'watch'>,
  given: { limitMs: number | undefined; after: FixForward['after'] | undefined; now: number },
): FixForward | undefined {
  const { limitMs, after = 'propose', now } = given;
  if (limitMs === undefined || decision !== 'would-roll-back' || mode === 'observe') return undefined;
  if (!['breach', 'would-roll-back'].includes(watch.decision) || reasonCode === 'declined') return undefined;
  return { until: now + limitMs, after };
}

/** One sentence for people. Pure. */
export function describeFixForward({ until, after }: FixForward): string {
  const act = after === 'rollback' ? 'it is rolled back' : 'its rollback is proposed again';
  return `A newer release may mend it until ${timeOf(until)} (rollback.fix-forward-limit), then ${act}`;
}

/** `2026-01-24 14:05 UTC`. */
export function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
