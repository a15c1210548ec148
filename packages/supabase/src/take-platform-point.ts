import type { Clock } from '#http/clock';
import type { PlatformBackups, PlatformState } from './platform-backups.ts';
import { SupabaseError } from './supabase-error.ts';

/** How old the newest restorable moment may be, in seconds. */
const youngSeconds = 10 * 60;
const pollMs = 5_000;
const pointDeadlineMs = 10 * 60 * 1000;

type Refusal = { reasonCode: string; message: string };

/** What the platform offers right now; a `point` has to be asked for. Pure. */
export function judgePlatform(
  state: PlatformState,
  /** Unix seconds. */
  now: number,
): { kind: 'point-in-time' | 'point'; message: string } | ({ kind: 'refused' } & Refusal) {
  const { status, pointInTime, physical, earliest, latest, daily } = state;
  const refuse = (reasonCode: string, message: string) => ({ kind: 'refused' as const, reasonCode, message });
  if (status === 'INACTIVE' || status === 'PAUSING') {
    return refuse('project_paused', 'the Supabase project is paused: restore it in the dashboard, then run again');
  }
  if (status !== 'ACTIVE_HEALTHY') return refuse('project_not_ready', `the Supabase project is ${status}`);
  const age = latest === undefined ? undefined : now - latest;
  if (pointInTime && latest !== undefined && age !== undefined && age <= youngSeconds) {
    const window = earliest === undefined ? '' : `, back to ${moment(earliest)}`;
    return {
      kind: 'point-in-time',
      message: `point-in-time recovery to ${moment(latest)}${window}`,
    };
  }
  if (!pointInTime && !physical && daily === 0) {
    return refuse(
      'platform_backup_not_offered',
      'the plan of this Supabase project does not offer backups of the platform: use backup: required',
    );
  }
  const off =
    age === undefined
      ? 'the platform names no moment of it'
      : `its newest moment is ${Math.round(age / 60)} minutes old (limit ${youngSeconds / 60})`;
  return {
    kind: 'point',
    message: pointInTime ? `point-in-time recovery is on, and ${off}` : 'point-in-time recovery is off',
  };
}

/**
 * A moment that the platform can go back to: point-in-time recovery that is young enough, else a named restore point that has
 * become available. What it is, or why there is none; throws the abort reason only.
 */
export async function takePlatformPoint(
  backups: PlatformBackups,
  given: { name: string; clock: Clock; signal: AbortSignal; log: (line: string) => void },
): Promise<{ point: string } | Refusal> {
  const { name, clock, signal, log } = given;
  try {
    const offered = judgePlatform(await backups.read(), clock.now() / 1000);
    if (offered.kind === 'point-in-time') return { point: offered.message };
    if (offered.kind === 'refused') return offered;
    log(`${offered.message}: asking for restore point ${name}`);
    await create(backups, name);
    const deadline = clock.now() + pointDeadlineMs;
    for (;;) {
      const status = await backups.pointStatus(name);
      if (status === 'AVAILABLE') return { point: `restore point ${name} of the platform` };
      if (status !== 'PENDING') {
        return { reasonCode: 'restore_point_failed', message: `restore point ${name} of the platform is ${status}` };
      }
      if (clock.now() >= deadline) {
        const message = `restore point ${name} of the platform was not available within ${pointDeadlineMs / 60_000} minutes`;
        return { reasonCode: 'restore_point_late', message };
      }
      await clock.sleep(pollMs, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SupabaseError)) throw error;
    return { reasonCode: error.reasonCode, message: error.message };
  }
}

/** An answer that was lost says nothing: the point itself does. */
async function create(backups: PlatformBackups, name: string): Promise<void> {
  try {
    await backups.createPoint(name);
  } catch (error) {
    if (!(error instanceof SupabaseError) || error.reasonCode !== 'supabase_unreachable') throw error;
    await backups.pointStatus(name);
  }
}

function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
