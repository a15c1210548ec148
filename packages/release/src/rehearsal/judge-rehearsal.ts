import { elapsed } from '../elapsed.ts';
import type { ReleaseRecord } from '../release-record.ts';

/** What is known when a rehearsal of the way back is over. Times in milliseconds since the epoch. */
export interface RehearsalEvidence {
  /** The rehearsed release; undefined where preflight refused it or nothing began. */
  release: ReleaseRecord | undefined;
  /** The one line that the release ended with; empty where it died. */
  said: string;
  /** Decision of the release that this very attempt made, which may have made none; undefined: only the record tells. */
  ended?: string | undefined;
  /** What the environment serves now; undefined where Vercel did not say. */
  servedId: string | undefined;
  /** What the way back may take, from the decision to the proof (`rollback.app.limit`). */
  limitMs: number;
}

/** How long each part of the way back took; milliseconds. */
export interface RehearsalTimes {
  /** From the promotion until the watch had decided. */
  detection: number;
  /** From the decision until the domains were back. */
  swap: number;
  /** From the decision until health and smoke had passed on what was restored. */
  verified: number;
}

export interface RehearsalJudgement {
  passed: boolean;
  /** Stable snake_case. */
  reasonCode: string;
  /** One line for people. */
  summary: string;
  /** Absent unless the watch took the release back. */
  times?: RehearsalTimes;
}

/** Passed means: the watch took it back by itself, the former release serves, its checks passed, in time (DRD-04, DRD-03). Pure. */
export function judgeRehearsal(evidence: RehearsalEvidence): RehearsalJudgement {
  const { release, servedId, limitMs } = evidence;
  const said = evidence.said === '' ? 'its log says why' : evidence.said;
  if (release === undefined) return failed('not_started', `nothing was rehearsed: ${said}`);
  const { decision = 'none', reason = '' } = release;
  const broken = whyNotTakenBack(decision, reason, said) ?? whyNotThisOne(evidence.ended, said);
  if (broken !== undefined) return broken;
  const times = timesOf(release);
  if (times === undefined) return failed('no_record', 'the record does not say when the domains went back');
  const former = release.rollbackTarget;
  if (former === undefined || servedId !== former.deploymentId) {
    const now = servedId ?? 'nothing that Vercel told of';
    const message = `the release was taken back, and yet ${now} is served instead of ${former?.deploymentId ?? 'a recorded one'}`;
    return { ...failed('other_release_serves', message), times };
  }
  const took = `from decision to proof in ${elapsed(times.verified)}, its limit is ${elapsed(limitMs)}`;
  if (times.verified > limitMs) return { ...failed('too_slow', `the former release is back, but ${took}`), times };
  const name = former.version ?? former.deploymentId;
  const summary = `The watch took the release back by itself: ${name} serves again and its checks passed, ${took}; the breach was seen ${elapsed(times.detection)} after the promotion`;
  return { passed: true, reasonCode: 'rehearsed', summary, times };
}

function whyNotTakenBack(decision: string, reason: string, said: string): RehearsalJudgement | undefined {
  switch (decision) {
    case 'rolled-back':
      if (reason === 'restored_not_verified') return failed('not_verified', `the domains are back, unproven: ${said}`);
      // Another cause shows that the way back works, and nothing about the rule that has to find it.
      return reason === 'breach'
        ? undefined
        : failed('not_by_the_watch', `it was taken back before the watch decided (${reason || 'no reason'}): ${said}`);
    case 'rollback-failed':
      return failed('way_back_failed', `the way back failed: ${said}`);
    case 'would-roll-back':
    case 'asked':
      return failed('rule_does_not_act', `the breach was seen and nothing was taken back: ${said}`);
    case 'released':
    case 'held':
    case 'watch-continues':
      return failed('no_rule_fired', `every request counted as an error, and no rule took the release back: ${said}`);
    default:
      return failed('ended_early', `the release ended as ${decision} before there was anything to take back: ${said}`);
  }
}

/** A run that is started again has the record of its first attempt; and what was restored is watched after the record is closed. */
function whyNotThisOne(ended: string | undefined, said: string): RehearsalJudgement | undefined {
  if (ended === undefined || ended === 'rolled-back') return undefined;
  return ended === 'rollback-failed'
    ? failed('not_verified', `the domains are back, and what serves is not well: ${said}`)
    : failed('not_started', `this attempt rehearsed nothing, the record is that of an earlier one: ${said}`);
}

/** From the newest facts: a run that was started again has those of its first attempt, too. */
function timesOf({ facts, closedAt }: ReleaseRecord): RehearsalTimes | undefined {
  const last = (step: string, kind: string) => facts.findLast((fact) => fact.step === step && fact.kind === kind)?.at;
  const [promoted, decided] = [last('promote', 'outcome'), last('rollback', 'intent')];
  const back = last('rollback', 'outcome');
  if (promoted === undefined || decided === undefined || back === undefined || closedAt === undefined) return undefined;
  return { detection: decided - promoted, swap: back - decided, verified: closedAt - decided };
}

function failed(reasonCode: string, message: string): RehearsalJudgement {
  return { passed: false, reasonCode, summary: `The rehearsal failed: ${message}` };
}
