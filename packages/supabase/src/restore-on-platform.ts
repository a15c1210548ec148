import type { Clock } from '#http/clock';
import type { RestoreChoice } from './judge-platform-restore.ts';
import type { PlatformBackups } from './platform-backups.ts';
import { SupabaseError } from './supabase-error.ts';

const pollMs = 10_000;
/** How long the project may stay as it is after the platform was asked. */
const beginMs = 5 * 60_000;
const progressMs = 60_000;
/** States that a project may have of itself: they do not say that a restore began. */
const idle = /^(ACTIVE_HEALTHY|ACTIVE_UNHEALTHY|UNKNOWN)$/;
/** States in which the platform works on the project. */
const working = /^(RESTORING|COMING_UP|GOING_DOWN|RESTARTING|UPGRADING|RESIZING)$/;

export type RestoreEnding =
  | { kind: 'restored'; seconds: number }
  /** Nothing began: the platform said no. */
  | { kind: 'refused'; reasonCode: string; message: string }
  /** It ended badly, or nobody can tell whether it began or ended. */
  | { kind: 'failed' | 'unknown'; reasonCode: string; message: string };

/**
 * Asks the platform once to go back, and watches the project until it is healthy again. With `choice` undefined nothing is
 * asked: a restore that another run began is waited for. An answer that was lost is not asked again; the state tells.
 * @throws the abort reason only.
 */
export async function restoreOnPlatform(
  backups: PlatformBackups,
  choice: RestoreChoice | undefined,
  given: { clock: Clock; signal: AbortSignal; log: (line: string) => void; deadlineMs: number },
): Promise<RestoreEnding> {
  const { clock, signal, log } = given;
  const started = clock.now();
  const asked = choice === undefined ? undefined : await ask(backups, choice, signal);
  if (asked !== undefined && 'kind' in asked) return asked;
  if (asked?.lost === true) log('the answer of the platform was lost; its state tells whether the restore began');
  // One that another run began is seen at once.
  let began = choice === undefined;
  let told = started;
  for (;;) {
    const status = await tryStatus(backups, signal, log);
    const elapsed = clock.now() - started;
    if (status !== undefined) began ||= !idle.test(status);
    if (status === 'ACTIVE_HEALTHY' && began) return { kind: 'restored', seconds: elapsed / 1000 };
    if (status !== undefined && !began && elapsed >= beginMs) {
      const message = `the project has not gone away (${status}) for ${beginMs / 60_000} minutes after the platform was asked: it did not begin, or was done at once. Look at Database > Backups in the dashboard before you ask again`;
      return { kind: 'unknown', reasonCode: 'restore_unknown', message };
    }
    if (status !== undefined && !idle.test(status) && !working.test(status)) {
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
