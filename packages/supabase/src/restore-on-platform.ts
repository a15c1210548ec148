import type { Clock } from '#http/clock';
import type { RestoreChoice } from './judge-platform-restore.ts';
import type { PlatformBackups } from './platform-backups.ts';
import { isAway } from './project-status.ts';
import { SupabaseError } from './supabase-error.ts';

const pollMs = 10_000;
/** How long the project may stay as it is after the platform was asked. */
const beginMs = 5 * 60_000;
const progressMs = 60_000;
/** States that a project may have of itself: they do not say that a restore began. */
const idle = /^(ACTIVE_HEALTHY|ACTIVE_UNHEALTHY|UNKNOWN)$/;

export type RestoreEnding =
  | { kind: 'restored'; seconds: number }
  /** Nothing began: the platform said no. */
  | { kind: 'refused'; reasonCode: string; message: string }
  /** It ended badly, or nobody can tell whether it began or ended. */
  | { kind: 'failed' | 'unknown'; reasonCode: string; message: string };

/** A restore of another run; `began`: it was seen RESTORING already, or the database itself will tell whether it took place. */
export interface AdoptedRestore {
  kind: 'adopted';
  began: boolean;
}

/**
 * Asks the platform once to go back, and watches the project until it is healthy again. For an adopted one nothing is asked, and
 * where nothing else tells only RESTORING is a sign of it: a project goes away for a restart, too. An answer that was lost is not
 * asked again; the state tells. @throws the abort reason only.
 */
export async function restoreOnPlatform(
  backups: PlatformBackups,
  wanted: RestoreChoice | AdoptedRestore,
  given: { clock: Clock; signal: AbortSignal; log: (line: string) => void; deadlineMs: number },
): Promise<RestoreEnding> {
  const { clock, signal, log } = given;
  const started = clock.now();
  const adopted = wanted.kind === 'adopted';
  const asked = adopted ? undefined : await ask(backups, wanted, signal);
  if (asked !== undefined && 'kind' in asked) return asked;
  if (asked?.lost === true) log('the answer of the platform was lost; its state tells whether the restore began');
  let began = adopted && wanted.began;
  let told = started;
  for (;;) {
    const status = await tryStatus(backups, signal, log);
    const elapsed = clock.now() - started;
    if (status !== undefined) began ||= adopted ? status === 'RESTORING' : !idle.test(status);
    if (status === 'ACTIVE_HEALTHY' && began) return { kind: 'restored', seconds: elapsed / 1000 };
    if (status === 'ACTIVE_HEALTHY' && adopted) {
      const message =
        'the project is healthy and was not seen RESTORING: it may have been restarted only. Look at Database > Backups in the dashboard and at the data';
      return { kind: 'unknown', reasonCode: 'restore_unknown', message };
    }
    if (status !== undefined && idle.test(status) && !began && elapsed >= beginMs) {
      const message = `the project has not gone away (${status}) for ${beginMs / 60_000} minutes after the platform was asked: it did not begin, or was done at once. Look at Database > Backups in the dashboard before you ask again`;
      return { kind: 'unknown', reasonCode: 'restore_unknown', message };
    }
    if (status !== undefined && !idle.test(status) && !isAway(status)) {
      const message = `the project is ${status}: the platform could not restore it. Ask Supabase support with the project's reference; the restore points are still there`;
      return { kind: 'failed', reasonCode: 'platform_restore_failed', message };
    }
    if (elapsed >= given.deadlineMs) {
      const message = `the project is not healthy after ${Math.round(elapsed / 60_000)} minutes (${status ?? 'no answer'}); the platform goes on. Run again with the same inputs: that waits, and asks for nothing`;
      return { kind: 'unknown', reasonCode: 'restore_late', message };
    }
    if (clock.now() - told >= progressMs) {
      told = clock.now();
      log(`the project is ${status ?? 'not answering'} after ${Math.round(elapsed / 60_000)} minutes`);
    }
    await clock.sleep(pollMs, signal);
  }
}

async function ask(
  backups: PlatformBackups,
  choice: RestoreChoice,
  signal: AbortSignal,
): Promise<{ lost: boolean } | Extract<RestoreEnding, { kind: 'refused' }>> {
  try {
    if (choice.kind === 'time') await backups.restoreToTime(choice.time);
    else await backups.restoreBackup(choice.id);
    return { lost: false };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SupabaseError)) throw error;
    if (error.reasonCode === 'supabase_unreachable') return { lost: true };
    return { kind: 'refused', reasonCode: error.reasonCode, message: error.message };
  }
}

/** Undefined while the API does not answer: the project is away, and so may be what stands before it. */
async function tryStatus(
  backups: PlatformBackups,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<string | undefined> {
  try {
    return await backups.projectStatus();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SupabaseError)) throw error;
    log(error.message);
    return undefined;
  }
}
