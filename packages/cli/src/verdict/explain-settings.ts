import { parseRule, type Rule } from '#config/rules';
import type { Bucket } from '#observe/bucket';
import { percent } from '#observe/judge/judge';
import { Replay, type ReplayPolicy } from '#observe/judge/replay';
import type { Stream } from './read-buckets.ts';

/** What the given settings said about a stream, and what others would have said, as lines for people. */
export function explainSettings(policy: ReplayPolicy, stream: Stream): string[] {
  const { sentence, words } = replay(policy, stream);
  const title = stream.name === undefined ? 'these settings' : `${stream.name}: these settings`;
  const others: [name: string, policy: ReplayPolicy, baseline?: Bucket[]][] = [
    ...[0.5, 2, 5].map((factor): [string, ReplayPolicy] => {
      const rules = policy.rules.map((rule) => withLimit(rule, factor));
      return [`limits times ${factor}`, { ...policy, rules }];
    }),
    ['half the window', { ...policy, windowMs: policy.windowMs / 2 }],
    ['min-requests times 5', { ...policy, minRequests: policy.minRequests * 5 }],
    ...(stream.baseline.length > 0 ? [['no baseline', policy, []] as [string, ReplayPolicy, Bucket[]]] : []),
  ];
  return [
    `${title}: ${words}${sentence ? `; ${sentence}` : ''}`,
    ...others.map(([name, other, baseline]) => {
      return `  ${name}: ${replay(other, { ...stream, ...(baseline && { baseline }) }).words}`;
    }),
  ];
}

function replay(
  policy: ReplayPolicy,
  { baseline, observed }: Stream,
): { words: string; sentence?: string | undefined } {
  const run = new Replay(policy, baseline);
  const first = observed[0]?.start ?? 0;
  let words = '';
  for (const bucket of observed) {
    const { verdict, reasonCode, requests, rule } = run.add(bucket);
    words = `${verdict} (${reasonCode}) on ${requests} requests`;
    if (verdict !== 'fail') continue;
    return {
      words: `fail after ${Math.round(bucket.end - first)} s by "${rule}" on ${requests} requests`,
      sentence: run.sentence(),
    };
  }
  return { words, sentence: run.sentence() };
}

function withLimit(rule: Rule, factor: number): Rule {
  const time = rule.immediately ? ': immediately' : rule.withinMs === undefined ? '' : ` within ${rule.withinMs}ms`;
  const scaled = (share: number): string => `${Number(Math.min(0.99, share * factor).toPrecision(6)) * 100}%`;
  const { above } = rule;
  const words =
    above.kind === 'share'
      ? `error-rate above ${scaled(above.value)}${time}`
      : `error-rate above ${above.factor}x baseline and at least ${scaled(above.atLeast)}${time}`;
  return { ...parseRule(words), text: `${rule.text}, with ${percent(Math.min(0.99, limitOf(rule) * factor))}` };
}

function limitOf({ above }: Rule): number {
  return above.kind === 'share' ? above.value : above.atLeast;
}
