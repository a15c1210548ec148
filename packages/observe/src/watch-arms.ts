import type { ErrorRateRule, Rule, RuleAction } from '#config/rules';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { type Bucket, isNoData, totalOf } from './bucket.ts';
import { percent } from './judge/judge.ts';
import { judgeTwoArms, type TwoArmsVerdict } from './judge/judge-two-arms.ts';
import { askSource, type ObservationSource } from './source.ts';
import { alignedStart } from './watch-times.ts';

/** One stage of a rolling release: both deployments serve at the same time. Times in milliseconds. */
export interface ArmsWatch {
  /** What each of the two deployments served, and nothing else. */
  stable: ObservationSource;
  canary: ObservationSource;
  rules: readonly Rule[];
  windowMs: number;
  intervalMs: number;
  minRequests: number;
  /** Who took over, if somebody did; asked once per interval. */
  superseded: () => Promise<string | undefined>;
  clock: Clock;
  signal: AbortSignal;
  log: (line: string) => void;
}

export interface ArmsOutcome {
  verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data' | 'superseded';
  reasonCode: string;
  /** One line for people: both rates and their requests. */
  summary: string;
  stable: { requests: number; errors: number };
  canary: { requests: number; errors: number };
  /** Of a failure, what the broken rule does at most; absent: what the mode says. */
  action?: RuleAction;
}

// As of a watch: of a stage of which more than a quarter was not seen, nobody can say that it was good.
const SEEN_SHARE = 0.75;

/**
 * Watches one stage with the two-arm judge until a rule fails, somebody takes over, or the window is over. Rules that only warn, and
 * those that are not about the error rate, are left to the watch that follows. Throws the abort reason of the signal.
 */
export async function watchArms(watch: ArmsWatch): Promise<ArmsOutcome> {
  const { stable, canary, clock, signal, log } = watch;
  const { granularityMs, name, readAfterMs, settledAfterMs = 0 } = canary;
  const intervalMs = Math.max(watch.intervalMs, granularityMs);
  if (intervalMs > watch.intervalMs) log(`The source ${name} counts per ${intervalMs / 1000} s: that is the interval`);
  const planned = Math.max(1, Math.ceil(watch.windowMs / intervalMs - 1e-6));
  const arms: Arms = { stable: [], canary: [] };
  try {
    const limits = { signal, clock, deadlineMs: 10_000 };
    await Promise.all([stable, canary].map((source) => askSource(async () => await source.open(), limits)));
    const startedAt = alignedStart(clock.now(), granularityMs);
    for (let index = 0; index < planned; index += 1) {
      const end = startedAt + (index + 1) * intervalMs;
      // Late counts of an interval are read with the next one; after the last one they are waited for.
      const delay = Math.max(...readAfterMs, index + 1 === planned ? settledAfterMs : 0);
      await clock.sleep(end + delay - clock.now(), signal);
      const who = await watch.superseded().catch(() => undefined);
      if (who !== undefined) return ended(arms, 'superseded', 'superseded', who);
      for (const arm of ['stable', 'canary'] as const) {
        const answer = await askSource(() => watch[arm].read(startedAt, end, intervalMs), limits);
        if (!isNoData(answer)) arms[arm] = answer;
        arms.why = isNoData(answer) ? cleanText(answer.message, 300) : arms.why;
      }
      const verdicts = judgeAll(watch, arms, { startedAt, intervalMs, planned });
      log(describe(arms));
      // As of a watch: a milder breach waits to the end, a stronger one may follow.
      const broken = verdicts.filter(({ verdict }) => verdict === 'fail').toSorted(fromStrong);
      const [failed] = broken;
      if (failed && (isStrong(failed) || index + 1 === planned)) return brokenBy(arms, failed);
      if (index + 1 === planned) return conclude(arms, verdicts, planned);
    }
    throw new Error('a stage ended without a conclusion');
  } finally {
    await Promise.all([stable.close(), canary.close()]);
  }
}

/** What is known of both, and why the newest reading of one told nothing. */
interface Arms {
  stable: Bucket[];
  canary: Bucket[];
  why?: string | undefined;
}

function judgeAll(
  watch: ArmsWatch,
  { stable, canary }: Arms,
  { startedAt, intervalMs, planned }: { startedAt: number; intervalMs: number; planned: number },
): TwoArmsVerdict[] {
  const about = {
    startedAt: startedAt / 1000,
    intervalSeconds: intervalMs / 1000,
    planned,
    minRequests: watch.minRequests,
  };
  return watch.rules.filter(isJudged).map((rule) => judgeTwoArms(rule, { stable, canary, ...about }));
}

function isStrong({ action = 'auto' }: TwoArmsVerdict): boolean {
  return action === 'auto';
}

function fromStrong(a: TwoArmsVerdict, b: TwoArmsVerdict): number {
  return Number(isStrong(b)) - Number(isStrong(a));
}

function brokenBy(arms: Arms, { reasonCode, rule, action }: TwoArmsVerdict): ArmsOutcome {
  const outcome = ended(arms, 'fail', reasonCode, `${describe(arms)}: "${rule}" is broken`);
  return action === undefined ? outcome : { ...outcome, action };
}

/** The rules that decide about a stage. */
export function isJudged(rule: Rule): rule is ErrorRateRule {
  return rule.metric === 'error-rate' && rule.level !== 'warning';
}

function conclude(arms: Arms, verdicts: readonly TwoArmsVerdict[], planned: number): ArmsOutcome {
  const seen = Math.min(arms.stable.length, arms.canary.length);
  if (seen < planned * SEEN_SHARE) {
    const why = arms.why === undefined ? '' : ` (${arms.why})`;
    const summary = `the source told too little: ${seen} of ${planned} intervals of both deployments${why}`;
    return ended(arms, 'no-data', 'source_blind', summary);
  }
  const open = verdicts.find(({ verdict }) => verdict !== 'pass');
  if (open === undefined) return ended(arms, 'pass', 'below_limit', `${describe(arms)}: as good as what served before`);
  return ended(arms, 'inconclusive', open.reasonCode, `${describe(arms)}: too little to judge "${open.rule}" by`);
}

function describe({ stable, canary }: Arms): string {
  const said = (arm: Bucket[]) => {
    const { requests, errors } = totalOf(arm);
    return requests === 0 ? 'no requests' : `${percent(errors / requests)} of ${requests} requests failed`;
  };
  return `new: ${said(canary)}; beside it, before: ${said(stable)}`;
}

function ended(arms: Arms, verdict: ArmsOutcome['verdict'], reasonCode: string, summary: string): ArmsOutcome {
  return { verdict, reasonCode, summary, stable: totalOf(arms.stable), canary: totalOf(arms.canary) };
}
