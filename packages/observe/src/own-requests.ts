// A row carries the time of the platform's clock, and a cold start lies between sending and logging.
const TOLERANCE_MS = 5000;

interface Sent {
  at: number;
  /** Where it went to the own address of one deployment; else whatever serves the environment answers it. */
  deploymentId: string | undefined;
  /** Found in the logs of a deployment. */
  found: boolean;
}

/** The requests that the watch itself sends, so that they are not taken for traffic of users. */
export class OwnRequests {
  private readonly byPath = new Map<string, Sent[]>();

  /** Notes a request right before it is sent; `at` in milliseconds, `deploymentId` where it goes to that one's own address. */
  sent(path: string, at: number, deploymentId?: string): void {
    this.byPath.set(path, [...(this.byPath.get(path) ?? []).slice(-1000), { at, deploymentId, found: false }]);
  }

  /** Whether a request in the logs of a deployment is one of ours; each of ours is found once, and never in the logs of another. */
  take(path: string | undefined, at: number, deploymentId: string): boolean {
    const sent = path === undefined ? undefined : this.byPath.get(path);
    const ours = sent?.find(
      (each) =>
        !each.found && Math.abs(each.at - at) <= TOLERANCE_MS && (each.deploymentId ?? deploymentId) === deploymentId,
    );
    if (ours) ours.found = true;
    return ours !== undefined;
  }

  /** How many were sent between two times (milliseconds), whatever their path and deployment: for counts of a whole project. */
  countBetween(from: number, until: number): number {
    let count = 0;
    for (const sent of this.byPath.values()) count += sent.filter(({ at }) => at >= from && at < until).length;
    return count;
  }
}
