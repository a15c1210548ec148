import type { RuleAction } from '#config/rules';
import type { Bucket, NoData } from './bucket.ts';
import { SEEN_SHARE } from './combine-sources.ts';
import { explain, type Judgement, measure } from './judge/judge.ts';
import type { RuleVerdict } from './judge/judge-rule.ts';
import type { ProbeState } from './probe-rounds.ts';
import { describeCollapse, findTrafficCollapse } from './traffic-collapse.ts';
import type { WatchedProject } from './watch-types.ts';

/** How a watch ends. Times in Unix seconds. */
export interface WatchConclusion {
  verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data';
  reasonCode: string;
  /** One line for people: value, limit, requests, bound. */
  summary: string;
  /** The rule that decided, as it was written. */
  rule?: string;
  /** What the broken rule does at most; absent: what the mode says. */
  action?: RuleAction;
  /** Of `limit`, `value` and `bound`. */
  unit?: RuleVerdict['unit'];
  limit?: number;
  value?: number;
  bound?: { lower: number; upper: number };
  /** End of the first bucket whose own rate is above the rule's limit. */
  breachAt?: number;
  detectedAt?: number;
  ruleVerdicts: RuleVerdict[];
  probes?: ProbeState;
  /** Why the source could not be read, the last time that it could not. */
  noData?: NoData;
}

/** Everything a conclusion rests on. */
export interface WatchFacts {
  /** The intervals that the source knows. */
  buckets: Bucket[];
  /** How many of them are from between the promotion and the watch; they do not make up for intervals of the window. Default 0. */
  early?: number;
  /** Milliseconds right after the promotion that the source did not see. */
  unseenMs?: number;
  /** The same source before the promotion; empty where it cannot look back. */
  baseline?: readonly Bucket[];
  /** Why it could not be read. */
  baselineFailed?: NoData | undefined;
  /** How many intervals the window has, and how many it has with an extension. */
  needed: number;
  planned: number;
  /** True when the source is our own checks. */
  probeOnly: boolean;
  judgement?: Judgement | undefined;
  probes?: ProbeState;
  noData?: NoData | undefined;
  /** Which of several sources was blind, and whose counts stand in; of a group what each project shows. */
  aside?: string | undefined;
  /** Of a group only: each project by its own counts, the first one first. */
  apps?: readonly WatchedProject[];
  /** True when only some of the sources say that the release is bad and the rule wants all to say so. */
  disagree?: boolean;
  superseded?: string | undefined;
  cancelled?: string | undefined;
}

/** True when the source left out too much of the window to trust what is there. */
export function isBlind({ buckets, early = 0, needed }: Pick<WatchFacts, 'buckets' | 'early' | 'needed'>): boolean {
  return buckets.length - early < needed * SEEN_SHARE;
}

/** Concludes a watch; before its end only a failure (or an end from outside) concludes it, so that a pass stays revocable. */
export function concludeWatch(facts: WatchFacts, final: boolean): WatchConclusion | undefined {
  const { judgement, probes, superseded, cancelled } = facts;
  if (superseded !== undefined) return conclude(facts, 'inconclusive', 'superseded', superseded);
  // A milder breach is told and waited with: a stronger one may follow. Cancelled before its end, nobody knows whether one would have.
  if (judgement?.verdict === 'fail' && (judgement.final || (final && cancelled === undefined)))
    return conclude(facts, 'fail', judgement.reasonCode, said(facts));
  if (probes?.failing && mayProbesDecide(facts)) {
    const { name, url, message } = probes.failing;
    const summary = `our own check ${name} (${url}) fails again and again: ${message}`;
    return conclude(facts, 'fail', 'probes_failing', summary);
  }
  if (cancelled !== undefined) {
    return conclude(
      facts,
      'inconclusive',
      'cancelled',
      `the watch was cancelled before its end; so far: ${said(facts)}`,
    );
  }
  if (!final) return undefined;
  if (facts.probeOnly) return concludeProbes(facts);
  if (isBlind(facts)) {
    const seen = `${facts.buckets.length - (facts.early ?? 0)} of ${facts.planned} intervals could be read`;
    const why = facts.noData ? `: ${facts.noData.message}` : '';
    const aside = facts.apps === undefined || facts.aside === undefined ? '' : ` (${facts.aside})`;
    const summary = `the source told too little, ${seen}${why}${aside}${aboutProbes(facts)}`;
    return conclude(facts, 'no-data', 'source_blind', summary);
  }
  if (!judgement) return undefined;
  if (facts.disagree && judgement.verdict === 'pass') {
    const summary = `the sources disagree: ${said(facts)}, and another source says that the rule is broken`;
    return conclude(facts, 'inconclusive', 'sources_disagree', summary);
  }
  // Few errors among the few requests that still arrive prove nothing.
  const collapse = findTrafficCollapse(facts.baseline ?? [], facts.buckets);
  if (collapse) {
    const aside = facts.aside === undefined ? '' : ` (${facts.aside})`;
    const summary = `${describeCollapse(collapse)}${aside}${aboutProbes(facts)}`;
    return conclude(facts, 'inconclusive', 'traffic_collapsed', summary);
  }
  return conclude(facts, judgement.verdict, judgement.reasonCode, `${said(facts)}${aboutProbes(facts)}`);
}

