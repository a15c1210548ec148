import { notCriticalFailed, toldOnly } from './not-critical.ts';
import type { ProbeOutcome } from './probe.ts';

/** How a health gate ends. */
export interface HealthDecision {
  decision: 'pass' | 'fail' | 'could-not-run';
  reasonCode: string;
  /** One line for people. */
  summary: string;
}

// Waiting does not heal these.
const PERMANENT = new Set(['sso_wall', 'address_refused']);

/** Decides after each round whether the gate ends, and how; undefined: ask again. A round passes when all of its critical checks do. */
export function decideHealth(
  rounds: readonly (readonly ProbeOutcome[])[],
  { consecutive, lastChance, deadlineMs }: { consecutive: number; lastChance: boolean; deadlineMs: number },
): HealthDecision | undefined {
  if (rounds.at(-1)?.length === 0) {
    const summary = 'The list of checks is empty: nothing was asked, so nothing is known';
    return { decision: 'could-not-run', reasonCode: 'no_checks', summary };
  }
  const passes = passesInARow(rounds);
  if (passes >= consecutive) return passed(rounds, consecutive);
  const problem = problemOf(rounds.at(-1));
  const stuck =
    problem && PERMANENT.has(problem.reasonCode) && problemOf(rounds.at(-2))?.reasonCode === problem.reasonCode;
  if (!lastChance && !stuck) return undefined;
  const waited = stuck ? 'waiting would not change it' : `not healthy within ${deadlineMs / 1000} s`;
  if (!problem) {
    const summary = `Only ${passes} of ${consecutive} passes in a row within ${deadlineMs / 1000} s`;
    return { decision: 'fail', reasonCode: 'not_healthy_in_time', summary };
  }
  const { name, url, message, reasonCode, outcome } = problem;
  const summary = `${name} (${url}): ${message}; ${waited}`;
  return { decision: outcome === 'fail' ? 'fail' : 'could-not-run', reasonCode, summary };
}

function passed(rounds: readonly (readonly ProbeOutcome[])[], consecutive: number): HealthDecision {
  const failedBefore = rounds.filter((round) => problemOf(round)).length;
  const checks = rounds.at(-1)?.filter(({ outcome }) => outcome === 'pass').length ?? 0;
  const clean = `${checks} ${checks === 1 ? 'check' : 'checks'} passed ${consecutive} times in a row`;
  const told = toldOnly(rounds.at(-1) ?? []);
  if (told !== undefined) return { decision: 'pass', reasonCode: notCriticalFailed, summary: `${clean}; ${told}` };
  if (failedBefore === 0) return { decision: 'pass', reasonCode: 'healthy', summary: clean };
  const summary = `${clean}, after ${failedBefore} ${failedBefore === 1 ? 'round' : 'rounds'} with failures`;
  return { decision: 'pass', reasonCode: 'healthy_after_failures', summary };
}

function passesInARow(rounds: readonly (readonly ProbeOutcome[])[]): number {
  const lastFailed = rounds.findLastIndex((round) => problemOf(round));
  return rounds.length - 1 - lastFailed;
}

/** The first thing wrong in a round that counts; a failure counts before a check that could not run. */
function problemOf(round: readonly ProbeOutcome[] | undefined): ProbeOutcome | undefined {
  const critical = round?.filter((each) => each.critical !== false);
  return (
    critical?.find((each) => each.outcome === 'fail') ?? critical?.find((each) => each.outcome === 'could-not-run')
  );
}
