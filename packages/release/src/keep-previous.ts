import type { ReleaseSettings } from '#config/settings';
import type { Clock } from '#http/clock';
import type { ProbeOutcome } from '#probe/probe';
import { elapsed } from './elapsed.ts';
import { nameOf } from './name-of-target.ts';

/** How long `release` keeps the previous deployment proven warm, milliseconds; undefined: it is kept, and nobody looks at it. Pure. */
export function keepTimeOf({ keepPreviousMs, strategy }: ReleaseSettings): number | undefined {
  return keepPreviousMs ?? (strategy === 'blue-green' ? 15 * 60_000 : undefined);
}

/** What was seen of the deployment that served before, while it is kept to go back to. */
export interface PreviousKept {
  deploymentId: string;
  version?: string | undefined;
  /** As it was at the last look; `unknown` where nothing could be asked. */
  state: 'warm' | 'cold' | 'gone' | 'unknown';
  rounds: number;
  /** Rounds in which it answered. */
  answered: number;
  slowestMs: number;
  /** How long it was looked at, and how long ops.yml keeps it; milliseconds. */
  provenMs: number;
  keepMs: number;
}

type Round = 'answers' | 'silent' | 'gone' | 'unknown';

/** Rounds without an answer in a row, from which on it is told as cold: one may be a hiccup. */
const coldAfter = 2;

interface Given {
  target: { deploymentId: string; version?: string | undefined };
  keepMs: number;
  everyMs: number;
  /** One round of checks at its own address. */
  probe(): Promise<readonly ProbeOutcome[]>;
  /** Whether Vercel has it ready; asked at the start, and where a check fails. */
  isReady(): Promise<boolean>;
  /** Tells without being waited for: the next round is due, and a verdict may be. */
  tell(line: string): void;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Proves for a stated time that the deployment that served before can serve again: probed at its own address, once per interval.
 * What becomes of it is told at once, each change once. `over` ends by `keepMs` or the signal and never rejects; `known` says at any
 * time what was seen so far, for whoever cannot wait for a round that is under way. Times in milliseconds.
 */
export function keepPrevious(given: Given): { known(): PreviousKept; over: Promise<void> } {
  const { target, keepMs } = given;
  const kept: PreviousKept = { ...target, state: 'unknown', rounds: 0, answered: 0, slowestMs: 0, provenMs: 0, keepMs };
  return { known: () => ({ ...kept }), over: lookAfter(kept, given) };
}

async function lookAfter(kept: PreviousKept, given: Given): Promise<void> {
  const { target, keepMs, everyMs, clock, signal } = given;
  const startedAt = clock.now();
  let silent = 0;
  if ((await given.isReady().catch(() => undefined)) === false) {
    kept.state = 'gone';
    given.tell(describeChange(target, 'unknown', 'gone') ?? '');
    return;
  }
  for (let next = startedAt; ; next += everyMs) {
    const outcomes = await given.probe().catch(() => []);
    if (signal.aborted) return;
    const round = await judgeRound(outcomes, given.isReady);
    if (signal.aborted) return;
    if (round !== 'unknown') kept.rounds += 1;
    if (round === 'answers') kept.answered += 1;
    silent = round === 'silent' ? silent + 1 : round === 'answers' ? 0 : silent;
    kept.slowestMs = Math.max(kept.slowestMs, ...outcomes.map(({ durationMs }) => Math.round(durationMs)));
    kept.provenMs = Math.min(keepMs, clock.now() - startedAt);
    const state = stateAfter(round, silent, kept.state);
    const told = describeChange(target, kept.state, state);
    kept.state = state;
    if (told !== undefined) given.tell(told);
    // What is deleted does not come back.
    if (state === 'gone' || clock.now() + everyMs > startedAt + keepMs) return;
    try {
      await clock.sleep(Math.max(0, next + everyMs - clock.now()), signal);
    } catch {
      return;
    }
  }
}

/** A check that the older version does not know is an answer; a deployment that Vercel has not ready is gone. */
async function judgeRound(outcomes: readonly ProbeOutcome[], isReady: () => Promise<boolean>): Promise<Round> {
  const ran = outcomes.filter(({ outcome }) => outcome !== 'could-not-run');
  if (ran.length === 0) return 'unknown';
  const failing = ran.filter(({ outcome }) => outcome === 'fail');
  if (failing.length === 0) return 'answers';
  const ready = await isReady().catch(() => undefined);
  if (ready === false) return 'gone';
  return failing.every(isUnknownThere) ? 'answers' : 'silent';
}

function isUnknownThere({ status = 0 }: ProbeOutcome): boolean {
  return status === 404 || status === 405;
}

function stateAfter(round: Round, silent: number, before: PreviousKept['state']): PreviousKept['state'] {
  if (round === 'gone') return 'gone';
  if (round === 'answers') return 'warm';
  return silent >= coldAfter ? 'cold' : before;
}

function describeChange(
  target: { deploymentId: string; version?: string | undefined },
  before: PreviousKept['state'],
  after: PreviousKept['state'],
): string | undefined {
  if (before === after) return undefined;
  const name = `The deployment to go back to, ${nameOf(target)},`;
  if (after === 'gone') return `${name} is gone: Vercel does not have it ready. A way back takes the next proven one.`;
  if (after === 'cold') return `${name} does not answer at its own address: a way back to it may not help.`;
  return before === 'cold' ? `${name} answers again at its own address.` : undefined;
}

/** One sentence for record, message and summary. Pure. */
export function describePrevious(kept: PreviousKept): string {
  const { rounds, answered, slowestMs, provenMs, keepMs } = kept;
  const name = nameOf(kept);
  if (kept.state === 'gone') return `${name}, which served before, is gone`;
  if (rounds === 0) return `${name}, which served before, could not be asked whether it is warm`;
  const shorter = provenMs + 1000 < keepMs ? ` of ${elapsed(keepMs)}: then the watch was over` : '';
  const seen = `${answered} of ${rounds} rounds answered at its own address, the slowest after ${slowestMs} ms`;
  const word = kept.state === 'cold' ? 'does not answer any more' : 'was kept warm';
  return `${name}, which served before, ${word} (${seen}; ${elapsed(provenMs)}${shorter})`;
}
