import type { ErrorRateRule, Rule } from '#config/rules';
import type { Clock } from '#http/clock';
import { type Bucket, isNoData, totalOf } from './bucket.ts';
import { percent } from './judge/judge.ts';
import { judgeTwoArms, type TwoArmsVerdict } from './judge/judge-two-arms.ts';
import { askSource, type ObservationSource } from './source.ts';

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
}

// As of a watch: of a stage of which more than a quarter was not seen, nobody can say that it was good.
const SEEN_SHARE = 0.75;

/**
 * Watches one stage with the two-arm judge until a rule fails, somebody takes over, or the window is over. Rules that only warn, and
 * those that are not about the error rate, are left to the watch that follows. Throws the abort reason of the signal.
 */
export async function watchArms(watch: ArmsWatch): Promise<ArmsOutcome> {
  const { stable, canary, clock, signal, intervalMs, log } = watch;
  const planned = Math.max(1, Math.ceil(watch.windowMs / intervalMs - 1e-6));
  const arms: { stable: Bucket[]; canary: Bucket[] } = { stable: [], canary: [] };
  try {
    const limits = { signal, clock, deadlineMs: 10_000 };
    await Promise.all([stable, canary].map((source) => askSource(async () => await source.open(), limits)));
    const startedAt = clock.now();
    for (let index = 0; index < planned; index += 1) {
      const end = startedAt + (index + 1) * intervalMs;
      await clock.sleep(end + Math.max(...canary.readAfterMs) - clock.now(), signal);
      const who = await watch.superseded().catch(() => undefined);
      if (who !== undefined) return ended(arms, 'superseded', 'superseded', who);
      for (const arm of ['stable', 'canary'] as const) {
        const answer = await askSource(() => watch[arm].read(startedAt, end, intervalMs), limits);
        if (!isNoData(answer)) arms[arm] = answer;
      }
      const verdicts = judgeAll(watch, arms, { startedAt, planned });
      log(describe(arms));
      const failed = verdicts.find(({ verdict }) => verdict === 'fail');
      if (failed) return ended(arms, 'fail', failed.reasonCode, `${describe(arms)}: "${failed.rule}" is broken`);
      if (index + 1 === planned) return conclude(arms, verdicts, planned);
    }
    throw new Error('a stage ended without a conclusion');
  } finally {
    await Promise.all([stable.close(), canary.close()]);
  }
}

function judgeAll(
  watch: ArmsWatch,
  arms: { stable: Bucket[]; canary: Bucket[] },
  { startedAt, planned }: { startedAt: number; planned: number },
): TwoArmsVerdict[] {
  const about = {
    startedAt: startedAt / 1000,
    intervalSeconds: watch.intervalMs / 1000,
    planned,
    minRequests: watch.minRequests,
  };
  return watch.rules.filter(isJudged).map((rule) => judgeTwoArms(rule, { ...arms, ...about }));
}

/** The rules that decide about a stage. */
export function isJudged(rule: Rule): rule is ErrorRateRule {
  return rule.metric === 'error-rate' && rule.level !== 'warning';
}

function conclude(
  arms: { stable: Bucket[]; canary: Bucket[] },
  verdicts: readonly TwoArmsVerdict[],
  planned: number,
): ArmsOutcome {
  const seen = Math.min(arms.stable.length, arms.canary.length);
  if (seen < planned * SEEN_SHARE) {
    const summary = `the source told too little: ${seen} of ${planned} intervals of both deployments`;
    return ended(arms, 'no-data', 'source_blind', summary);
  }
  const open = verdicts.find(({ verdict }) => verdict !== 'pass');
  if (open === undefined) return ended(arms, 'pass', 'below_limit', `${describe(arms)}: as good as what served before`);
  return ended(arms, 'inconclusive', open.reasonCode, `${describe(arms)}: too little to judge "${open.rule}" by`);
}

function describe({ stable, canary }: { stable: Bucket[]; canary: Bucket[] }): string {
  const said = (arm: Bucket[]) => {
    const { requests, errors } = totalOf(arm);
    return requests === 0 ? 'no requests' : `${percent(errors / requests)} of ${requests} requests failed`;
  };
  return `new: ${said(canary)}; beside it, before: ${said(stable)}`;
}

function ended(
  arms: { stable: Bucket[]; canary: Bucket[] },
  verdict: ArmsOutcome['verdict'],
  reasonCode: string,
  summary: string,
): ArmsOutcome {
  return { verdict, reasonCode, summary, stable: totalOf(arms.stable), canary: totalOf(arms.canary) };
}
