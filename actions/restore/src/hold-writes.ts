import { randomUUID } from 'node:crypto';
import type { Runner } from '#action-kit/runner';
import { writableUrl } from '#postgres/database-url';
import { proveWritable } from '#postgres/doctor/read-only-mode';
import type { Note } from './checklist.ts';
import { endEarlierSessions, howToResume, liftStop, readExceptions, readStop, stopWrites } from './write-stop.ts';

/** How writes are stopped while a restore is under way. */
export interface HeldWrites {
  /** Mark of this run's stop of writes in the database itself; undefined: it set none. */
  stop: string | undefined;
  /** Writes were stopped before this run, by a person: it never lifts that. */
  already: boolean;
  /** That they go on, and why that is allowed; undefined: they do not. */
  weakening: string | undefined;
}

/**
 * Stops writes where our role may: new sessions are read-only, and those that are open end, so that the app comes back without the
 * right to write. The stop that an earlier run left becomes this one's. Where they cannot be stopped it is refused, unless the workflow
 * gives a reason to go on. @throws DatabaseUnreachable, or the abort reason
 */
export async function holdWrites(
  runner: Runner,
  given: {
    url: string;
    deadlineMs: number;
    note: Note;
    /** This run itself writes meanwhile, with `writableUrl`. */
    writes: boolean;
    /** Why to go on where writes cannot be stopped. */
    reason: string | undefined;
  },
): Promise<HeldWrites | { reasonCode: string; message: string }> {
  const { clock, logger, signal } = runner;
  const { url, note, reason } = given;
  const found = await readStop(url, signal);
  const already = found.on && found.restore === undefined;
  const mark = randomUUID().slice(0, 8);
  const until = clock.now() / 1000 + 2 * (given.deadlineMs / 1000);
  const warn = (line: string) => logger.warning(line);
  const refused = already
    ? undefined
    : ((await stopWrites({ url, mark }, until, { signal, warn })) ?? (await lockedOut(runner, { ...given, mark })));
  if (refused !== undefined) {
    note('Writes stopped', `no: ${refused}${reason === undefined ? '' : `; gone on with, because: ${reason}`}`);
    if (reason === undefined) {
      const message = `writes cannot be stopped: ${refused}; write-stop-reason in the workflow says why to go on all the same`;
      return { reasonCode: 'writes_not_stopped', message };
    }
    const weakening = `writes are not stopped (${refused}): ${reason}`;
    logger.warning(`Weaker than standard: ${weakening}`);
    return { stop: undefined, already, weakening };
  }
  const held = { stop: already ? undefined : mark, already, weakening: undefined };
  try {
    const exceptions = await readExceptions(url, signal);
    const own = exceptions.length === 0 ? '' : `; not for ${exceptions.join(', ')}, with a setting of their own`;
    if (already) {
      note('Writes stopped', `were stopped already, not by this run, which does not lift it${own}; ${howToResume}`);
      return held;
    }
    const { ended, left } = await endEarlierSessions(url, signal);
    const before = found.restore === undefined ? '' : ', as an earlier run had left them';
    const still = left.length === 0 ? '' : `, and those of ${left.join(', ')} could not be ended, so they may write`;
    note(
      'Writes stopped',
      `new sessions are read-only${before}, proven by a refused write${own}; ${ended} that were open were ended${still}`,
    );
    if (own !== '' || still !== '') logger.warning(`Some may still write${own}${still}`);
    return held;
  } catch (error) {
    if (held.stop !== undefined) await liftStop({ url, mark: held.stop }, warn);
    throw error;
  }
}

/** Why this run would stop itself, too; then the stop is lifted again. */
async function lockedOut(
  { logger, signal }: Runner,
  { url, mark, writes }: { url: string; mark: string; writes: boolean },
): Promise<string | undefined> {
  if (!writes) return undefined;
  let free = false;
  try {
    free = (await proveWritable(writableUrl(url), signal)) === 'possible';
  } finally {
    if (!free) await liftStop({ url, mark }, (line) => logger.warning(line));
  }
  return free
    ? undefined
    : 'the pooler does not hand on the options of a session, so the restore itself could not write';
}
