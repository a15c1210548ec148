import { setTimeout as delay } from 'node:timers/promises';

/**
 * What a second connection sees of a session that does not answer. `refused`: the server answers, and does not let us look.
 * `rejected`: it no longer takes our name and password, and will not do so by itself.
 */
export type SessionLook = 'working' | 'refused' | 'rejected' | 'idle' | 'gone' | 'no-answer';

/** Nothing will come over this connection any more; what its last statement did is not known from this. */
export class ConnectionSilent extends Error {
  readonly reasonCode = 'connection_silent';
  constructor(quietMs: number, look: SessionLook) {
    super(
      `the connection fell silent: nothing was heard for ${Math.round(quietMs / 1000)} s, and ${reasons[look] ?? ''}`,
    );
    this.name = 'ConnectionSilent';
  }
}

const reasons: Partial<Record<SessionLook, string>> = {
  idle: 'a second connection sees that the server works on nothing for it, so that its answer was lost on the way',
  gone: 'a second connection sees that the server has ended its session',
  rejected: 'a second connection is no longer let in, so that nobody sees whether the server works on it',
  'no-answer': 'a second connection is not answered either',
};

/**
 * True when the last two looks saw nobody at work: one alone may have come between the end of a statement and its answer.
 * A statement that runs for hours is `working`, and a server that lets nobody else in is no proof against it; one that has rejected us
 * for `rejectedTooLong` will never show what it does. Pure.
 */
export function isSilent(looks: readonly SessionLook[], rejectedTooLong: boolean): boolean {
  const [before, last] = looks.slice(-2);
  const nobody = (look: SessionLook | undefined) =>
    look !== undefined && look !== 'working' && look !== 'refused' && (look !== 'rejected' || rejectedTooLong);
  return nobody(before) && nobody(last);
}

/** In units of `quietMs`: an hour with the standard. Shorter would end a long statement whose password was changed meanwhile. */
const rejectedLimit = 240;

export interface SilenceWatch {
  /** Waits for an answer, under watch. */
  during<T>(answer: Promise<T>): Promise<T>;
}

/**
 * Ends a connection whose path is dead while the sockets look alive, as behind a proxy that has fallen silent: TCP's own
 * keepalive sees only the next hop (S28). While an answer is awaited and nothing moves for `quietMs`, `look` is asked,
 * more rarely where the server is at work. With the standard of 15 s an answer that was lost is given up within two minutes of
 * the end of its statement.
 */
export function watchSilence(given: {
  quietMs: number;
  /** Any value that changes when something was received or sent. */
  moved(): string;
  look(): Promise<SessionLook>;
  hangUp(reason: ConnectionSilent): void;
}): SilenceWatch {
  let waiting = 0;
  let watching = new AbortController();
  return {
    async during(answer) {
      waiting += 1;
      if (waiting === 1) {
        watching = new AbortController();
        watch(watching.signal).catch(() => {});
      }
      try {
        return await answer;
      } finally {
        waiting -= 1;
        if (waiting === 0) watching.abort();
      }
    },
  };

  async function watch(signal: AbortSignal): Promise<void> {
    let seen = given.moved();
    let since = performance.now();
    let looks: SessionLook[] = [];
    let pause = given.quietMs;
    for (;;) {
      await delay(pause, undefined, { signal, ref: false });
      if (given.moved() === seen) looks.push(await given.look());
      if (signal.aborted) return;
      const now = given.moved();
      if (now !== seen) {
        seen = now;
        since = performance.now();
        looks = [];
        pause = given.quietMs;
        continue;
      }
      const last = looks.at(-1) ?? 'working';
      const silentMs = performance.now() - since;
      if (isSilent(looks, silentMs > rejectedLimit * given.quietMs))
        return given.hangUp(new ConnectionSilent(silentMs, last));
      pause = last === 'working' ? Math.min(pause * 2, given.quietMs * 4) : given.quietMs;
    }
  }
}
