/** Our own checks of one day, in UTC. */
export interface CheckedDay {
  /** Days since the epoch. */
  day: number;
  /** Requests that were sent, and those that failed. */
  ran: number;
  failed: number;
}

/** What our own checks have seen so far; a run adds one round to it. */
export interface Uptime {
  /** Oldest first, at most `keptDays`. */
  days: CheckedDay[];
  /** Rounds in a row, up to the newest, in which a check failed. */
  failedInRow: number;
}

/** A month, and the rest of its first day. */
const keptDays = 31;
const daySeconds = 86_400;

/** Adds one round; `at` in Unix seconds. A round in which nothing could be sent changes nothing. Pure. */
export function addRound(uptime: Uptime, round: { at: number; ran: number; failed: number }): Uptime {
  if (round.ran === 0) return uptime;
  const day = Math.floor(round.at / daySeconds);
  const today = uptime.days.find((each) => each.day === day) ?? { day, ran: 0, failed: 0 };
  const others = uptime.days.filter((each) => each.day !== day && each.day > day - keptDays);
  const added = { day, ran: today.ran + round.ran, failed: today.failed + round.failed };
  return { days: [...others, added], failedInRow: round.failed > 0 ? uptime.failedInRow + 1 : 0 };
}

/** Checks of the days that a period (seconds) reaches into, the present one with it. Pure. */
export function checksOver(uptime: Uptime, periodSeconds: number, now: number): { ran: number; failed: number } {
  const from = Math.floor((now - periodSeconds) / daySeconds);
  const sum = { ran: 0, failed: 0 };
  for (const { day, ran, failed } of uptime.days) {
    if (day < from) continue;
    sum.ran += ran;
    sum.failed += failed;
  }
  return sum;
}
