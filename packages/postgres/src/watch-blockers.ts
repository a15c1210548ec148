import { setTimeout as delay } from 'node:timers/promises';
import { connect } from './connection.ts';
import { blockersOf, describeBlocker, type LockHolder } from './migration-lock.ts';

/** Who stood in the way of a statement; filled while it waits. */
export interface BlockerWatch {
  /** The sessions seen last. */
  readonly blockers: readonly LockHolder[];
  stop(): Promise<void>;
}

/** Looks, over a connection of its own, whom a session waits for. Opened only when a statement takes longer than `afterMs`. */
export function watchBlockers(given: {
  url: string;
  pid: number;
  afterMs: number;
  /** The time counts from here: what was sent ahead of its turn waits for its turn, not for a lock. */
  turn?: Promise<unknown>;
  log: (line: string) => void;
}): BlockerWatch {
  const stopping = new AbortController();
  let blockers: readonly LockHolder[] = [];
  const watching = watch();
  return {
    get blockers() {
      return blockers;
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };

  async function watch(): Promise<void> {
    try {
      const stopped = new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
      await Promise.race([given.turn, stopped]);
      await delay(given.afterMs, undefined, { signal: stopping.signal });
      const observer = await connect(given.url, {
        applicationName: 'ops-actions observer',
        signal: stopping.signal,
        statementTimeoutMs: 5_000,
      });
      try {
        let announced = '';
        for (;;) {
          const seen = await blockersOf(observer, given.pid);
          if (seen.length > 0) blockers = seen;
          const names = seen.map(describeBlocker).join(', ');
          const pids = seen.map((holder) => holder.pid).join();
          if (pids !== announced && names !== '')
            given.log(`waiting for a lock that ${names} holds${lastStatements(seen)}`);
          announced = pids;
          await delay(500, undefined, { signal: stopping.signal });
        }
      } finally {
        await observer.close();
      }
    } catch {
      // Stopped, or no further connection was to be had: the report is then without names.
    }
  }
}

function lastStatements(holders: readonly LockHolder[]): string {
  const known = holders.flatMap(({ pid, statement }) => (statement === undefined ? [] : [`${pid}: ${statement}`]));
  return known.length === 0 ? '' : `; last statement of ${known.join('; of ')}`;
}
