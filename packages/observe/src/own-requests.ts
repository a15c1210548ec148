// A row carries the time of the platform's clock, and a cold start lies between sending and logging.
const TOLERANCE_MS = 5000;

/** The requests that the watch itself sends, so that they are not taken for traffic of users. */
export class OwnRequests {
  private readonly sentAt = new Map<string, number[]>();

  /** Notes a request right before it is sent; `at` in milliseconds. */
  sent(path: string, at: number): void {
    this.sentAt.set(path, [...(this.sentAt.get(path) ?? []).slice(-1000), at]);
  }

  /** Whether a logged request is one of ours; each of ours is found once. */
  take(path: string | undefined, at: number): boolean {
    const times = path === undefined ? undefined : this.sentAt.get(path);
    const index = times?.findIndex((time) => Math.abs(time - at) <= TOLERANCE_MS) ?? -1;
    if (index === -1) return false;
    times?.splice(index, 1);
    return true;
  }

  /** How many were sent between two times (milliseconds), whatever their path. */
  countBetween(from: number, until: number): number {
    let count = 0;
    for (const times of this.sentAt.values()) count += times.filter((at) => at >= from && at < until).length;
    return count;
  }
}
