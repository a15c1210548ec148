import type { AfterReleaseSettings } from '#config/settings';
import type { AfterReleaseFacts, WindowVerdict } from './after-release-record.ts';
import { findCheck } from './after-release-record.ts';
import type { LookName } from './classify-requirement.ts';
import type { LookAnswer } from './judge-looks.ts';
import { judgeSignOff, type SignOff } from './judge-sign-off.ts';
import { judgeWindow, type Measurement, type WindowState } from './judge-window.ts';
import { kindOf, lookOf, type PlannedWindow, planWindows } from './plan-windows.ts';

export interface AfterReleaseState {
  planned: PlannedWindow[];
  windows: WindowState[];
  signOff: SignOff;
  /** Nothing more is looked at: the sign-off has stayed open for too long. */
  unfinished: boolean;
}

/** After the last window people have so long for what is missing. */
const patienceMs = 7 * 24 * 60 * 60_000;

/** Everything about the time after a release at one moment; times in milliseconds. Pure. */
export function judgeAfterRelease(
  settings: AfterReleaseSettings,
  given: { promotedAt: number; now: number; facts: AfterReleaseFacts; measured: readonly Measurement[] },
): AfterReleaseState {
  const planned = planWindows(settings);
  const windows = planned.map((window) => judgeWindow(window, given));
  const signOff = judgeSignOff(settings.signOff, { ...given, planned, windows });
  const last = given.promotedAt + Math.max(0, ...planned.map(({ until }) => until));
  return { planned, windows, signOff, unfinished: signOff.state === 'open' && given.now > last + patienceMs };
}

/** Answers that are final and not recorded yet: what is looked at only as being so, or not yet so, is recorded when it is. Pure. */
export function answersToRecord(
  { planned }: Pick<AfterReleaseState, 'planned'>,
  { measured, facts }: { measured: readonly Measurement[]; facts: AfterReleaseFacts },
): (Measurement & { verdict: 'pass' | 'fail' })[] {
  return measured.flatMap((answer) => {
    const { verdict } = answer;
    if ((verdict !== 'pass' && verdict !== 'fail') || findCheck(facts, answer.window, answer.require)) return [];
    const kind = kindOf(planned, answer);
    if (kind === undefined) return [];
    // How many rows are wrong is nothing for a record that everybody with read access sees (S5).
    return [{ ...answer, verdict, value: kind === 'data' || kind === 'rows' ? '' : answer.value }];
  });
}

/** Why a window has not passed, as the ledger keeps it: by the names of its requirements, without what was found (S5). Pure. */
export function requirementsBehind({ verdict, checks }: WindowState): string {
  const behind = checks.filter((check) => check.verdict !== 'pass' && (verdict !== 'fail' || check.verdict === 'fail'));
  return behind.map(({ require }) => require).join('; ');
}

/** Windows whose verdict people have not been told: a breach at once, everything else when its time is over. Pure. */
export function newsOf(
  { windows }: Pick<AfterReleaseState, 'windows'>,
  now: number,
  facts: AfterReleaseFacts,
): WindowState[] {
  return windows.filter(
    ({ name, verdict, until }) => (verdict === 'fail' || now >= until) && facts.told.get(name) !== verdict,
  );
}

/** Verdicts after which a person has to act. Pure. */
export function isBad(verdict: WindowVerdict): boolean {
  return verdict !== 'pass';
}

/**
 * Looks that a begun window still waits for: what is final is not looked at again. What the time of queries is compared with is read
 * as soon as there is a run, also for a window that begins later. Pure.
 */
export function looksWanted(
  planned: readonly PlannedWindow[],
  { promotedAt, now, facts }: { promotedAt: number; now: number; facts: AfterReleaseFacts },
): Set<LookName> {
  return new Set(
    planned.flatMap(({ name, from, require }) =>
      require.flatMap(({ text, requirement }) => {
        const look = lookOf(requirement);
        if (look === undefined || findCheck(facts, name, text) !== undefined) return [];
        const begins = look === 'queries' && facts.queriesBefore === undefined;
        return begins || now >= promotedAt + from ? look : [];
      }),
    ),
  );
}

/** Turns the answers of looks into measurements of every begun window that waits for one. Pure. */
export function answersOfLooks(
  planned: readonly PlannedWindow[],
  answers: ReadonlyMap<string, LookAnswer>,
  { promotedAt, now, facts }: { promotedAt: number; now: number; facts: AfterReleaseFacts },
): Measurement[] {
  return planned
    .filter(({ from }) => now >= promotedAt + from)
    .flatMap((window) =>
      window.require.flatMap(({ text, requirement }): Measurement[] => {
        const look = lookOf(requirement);
        if (look === undefined || findCheck(facts, window.name, text)) return [];
        const answer = answers.get(look);
        if (answer === undefined) return [];
        const value = `${answer.value}${lateness(now - (promotedAt + window.until))}`;
        return [{ window: window.name, require: text, verdict: answer.verdict, value, at: now }];
      }),
    );
}

const punctualMs = 6 * 60_000;

/** GitHub starts scheduled runs late or leaves them out: a look after the window's end says so. */
function lateness(afterEndMs: number): string {
  return afterEndMs <= punctualMs ? '' : `; looked ${Math.round(afterEndMs / 60_000)} min after the window`;
}
