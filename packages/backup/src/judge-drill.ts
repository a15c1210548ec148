/** What a drill measured. */
export interface DrillFacts {
  /** Of the restore and comparison. */
  verification: { verdict: 'verified' | 'mismatch' | 'could-not-verify'; reasonCode: string; message: string };
  /** From the look for the backup to the compared copy. */
  restoreSeconds: number;
  /** Of the backup's rows when the drill began: what a disaster at that moment would have lost. Absent: no backup. */
  ageSeconds?: number;
  keys: readonly KeyProof[];
  /** Answers that belong to no challenge of this backup. */
  wrongAnswers: number;
  /** How long the newest way back of the app took, and what that was, in words; absent: none is recorded. */
  frontend?: { seconds: number; what: string };
  /** How the app was rebuilt against a copy; absent: nobody asked for it. */
  rebuild?: RebuildRun;
}

/** What the rebuild said of itself, or 'died' where it did not. */
type RebuildRun = { passed: boolean; reasonCode: string; problems: readonly string[] } | 'died';

/** Whether somebody holds the private key of a recipient. */
export interface KeyProof {
  /** Fingerprint. */
  recipient: string;
  /** Unix seconds of the newest drill in which its challenge was opened; absent: never. */
  openedAt?: number;
  /** No earlier drill knew it (S27). */
  isNew: boolean;
}

export interface DrillTargets {
  restoreSeconds: number;
  ageSeconds: number;
  /** For the way back of the app; absent where nobody asks about it. */
  frontendSeconds?: number;
}

/** The standard of the runbooks: a database is back within 30 minutes, and a day's backup with some slack is the newest. */
export const standardTargets: DrillTargets = { restoreSeconds: 30 * 60, ageSeconds: 26 * 60 * 60 };

const secondsOfDay = 24 * 60 * 60;
/** Each key opens its challenge at least this often (S27). */
const keyLimitDays = 100;

/** What is wrong, worst first, with the reason code of the first; and what will be. Pure. */
export function judgeDrill(
  facts: DrillFacts,
  targets: DrillTargets,
  /** Unix seconds. */
  now: number,
): { passed: boolean; reasonCode: string; problems: string[]; remarks: string[] } {
  const { verification, restoreSeconds, ageSeconds, keys, wrongAnswers } = facts;
  const problems: { code: string; text: string }[] = [];
  if (verification.verdict !== 'verified') problems.push({ code: verification.reasonCode, text: verification.message });
  if (restoreSeconds > targets.restoreSeconds) {
    const text = `the restore took ${span(restoreSeconds)}, the target is ${span(targets.restoreSeconds)}`;
    problems.push({ code: 'too_slow', text });
  }
  if (ageSeconds !== undefined && ageSeconds > targets.ageSeconds) {
    const text = `the newest verified data is ${span(ageSeconds)} old, the target is ${span(targets.ageSeconds)}`;
    problems.push({ code: 'data_too_old', text });
  }
  const remarks: string[] = [];
  const { frontend } = facts;
  const { frontendSeconds } = targets;
  if (frontendSeconds !== undefined && frontend === undefined)
    remarks.push(
      `no way back of the app is recorded, so nothing says whether it takes less than ${span(frontendSeconds)}: rehearse it`,
    );
  if (frontendSeconds !== undefined && frontend !== undefined && frontend.seconds > frontendSeconds) {
    const text = `the way back of the app took ${span(frontend.seconds)} (${frontend.what}), the target is ${span(frontendSeconds)}`;
    problems.push({ code: 'frontend_too_slow', text });
  }
  if (keys.length === 0 && ageSeconds !== undefined)
    problems.push({ code: 'no_challenges', text: 'the backup holds no challenge for its keys' });
  for (const { recipient, openedAt, isNew } of keys) {
    const days = openedAt === undefined ? undefined : (now - openedAt) / secondsOfDay;
    if (isNew) remarks.push(`${recipient} is new: no earlier drill knew this recipient`);
    if (days === undefined) {
      problems.push({ code: 'key_not_opened', text: `nobody has shown yet that they hold the key of ${recipient}` });
    } else if (days > keyLimitDays) {
      const text = `the key of ${recipient} opened its challenge ${Math.floor(days)} days ago, the limit is ${keyLimitDays}`;
      problems.push({ code: 'key_not_opened', text });
    } else if (days >= 1) {
      remarks.push(`${recipient} opened its challenge ${Math.floor(days)} days ago; due within ${keyLimitDays} days`);
    }
  }
  if (wrongAnswers > 0) {
    const text = `${wrongAnswers} ${wrongAnswers === 1 ? 'answer belongs' : 'answers belong'} to no challenge of this backup`;
    problems.push({ code: 'wrong_answer', text });
  }
  const { rebuild } = facts;
  if (rebuild === 'died')
    problems.push({ code: 'rebuild_died', text: 'the rebuild of the app ended before it could say how it went' });
  else if (rebuild?.passed === false)
    problems.push(
      ...rebuild.problems.map((text) => ({ code: rebuild.reasonCode, text: `rebuild of the app: ${text}` })),
    );
  const [worst] = problems;
  return {
    passed: worst === undefined,
    reasonCode: worst?.code ?? 'drill_passed',
    problems: problems.map(({ text }) => text),
    remarks,
  };
}

/** `42 s`, `14 min`, `5.2 h`. Pure. */
export function span(seconds: number): string {
  if (seconds < 100) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 100 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
}
