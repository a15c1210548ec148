import type { Clock } from '#http/clock';

/** A clock that jumps to the next sleeper as soon as everything else rests: an hour's watch in milliseconds. */
export class SimulatedClock implements Clock {
  private time: number;
  private sleepers: { at: number; wake: () => void }[] = [];
  private scheduled = false;

  private held = 0;

  constructor(startsAt = 1_700_000_000_000) {
    this.time = startsAt;
  }

  /** Time stands still until as many `letGo` have come. */
  hold(): void {
    this.held += 1;
  }

  letGo(): void {
    this.held -= 1;
  }

  /** The same work, for which time stands still: a real request takes none of it. */
  busy<A extends unknown[], T>(work: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return async (...args) => {
      this.hold();
      return await work(...args).finally(() => this.letGo());
    };
  }

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.time + Math.max(0, ms), wake: resolve };
      const giveUp = (): void => {
        this.sleepers = this.sleepers.filter((each) => each !== sleeper);
        reject(signal?.reason);
      };
      sleeper.wake = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.sleepers.push(sleeper);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.held > 0) return void setTimeout(() => this.schedule(), 1);
      const next = this.sleepers.toSorted((a, b) => a.at - b.at)[0];
      if (!next) return;
      this.sleepers = this.sleepers.filter((each) => each !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
      if (this.sleepers.length > 0) this.schedule();
    });
  }
}
