import assert from 'node:assert/strict';
import type { RunnerEvent } from '#local-runner/run-composite';

/** Presses the cancel button as soon as a condition holds. */
export function cancelWhen(holds: (events: readonly RunnerEvent[]) => boolean) {
  const button = new AbortController();
  const events: RunnerEvent[] = [];
  let pressedAt = 0;
  const timer = setInterval(() => {
    if (!holds(events)) return;
    clearInterval(timer);
    pressedAt = Date.now();
    button.abort();
  }, 20).unref();
  return {
    signal: button.signal,
    onEvent: (event: RunnerEvent) => void events.push(event),
    /** Seconds from the cancellation to now; fails where nothing was cancelled. */
    secondsSince(): number {
      clearInterval(timer);
      assert.notEqual(pressedAt, 0, 'the run ended before it was cancelled');
      return (Date.now() - pressedAt) / 1000;
    },
  };
}

/** The watch has said something: it is running. */
export const watching = (events: readonly RunnerEvent[]): boolean =>
  events.some(({ kind, path }) => kind === 'line' && path.join('/') === 'deploy/watch');
