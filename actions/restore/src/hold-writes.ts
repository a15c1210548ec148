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
  /** That they go on, and why that is allowed, or who may go on all the same; undefined: nobody. */
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
  const stop = already ? undefined : mark;
  try {
    const exceptions = await readExceptions(url, signal);
    const { ended, left } = already ? { ended: 0, left: [] } : await endEarlierSessions(url, signal);
    const free = [
      ...(exceptions.length === 0 ? [] : [`roles with a setting of their own: ${exceptions.join(', ')}`]),
      ...(left.length === 0 ? [] : [`sessions that could not be ended, of ${left.join(', ')}`]),
    ];
    const weakening = free.length === 0 ? undefined : `some may still write: ${free.join('; ')}`;
    const but = weakening === undefined ? '' : `; ${weakening}`;
    const before = found.restore === undefined ? '' : ', as an earlier run had left them';
    note(
      'Writes stopped',
      already
        ? `were stopped already, not by this run, which does not lift it${but}; ${howToResume}`
        : `new sessions are read-only${before}, proven by a refused write; ${ended} that were open were ended${but}`,
    );
    if (weakening !== undefined) logger.warning(`Weaker than standard: ${weakening}`);
    return { stop, already, weakening };
  } catch (error) {
    if (stop !== undefined) await liftStop({ url, mark: stop }, warn);
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
