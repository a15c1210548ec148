import { z } from 'zod';
import { cleanText } from '#http/text';
import type { Bucket } from '#observe/bucket';
import { UsageError } from '../open-environment.ts';

/** The buckets of one release, each list oldest first. */
export interface Stream {
  name: string | undefined;
  baseline: Bucket[];
  observed: Bucket[];
}

const count = z.int().min(0);
const line = z.strictObject({
  start: z.number().min(0),
  end: z.number().min(0),
  requests: count,
  errors: count,
  p95: z.number().min(0).optional(),
  baseline: z.boolean().optional(),
  stream: z.string().min(1).max(200).optional(),
});

// More mistakes than these are of one kind.
const MOST_PROBLEMS = 20;
// Unix seconds of the year 5138: later times are milliseconds.
const LATEST_SECONDS = 100_000_000_000;

/**
 * Reads buckets as NDJSON, `stream` telling releases apart when `batch`. They may come in any order, for late counts arrive late;
 * two of one stream must not overlap. Throws UsageError with every mistake and its line.
 */
export function readBuckets(text: string, { batch }: { batch: boolean }): Stream[] {
  const problems: string[] = [];
  const streams = new Map<string | undefined, Stream & { lines: Map<Bucket, number> }>();
  text.split('\n').forEach((given, index) => {
    if (given.trim() === '') return;
    const number = index + 1;
    const read = readLine(given, batch);
    if (typeof read === 'string') {
      problems.push(`line ${number}: ${read}`);
      return;
    }
    const { stream: name, baseline, ...bucket } = read;
    const stream = streams.get(name) ?? { name, baseline: [], observed: [], lines: new Map<Bucket, number>() };
    streams.set(name, stream);
    stream[baseline === true ? 'baseline' : 'observed'].push(bucket as Bucket);
    stream.lines.set(bucket as Bucket, number);
  });
  for (const { name, baseline, observed, lines } of streams.values()) {
    for (const list of [baseline, observed]) list.sort((a, b) => a.start - b.start);
    const about = name === undefined ? '' : ` of stream ${cleanText(name, 60)}`;
    const all = [...baseline, ...observed];
    all.forEach((bucket, index) => {
      const next = all[index + 1];
      if (!next || next.start >= bucket.end - 1e-6) return;
      const order = next.start < bucket.start ? 'is baseline but begins after the promotion' : 'overlaps the bucket';
      const [first, second] = next.start < bucket.start ? [bucket, next] : [next, bucket];
      problems.push(`line ${lines.get(first)}${about}: ${order} of line ${lines.get(second)}`);
    });
    if (observed.length === 0) problems.push(`there is no bucket${about} after the promotion: nothing to judge`);
  }
  if (streams.size === 0 && problems.length === 0) problems.push('there are no buckets on standard input');
  if (problems.length > MOST_PROBLEMS) {
    const more = problems.length - MOST_PROBLEMS;
    throw new UsageError([...problems.slice(0, MOST_PROBLEMS), `and ${more} more mistakes`]);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return [...streams.values()].map(({ name, baseline, observed }) => ({ name, baseline, observed }));
}

function readLine(given: string, batch: boolean): z.infer<typeof line> | string {
  let data: unknown;
  try {
    data = JSON.parse(given);
  } catch {
    return `is not JSON: ${cleanText(given, 60)}`;
  }
  const read = line.safeParse(data);
  if (!read.success) {
    const mistakes = read.error.issues.map((issue) => describe(issue, data));
    return mistakes.join('; ');
  }
  const { start, end, requests, errors, stream } = read.data;
  const mistakes: string[] = [];
  if (end <= start) mistakes.push(`end ${end} is not after start ${start}`);
  if (end >= LATEST_SECONDS) mistakes.push(`end ${end} is not in Unix seconds; divide milliseconds by 1000`);
  if (errors > requests) mistakes.push(`errors ${errors} of only ${requests} requests; are the keys swapped?`);
  if (batch && stream === undefined) mistakes.push('stream is missing: with --batch every line names its release');
  if (!batch && stream !== undefined) mistakes.push('stream is read with --batch only');
  return mistakes.length > 0 ? mistakes.join('; ') : read.data;
}

function describe(issue: z.core.$ZodIssue, data: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown key ${cleanText(issue.keys.join(', '), 80)}; allowed: ${Object.keys(line.shape).join(', ')}`;
  }
  const key = String(issue.path[0] ?? '');
  if (key === '') return 'is not an object such as {"start":0,"end":30,"requests":100,"errors":1}';
  const value = (data as Record<string, unknown>)[key];
  if (value === undefined) return `${key} is missing`;
  const kinds: Record<string, string> = { stream: 'a name', baseline: 'true or false' };
  const allowed = kinds[key] ?? (key === 'requests' || key === 'errors' ? 'a whole number from 0' : 'a number from 0');
  return `${key} is ${cleanText(JSON.stringify(value) ?? '', 40)}; allowed: ${allowed}`;
}
