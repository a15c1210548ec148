import { span } from '#backup/judge-drill';
import type { DrillRecord } from '#release/drill-record';

/** Whether the way back was rehearsed in time. */
export interface DrillState {
  missed: boolean;
  reasonCode: 'drill_done' | 'drill_overdue' | 'no_drill' | 'drills_unknown';
  message: string;
}

/** Only a drill that passed counts; one that failed has told people already. Pure. */
export function judgeDrills(
  /** Newest first; undefined where the ledger did not tell. */
  drills: readonly DrillRecord[] | undefined,
  given: { environment: string; maxAgeSeconds: number /** Unix seconds. */; now: number },
): DrillState {
  const { environment, maxAgeSeconds, now } = given;
  if (drills === undefined) {
    const message = `nobody knows when the last recovery drill of ${environment} was: the check needs a github-token with deployments: read`;
    return { missed: true, reasonCode: 'drills_unknown', message };
  }
  const last = drills.find(({ passed }) => passed);
  if (last === undefined) {
    const failed = drills.length === 0 ? '' : `; ${drills.length} failed`;
    return {
      missed: true,
      reasonCode: 'no_drill',
      message: `no recovery drill of ${environment} has passed yet${failed}`,
    };
  }
  const age = now - last.at;
  const missed = age > maxAgeSeconds;
  const when = `the last recovery drill of ${environment} that passed was ${days(age)} ago (limit ${days(maxAgeSeconds)})`;
  return { missed, reasonCode: missed ? 'drill_overdue' : 'drill_done', message: when };
}

function days(seconds: number): string {
  return seconds < 172_800 ? span(seconds) : `${Math.floor(seconds / 86_400)} days`;
}