/**
 * Whether the wait may end: every rule passes already, nothing is missing, nothing contradicts. It says nothing of later windows and
 * closes none; a fault that begins afterwards is not seen by this watch. `elapsed`: intervals so far.
 */
export function concludeEarly(facts: WatchFacts, elapsed: number): WatchConclusion | undefined {
  const { judgement, probes, buckets, early = 0, needed, baseline } = facts;
  if (facts.probeOnly || facts.disagree || judgement?.verdict !== 'pass' || elapsed >= needed) return undefined;
  if (buckets.length - early < elapsed || (probes && probes.rounds > 0 && !probes.clean)) return undefined;
  if (findTrafficCollapse(baseline ?? [], buckets)) return undefined;
  const left = `ended after ${elapsed} of ${needed} intervals, as window-may-end-early allows; what begins later was not watched`;
  return conclude(facts, 'pass', 'passed_early', `${said(facts)}${aboutProbes(facts)}; ${left}`);
}

/** The window goes on, but nobody waits here: a later run judges all of it. `until` in Unix seconds. */
export function concludeOpen(facts: WatchFacts, until: number): WatchConclusion {
  const clock = new Date(until * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const blind = facts.noData ? `; the last read failed: ${facts.noData.message}` : '';
  const summary = `${said(facts)}${blind}${aboutProbes(facts)}; the watch goes on until ${clock} UTC in later runs`;
  return conclude(facts, 'inconclusive', 'window_open', summary);
}

/** Our own checks decide where the traffic of users says too little; otherwise they are reported only. */
function mayProbesDecide(facts: WatchFacts): boolean {
  const { probeOnly, judgement } = facts;
  return probeOnly || facts.buckets.length === 0 || judgement?.reasonCode === 'too_little_traffic';
}

function concludeProbes(facts: WatchFacts): WatchConclusion {
  const { probes } = facts;
  const rounds = probes?.rounds ?? 0;
  if (!probes || rounds < facts.needed / 2) {
    return conclude(
      facts,
      'no-data',
      'source_blind',
      `only ${rounds} of ${facts.planned} rounds of our own checks could run`,
    );
  }
  if (probes.clean) {
    const summary = `all ${rounds} rounds of our own checks passed; nothing is known about the requests of users`;
    return conclude(facts, 'pass', 'probes_clean', summary);
  }
  const summary = `${probes.failedRounds} of ${rounds} rounds of our own checks failed`;
  return conclude(facts, 'inconclusive', 'probes_flaky', summary);
}

function said({ judgement, buckets, baselineFailed, aside, unseenMs = 0 }: WatchFacts): string {
  const told = judgement ? explain(judgement.decisive, buckets) : 'nothing was measured yet';
  const warnings = (judgement?.warnings ?? []).map(
    ({ rule, value, unit }) => `; warning: ${measure(value, unit)} breaks "${rule}"`,
  );
  const unseen =
    unseenMs > 0 ? `; the first ${Math.round(unseenMs / 1000)} s after the promotion were not counted` : '';
  const waiting = judgement?.rules.filter(({ reasonCode }) => reasonCode === 'baseline_unread').length ?? 0;
  const rules = waiting === 1 ? 'one rule' : `${waiting} rules`;
  const unread =
    waiting > 0
      ? `; the time before could not be read, so ${rules} could not be judged: ${baselineFailed?.message ?? 'no answer'}`
      : '';
  const sentence = `${told}${warnings.join('')}${unread}${unseen}`;
  return aside === undefined ? sentence : `${sentence} (${aside})`;
}

function aboutProbes({ probes }: WatchFacts): string {
  if (!probes || probes.rounds === 0) return '';
  if (probes.clean) return `; all ${probes.rounds} rounds of our own checks passed`;
  return `; ${probes.failedRounds} of ${probes.rounds} rounds of our own checks failed`;
}

function conclude(
  facts: WatchFacts,
  verdict: WatchConclusion['verdict'],
  reasonCode: string,
  summary: string,
): WatchConclusion {
  const { judgement, probes, noData } = facts;
  const { rule, unit, limit, value, bound, breachAt } = judgement?.decisive ?? {};
  return {
    verdict,
    reasonCode,
    summary,
    ...(rule !== undefined && { rule }),
    ...(verdict === 'fail' && judgement?.action && { action: judgement.action }),
    ...(unit !== undefined && { unit }),
    ...(limit !== undefined && { limit }),
    ...(value !== undefined && { value }),
    ...(bound !== undefined && { bound }),
    ...(breachAt !== undefined && verdict === 'fail' && { breachAt }),
    ruleVerdicts: judgement?.rules ?? [],
    ...(probes && { probes }),
    ...(noData && { noData }),
  };
}
