import { span } from '#backup/judge-drill';

/** What is held now and then: a verification of what is stored, a recovery drill, or a rehearsal of the way back of the app. */
export type DrillKind = 'verification' | 'drill' | 'rehearsal';

/** Whether it was held in time. */
export interface DrillState {
  missed: boolean;
  reasonCode: string;
  message: string;
}

const kinds: Readonly<
  Record<DrillKind, { name: string; done: string; overdue: string; none: string; unknown: string }>
> = {
  verification: {
    name: 'verification of a stored backup',
    done: 'verification_done',
    overdue: 'verification_overdue',
    none: 'no_verification',
    unknown: 'verifications_unknown',
  },
  drill: {
    name: 'recovery drill',
    done: 'drill_done',
    overdue: 'drill_overdue',
    none: 'no_drill',
    unknown: 'drills_unknown',
  },
  rehearsal: {
    name: 'rehearsal of the way back',
    done: 'rehearsal_done',
    overdue: 'rehearsal_overdue',
    none: 'no_rehearsal',
    unknown: 'rehearsals_unknown',
  },
};

/** Only one that passed counts; one that failed has told people already. Pure. */
export function judgeDrills(
  /** Newest first, `at` in Unix seconds; undefined where the ledger did not tell. */
  drills: readonly { at: number; passed: boolean }[] | undefined,
  given: { kind: DrillKind; environment: string; maxAgeSeconds: number /** Unix seconds. */; now: number },
): DrillState {
  const { kind, environment, maxAgeSeconds, now } = given;
  const { name, done, overdue, none, unknown } = kinds[kind];
  const what = `${name} of ${environment}`;
  if (drills === undefined) {
    const message = `nobody knows when the last ${what} was: the check needs a github-token with deployments: read`;
    return { missed: true, reasonCode: unknown, message };
  }
  const last = drills.find(({ passed }) => passed);
  if (last === undefined) {
    const failed = drills.length === 0 ? '' : `; ${drills.length} failed`;
    return { missed: true, reasonCode: none, message: `no ${what} has passed yet${failed}` };
  }
  const age = now - last.at;
  const missed = age > maxAgeSeconds;
  const message = `the last ${what} that passed was ${days(age)} ago (limit ${days(maxAgeSeconds)})`;
  return { missed, reasonCode: missed ? overdue : done, message };
}

const dayMs = 24 * 60 * 60 * 1000;

/** How long after one that is held so often the next one is missed: a quarter more, a day at least. Milliseconds. Pure. */
export function overdueAfter(everyMs: number): number {
  return everyMs + Math.max(dayMs, everyMs / 4);
}

function days(seconds: number): string {
  return seconds < 172_800 ? span(seconds) : `${Math.floor(seconds / 86_400)} days`;
}
