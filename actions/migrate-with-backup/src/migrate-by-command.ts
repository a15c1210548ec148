import { openMigrationSession } from '#postgres/migration-session';
import type { Ending } from './describe-ending.ts';
import type { Migration, MigrationPorts } from './migrate.ts';
import { commandIntent } from './migration-ledger.ts';
import type { MigrateOptions } from './plan-options.ts';
import { provenBackup } from './proven-backup.ts';

/** Another tool migrates (MIG-07): lock, proven backup, the command, then the command that verifies. */
export async function migrateByCommand(
  options: MigrateOptions & { url: string; command: string },
  ports: MigrationPorts,
): Promise<Migration> {
  const { command } = options;
  if (options.mode === 'plan') {
    const after = options.backup === 'required' ? 'after a proven backup' : 'without a backup';
    return {
      kind: 'decided',
      ending: ['planned', 'plan_only', `Plan: "${command}" would run ${after}; nothing was changed`],
    };
  }
  if (ports.inRelease && options.apply !== 'automatic') return await leftToAPerson(options, command, ports);
  const problem = options.backup === 'required' ? await ports.checkBackup() : undefined;
  if (problem !== undefined) return { kind: 'no-backup-possible', ...problem };
  try {
    await ports.record('intent', 'command', 'own migration command', commandIntent);
  } catch (error) {
    return { kind: 'not-recorded', message: (error as Error).message };
  }
  const session = await openMigrationSession(options.url, { signal: ports.signal });
  try {
    const { backup, failed } = await provenBackup(session, options, ports);
    if (failed !== undefined) return failed;
    const point = backup === undefined ? '' : `; restore point: ${backup.manifest.object.file}`;
    const made = backup === undefined ? {} : { backup };
    const outcome = await session.whileIdle(() => ports.run(command));
    if (!outcome.ok) {
      const summary = `${outcome.message}; what it changed before that stays${point}`;
      return { kind: 'decided', ending: ['failed', outcome.reasonCode, summary], ...made };
    }
    const verification = options.verifyCommand === undefined ? undefined : await ports.run(options.verifyCommand);
    if (verification !== undefined && !verification.ok) {
      const summary = `"${command}" succeeded and its verification did not: ${verification.message}${point}`;
      return { kind: 'decided', ending: ['failed', 'verify_command_failed', summary], ...made };
    }
    const verified = verification === undefined ? '' : `, verified by "${options.verifyCommand}"`;
    const summary = `"${command}" succeeded in ${outcome.seconds.toFixed(1)} s${verified}`;
    return { kind: 'decided', ending: ['applied', 'command_succeeded', summary], ...made };
  } finally {
    await session.close();
  }
}

/** Whether a person has run the command only the command that verifies can tell; without one nobody would know. */
async function leftToAPerson(
  options: MigrateOptions,
  command: string,
  ports: Pick<MigrationPorts, 'run'>,
): Promise<Migration> {
  const decide = (...ending: Ending): Migration => ({ kind: 'decided', ending });
  const { verifyCommand, apply } = options;
  const byHand = `database.apply is ${apply}: run "${command}" through migrate-with-backup by hand first, then release`;
  if (verifyCommand === undefined) {
    const how = 'with database.verify-command a release can see that it was';
    return decide('refused', 'applied_by_hand', `${byHand}; ${how}; nothing was changed`);
  }
  const verified = await ports.run(verifyCommand);
  if (!verified.ok) return decide('refused', 'applied_by_hand', `${verified.message}; ${byHand}; nothing was changed`);
  const summary = `"${command}" is left to a person (database.apply: ${apply}), and "${verifyCommand}" says that the database has what this commit needs`;
  return decide('nothing-pending', 'verified_by_command', summary);
}
