import type { Clock } from '#http/clock';

/** How a promise ended, as a value: the way back goes on whatever GitHub says. */
export type Settled<T> = { value: T } | { error: unknown };

export async function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** Undefined when it takes longer. A timer left behind would hold the step, and the checks of the way back with it. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const given = new AbortController();
  const late = clock.sleep(ms, given.signal).then(
    () => undefined,
    () => undefined,
  );
  const first = await Promise.race([promise, late]);
  given.abort();
  return first;
}
