import type { LatencyRule, Rule } from '#config/rules';
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
  // Rules about readings are refused before: buckets hold none.
  if (rule.metric !== 'p95' && rule.metric !== 'error-rate') return rule;
  const { above } = rule;
  if (rule.metric === 'p95') {
    const scaled: LatencyRule['above'] =
      rule.above.kind === 'time'
        ? { kind: 'time', ms: rule.above.ms * factor }
        : { ...rule.above, atLeast: rule.above.atLeast * factor };
    return { ...rule, above: scaled, text: `${rule.text}, times ${factor}` };
  }
  const share = Math.min(0.99, (rule.above.kind === 'share' ? rule.above.value : rule.above.atLeast) * factor);
  const text = `${rule.text}, with ${percent(share)}`;
  return above.kind === 'baseline-multiple'
    ? { ...rule, above: { ...above, atLeast: share }, text }
    : { ...rule, above: { kind: 'share', value: share }, text };
}
