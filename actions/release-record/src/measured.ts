import { z } from 'zod';
import { mermaidChart } from '#observe/render-chart';

/** The watch's numbers beside their limits, from its `result` output; nothing where there is none. Pure. */
export function measuredValues(json: string | undefined): { name: string; value: string }[] {
  const watch = parse(json);
  const rows: { name: string; value: string }[] = [];
  const { requests, errors, rule, limit, source, reasonCode } = watch;
  if (typeof requests === 'number' && typeof errors === 'number') {
    const share = requests === 0 ? '' : ` (${percent(errors / requests)})`;
    rows.push({ name: 'errors', value: `${errors} of ${requests} requests${share}` });
  }
  if (rule !== undefined) rows.push({ name: 'rule', value: typeof rule === 'string' ? rule : JSON.stringify(rule) });
  if (typeof limit === 'number') rows.push({ name: 'limit', value: limit <= 1 ? percent(limit) : String(limit) });
  if (typeof source === 'string') rows.push({ name: 'source', value: source });
  if (typeof reasonCode === 'string') rows.push({ name: 'verdict', value: reasonCode });
  const found = likelyCause.safeParse(watch.likelyCause);
  if (found.success) {
    const { signs, next } = found.data;
    rows.push({ name: 'signs', value: signs.join('; ') || 'none of one cause' }, { name: 'suggested', value: next });
  }
  return rows;
}

const likelyCause = z.object({ signs: z.array(z.string()), next: z.string() });

const pages: Readonly<Record<string, string>> = { 'failed-request': 'failed request', 'new-issue': 'new issue' };
const readings = z.array(
  z.looseObject({ metric: z.string(), about: z.string().optional(), url: z.string().optional() }),
);

/** Pages of single errors that the watch came by: traces of requests by their id, issues without their text (MET-18). Pure. */
export function errorLinks(json: string | undefined): { about: string; url: string }[] {
  const read = readings.safeParse(parse(json).readings);
  return (read.data ?? []).flatMap(({ metric, about, url }) => {
    const what = pages[metric];
    if (what === undefined || url === undefined || !/^https?:/.test(url)) return [];
    return [{ about: metric === 'failed-request' && about !== undefined ? `${what} ${about}` : what, url }];
  });
}

/** The chart of a watch as Mermaid, drawn from the numbers of its `result`; empty where there are not enough. Pure. */
export function chartOf(json: string | undefined): string[] {
  const read = chartFacts.safeParse(parse(json));
  return read.success ? mermaidChart(read.data) : [];
}

const bucket = z.object({ start: z.number(), end: z.number(), requests: z.number(), errors: z.number() });
const chartFacts = z.object({
  buckets: z.array(bucket),
  baseline: z.array(bucket).catch([]),
  startedAt: z.number(),
  verdict: z.enum(['pass', 'fail', 'inconclusive', 'no-data']),
  limit: z.number().optional(),
  unit: z.enum(['share', 'ms', 'count']).optional(),
});

/** What became of the deployment that served before, from the `result` of the watch; undefined where nobody looked after it. Pure. */
export function previousOf(json: string | undefined): { state: string; said: string } | undefined {
  const read = z.object({ state: z.string(), said: z.string() }).safeParse(parse(json).previous);
  return read.success ? { state: read.data.state, said: read.data.said } : undefined;
}

/** The stages of a rolling release as its promotion counted them: share, both deployments, verdict. Pure. */
export function stageValues(json: string | undefined): { name: string; value: string }[] {
  const read = stagesSchema.safeParse(parse(json).stages);
  return (read.data ?? []).map(({ percentage, verdict, canary, stable }) => ({
    name: `stage of ${percentage} %`,
    value: `${counted(canary)} of the new deployment; ${counted(stable)} of the one beside it; ${verdict}`,
  }));
}

const arm = z.object({ requests: z.number(), errors: z.number() });
const stagesSchema = z.array(z.object({ percentage: z.number(), verdict: z.string(), canary: arm, stable: arm }));

function counted({ requests, errors }: z.infer<typeof arm>): string {
  return `${errors} of ${requests} requests${requests === 0 ? '' : ` (${percent(errors / requests)})`}`;
}

/** What the watch asked, and where a person sees the same numbers: for the message, not for issues, which may be public (S23). Pure. */
export function askedOf(json: string | undefined): { query?: string; link?: string } {
  const { query, link } = parse(json);
  return {
    ...(typeof query === 'string' ? { query } : {}),
    ...(typeof link === 'string' && /^https?:/.test(link) ? { link } : {}),
  };
}

/** The window of a watch as its `result` output tells it; times in milliseconds. Undefined where it is not all there. Pure. */
export function windowOf(
  json: string | undefined,
): { since: number; windowMs: number; intervalMs: number; rules: string[] } | undefined {
  const { startedAt, windowUntil, effectiveIntervalSeconds, rules } = parse(json);
  if (typeof startedAt !== 'number' || typeof windowUntil !== 'number') return undefined;
  if (typeof effectiveIntervalSeconds !== 'number' || !Array.isArray(rules)) return undefined;
  return {
    since: Math.round(startedAt * 1000),
    windowMs: Math.round((windowUntil - startedAt) * 1000),
    intervalMs: Math.round(effectiveIntervalSeconds * 1000),
    rules: rules.filter((rule) => typeof rule === 'string'),
  };
}

export function parse(json: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
