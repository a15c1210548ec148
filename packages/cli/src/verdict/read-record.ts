import { z } from 'zod';
import { parseRule, type Rule } from '#config/rules';
import type { ReplayPolicy } from '#observe/judge/replay';
import { UsageError } from '../open-environment.ts';
import type { Stream } from './read-buckets.ts';

const bucket = z.object({
  start: z.number(),
  end: z.number(),
  requests: z.number(),
  errors: z.number(),
  p95: z.number().optional(),
});
const record = z.object({
  verdict: z.enum(['pass', 'fail', 'inconclusive', 'no-data']),
  reasonCode: z.string(),
  rules: z.array(z.string()),
  minRequests: z.number(),
  startedAt: z.number(),
  windowUntil: z.number(),
  leadSeconds: z.number().optional(),
  extendedSeconds: z.number().optional(),
  effectiveIntervalSeconds: z.number(),
  baseline: z.array(bucket),
  baselineUnread: z.boolean().optional(),
  buckets: z.array(bucket),
  source: z.string(),
  query: z.string().optional(),
  link: z.string().optional(),
});

/** A watch as its output `result` tells it: what it was asked to judge, what it saw, and what it said. */
export interface WatchRecord {
  policy: ReplayPolicy;
  stream: Stream;
  said: { verdict: z.infer<typeof record>['verdict']; reasonCode: string };
  /** Where the numbers are from, so that a person can ask the same. */
  from: { source: string; query?: string | undefined; link?: string | undefined };
}

/** Reads the output `result` of a watch. @throws UsageError where it is none, or holds nothing to judge. */
export function readRecord(text: string): WatchRecord {
  const read = record.safeParse(parseJson(text));
  if (!read.success) throw new UsageError([`--record: this is no result of a watch: ${z.prettifyError(read.error)}`]);
  const { rules, minRequests, startedAt, windowUntil, effectiveIntervalSeconds, ...seen } = read.data;
  const { baseline, baselineUnread = false, buckets, leadSeconds = 0, extendedSeconds = 0, ...told } = seen;
  // Numbers beside the counts are not in the buckets.
  const counted = rules
    .map((rule) => parseRule(rule))
    .filter(({ metric }) => metric === 'error-rate' || metric === 'p95');
  if (counted.length === 0 || buckets.length === 0) {
    throw new UsageError(['--record: it holds no bucket, or no rule about counts: nothing can be judged again']);
  }
  return {
    policy: {
      rules: counted satisfies Rule[],
      windowMs: (windowUntil - startedAt - leadSeconds) * 1000,
      startedAt: startedAt + leadSeconds,
      extendedMs: extendedSeconds * 1000,
      intervalMs: effectiveIntervalSeconds * 1000,
      minRequests,
      baselineUnread,
    },
    stream: { name: undefined, baseline: baseline.map(whole), observed: buckets.map(whole) },
    said: { verdict: told.verdict, reasonCode: told.reasonCode },
    from: { source: told.source, query: told.query, link: told.link },
  };
}

function whole({ p95, ...rest }: z.infer<typeof bucket>) {
  return p95 === undefined ? rest : { ...rest, p95 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
