import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Freshness } from '#backup/judge-freshness';
import type { Growth } from '#backup/judge-growth';
import type { PlatformFreshness } from '#supabase/judge-platform-backups';
import type { DrillState } from './judge-drills.ts';

/** One destination and what was found there. */
export interface CheckedPlace {
  place: string;
  freshness: Freshness;
  /** Absent where there is nothing to compare with. */
  growth?: Growth;
  /** Names of backups whose time is over. */
  due: string[];
  pruned: string[];
}

/** The worst place decides, then the platform, then a missed verification, drill or rehearsal. Pure. */
export function renderCheck(
  checked: readonly CheckedPlace[],
  given: {
    environment: string;
    prune: boolean;
    platform?: PlatformFreshness;
    verification?: DrillState;
    drill?: DrillState;
    rehearsal?: DrillState;
  },
): Result {
  const worst = checked.find(({ freshness }) => freshness.verdict === 'stale') ?? checked[0];
  if (worst === undefined) throw new Error('no place was looked at');
  const { verification, drill, rehearsal, platform } = given;
  const held = [verification, drill, rehearsal].filter((one) => one !== undefined);
  const missed = held.find((one) => one.missed);
  const grown = checked.flatMap(({ growth }) => (growth?.unusual === true ? [growth.message] : []));
  const stale = platform?.verdict === 'stale';
  const verdict = missed !== undefined || stale ? 'stale' : worst.freshness.verdict;
  const own = worst.freshness.verdict === 'fresh' ? undefined : worst.freshness.reasonCode;
  const reasonCode = own ?? (stale ? platform.reasonCode : (missed ?? worst.freshness).reasonCode);
  const of =
    platform === undefined ? [] : [platform.message, ...(platform.warning === undefined ? [] : [platform.warning])];
  const message = [worst.freshness.message, ...of, ...held.map((one) => one.message), ...grown].join('; ');
  const pruned = checked.flatMap((one) => one.pruned);
  const due = checked.reduce((sum, one) => sum + one.due.length, 0);
  const removal = given.prune ? `; ${pruned.length} removed` : due > 0 ? `; the time of ${due} is over` : '';
  const summary = `${message}${removal}`;
  const rows = checked.map(({ place, freshness, due, pruned }) => [
    escapeMarkdown(place),
    freshness.verdict,
    freshness.newest === undefined ? 'none' : codeSpan(freshness.newest.manifestFile),
    String(given.prune ? pruned.length : due.length),
  ]);
  return {
    decision: verdict,
    reasonCode,
    summary,
    failed: verdict === 'stale',
    warning: verdict === 'fresh' && grown.length > 0,
    details: {
      environment: given.environment,
      ...(platform === undefined ? {} : { platform }),
      ...(verification === undefined ? {} : { verification }),
      ...(drill === undefined ? {} : { drill }),
      ...(rehearsal === undefined ? {} : { rehearsal }),
      places: checked.map(({ place, freshness, growth, due, pruned }) => ({
        place,
        verdict: freshness.verdict,
        newest: freshness.newest?.manifestFile,
        ageSeconds: freshness.ageSeconds,
        ...(growth === undefined ? {} : { bytes: growth.bytes, seconds: growth.seconds }),
        due,
        pruned,
      })),
    },
    outputs: { 'backup-manifest': worst.freshness.newest?.manifestFile ?? '', pruned: JSON.stringify(pruned) },
    jobSummary: [
      `### Backups of ${escapeMarkdown(given.environment)}`,
      escapeMarkdown(summary),
      table(['Place', 'State', 'Newest verified', given.prune ? 'Removed' : 'Time over'], rows),
      '',
    ].join('\n\n'),
  };
}
