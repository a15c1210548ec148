import type { Clock } from '#http/clock';

/** A clock that runs faster than the machine's: waits of a minute in a second, in their true order. */
export function hurriedClock(times: number): Clock {
  const startedAt = Date.now();
  const from = performance.now();
  return {
    now: () => startedAt + (performance.now() - from) * times,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const giveUp = (): void => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        }, Math.max(0, ms) / times);
        signal?.addEventListener('abort', giveUp, { once: true });
      }),
  };
}
