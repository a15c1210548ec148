import { type Bucket, totalOf } from './bucket.ts';
import { percent } from './judge/judge.ts';
import type { Reading } from './reading.ts';

/** Where a high error rate may come from, by what was measured beside it, and what matches that (ARB-17). */
export interface LikelyCause {
  cause: 'code' | 'database' | 'external-service' | 'unknown';
  /** What was found, one sentence each; without texts of users, which an issue would show to everybody (S23). */
  signs: string[];
  /** The step that matches, one sentence. It decides nothing: the rule that was broken does. */
  next: string;
}

/** From here on a database is a sign, as in the alerts of the runbooks. */
const busyShare = 0.8;
const saysDatabase =
  /too many (connections|clients)|deadlock|statement timeout|remaining connection slots|could not serialize/i;
const saysExternal =
  /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|ECONNRESET|fetch failed|bad gateway|service unavailable|upstream/i;

const steps: Record<LikelyCause['cause'], string> = {
  code: 'roll back: it came with the release',
  database:
    'look at the database first (database-doctor); code that goes back does not mend it, unless the release brought the queries',
  'external-service':
    'switch the flag, the circuit breaker or the fallback of that service; a rollback does not mend it',
  unknown: 'nothing points to one cause: treat it as the release and roll back',
};

/** Reads the signs; what others cause counts before what the release may have brought. Pure. */
export function findLikelyCause(seen: {
  readings: readonly Reading[];
  buckets: readonly Bucket[];
  baseline: readonly Bucket[];
}): LikelyCause {
  const { readings } = seen;
  const titles = readings.filter(({ metric }) => metric === 'new-issue').map(({ about = '' }) => about);
  const external = [
    ...readings
      .filter(({ metric, value }) => metric === 'circuit-breaker-opens' && value > 0)
      .map(({ value }) => `${value} circuit breakers opened`),
    ...named(titles, saysExternal, 'a service that does not answer'),
  ];
  const database = [
    ...readings
      .filter(({ metric, value }) => /^database-(cpu|pool)$/.test(metric) && value >= busyShare)
      .map(({ metric, value }) => `${metric} at ${percent(value)}`),
    ...named(titles, saysDatabase, 'the database'),
  ];
  const code = signsOfCode(seen, titles);
  const found = (
    [
      ['external-service', external],
      ['database', database],
      ['code', code],
    ] as const
  ).find(([, signs]) => signs.length > 0);
  const [cause] = found ?? ['unknown' as const];
  return { cause, signs: [...external, ...database, ...code], next: steps[cause] };
}

function named(titles: readonly string[], says: RegExp, what: string): string[] {
  const count = titles.filter((title) => says.test(title)).length;
  return count === 0 ? [] : [`${count} new ${count === 1 ? 'issue names' : 'issues name'} ${what}`];
}

/** The rate rose with the promotion, or issues are new in this release and name neither of the others. */
function signsOfCode(
  { buckets, baseline }: { buckets: readonly Bucket[]; baseline: readonly Bucket[] },
  titles: readonly string[],
): string[] {
  const [before, after] = [totalOf(baseline), totalOf(buckets)];
  const [was, is] = [before.errors / before.requests, after.errors / after.requests];
  const own = titles.filter((title) => !saysDatabase.test(title) && !saysExternal.test(title)).length;
  return [
    ...(is > 2 * was ? [`${percent(was)} failed before the promotion, ${percent(is)} since`] : []),
    ...(own > 0 ? [`${own} ${own === 1 ? 'issue is' : 'issues are'} new in this release`] : []),
  ];
}
