import { cleanText } from '#http/text';
import { databaseErrorFacts } from '#postgres/database-error';
import { MigrationLockTaken, type MigrationSession } from '#postgres/migration-session';
import type { MigrationPorts } from './migrate.ts';
import type { CommandOutcome } from './run-command.ts';

/**
 * Runs a command of the consumer's while the session keeps the lock. Where somebody else has taken that, two would migrate (I9): the
 * command is stopped. What it did has to be told, whatever becomes of the session. @throws the abort reason.
 */
export async function runUnderLock(
  session: Pick<MigrationSession, 'whileIdle'>,
  command: string,
  ports: Pick<MigrationPorts, 'run' | 'signal'>,
): Promise<CommandOutcome> {
  let ended: CommandOutcome | undefined;
  try {
    return await session.whileIdle(async (lockTaken) => {
      ended = await ports.run(command, lockTaken);
      return ended;
    });
  } catch (error) {
    if (ports.signal.aborted) throw error;
    const name = `"${cleanText(command, 120)}"`;
    const { message } = databaseErrorFacts(error);
    if (error instanceof MigrationLockTaken)
      return { ok: false, reasonCode: error.reasonCode, message: `${name} was stopped: ${message}` };
    if (ended === undefined) throw error;
    const how = ended.ok ? `${name} succeeded` : ended.message;
    return {
      ok: false,
      reasonCode: 'migration_lock_lost',
      message: `${how}, and the session that holds the migration lock was lost and could not be opened again: ${message}`,
    };
  }
}

/** True where the session that migrates is gone: nothing more may be changed (I9). Pure. */
export function isLockLost({ reasonCode }: { reasonCode: string }): boolean {
  return ['migration_lock_taken', 'migration_lock_lost', 'objects_not_read'].includes(reasonCode);
}
