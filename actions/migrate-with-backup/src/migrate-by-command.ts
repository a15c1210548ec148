import { databaseErrorFacts } from '#postgres/database-error';
import { findLostCritical } from '#postgres/find-lost-critical';
import type { MigrationSession } from '#postgres/migration-session';
import { approvalOfCommand } from '#release/migration-approval';
import { isLeftToAPerson, notApproved } from './approval.ts';
import type { Ending } from './describe-ending.ts';
import type { Migration, MigrationPorts } from './migrate.ts';
import { commandIntent } from './migration-ledger.ts';
import { openSession } from './open-session.ts';
import type { MigrateOptions } from './plan-options.ts';
import { provenBackup } from './proven-backup.ts';
import { runUnderLock } from './run-under-lock.ts';

/** Another tool migrates (MIG-07): lock, proven backup, the command, then the command that verifies. */
export async function migrateByCommand(
  options: MigrateOptions & { url: string; command: string },
  ports: MigrationPorts,
): Promise<Migration> {
  const { command } = options;
  const digest =
    options.approvalEnvironment === undefined ? undefined : approvalOfCommand(command, await ports.commit());
  const asked = digest === undefined ? undefined : await notApproved(digest, options, ports.approval);
  if (options.mode === 'plan') {
    const after = {
      required: 'after a proven backup',
      platform: 'after a restore point of the platform',
      skip: 'without a backup',
    }[options.backup];
    if (asked !== undefined) return { kind: 'decided', ending: asked };
    return {
      kind: 'decided',
      ending: ['planned', 'plan_only', `Plan: "${command}" would run ${after}; nothing was changed`],
      ...(digest === undefined ? {} : { approval: { digest, title: `the migration command ${digest.slice(33)}` } }),
    };
  }
  if (ports.inRelease && isLeftToAPerson(options)) return await leftToAPerson(options, command, ports);
  if (asked !== undefined) return { kind: 'decided', ending: asked };
  const problem = options.backup === 'required' ? await ports.checkBackup() : undefined;
  if (problem !== undefined) return { kind: 'no-backup-possible', ...problem };
  try {
    await ports.record('intent', 'command', 'own migration command', commandIntent);
  } catch (error) {
    return { kind: 'not-recorded', message: (error as Error).message };
  }
  const session = await openSession(options, ports);
  try {
    const { backup, point: platform, failed } = await provenBackup(session, options, ports);
    if (failed !== undefined) return failed;
    const named = backup?.manifest.object.file ?? platform;
    const point = named === undefined ? '' : `; restore point: ${named}`;
    const made = backup === undefined ? {} : { backup };
    const outcome = await runUnderLock(session, command, ports);
    if (!outcome.ok) {
      const summary = `${outcome.message}; what it changed before that stays${point}`;
      return { kind: 'decided', ending: ['failed', outcome.reasonCode, summary], ...made };
    }
    const verification =
      options.verifyCommand === undefined ? undefined : await runUnderLock(session, options.verifyCommand, ports);
    if (verification !== undefined && !verification.ok) {
      const summary = `"${command}" succeeded and its verification did not: ${verification.message}${point}`;
      return { kind: 'decided', ending: ['failed', 'verify_command_failed', summary], ...made };
    }
    const lost = await lostCritical(session, options);
    if (lost !== undefined) {
      const summary = `"${command}" succeeded, and ${lost.message}${point}`;
      return { kind: 'decided', ending: ['failed', lost.reasonCode, summary], ...made };
    }
    const verified = verification === undefined ? '' : `, verified by "${options.verifyCommand}"`;
    const relied = platform === undefined ? '' : point;
    const summary = `"${command}" succeeded in ${outcome.seconds.toFixed(1)} s${verified}${relied}`;
    return { kind: 'decided', ending: ['applied', 'command_succeeded', summary], ...made };
  } finally {
    await session.close();
  }
}

/**
 * A critical file that is not applied, or of which nobody could tell; undefined: all are, as far as the history or the command that
 * verifies can say. Never rejects: what the command did has to be told, whatever becomes of the look at it.
 */
async function lostCritical(
  session: MigrationSession,
  { directory, critical, verifyCommand }: MigrateOptions,
): Promise<{ reasonCode: string; message: string } | undefined> {
  const reasonCode = 'critical_not_checked';
  try {
    const look = await findLostCritical(session.connection, directory, critical ?? []);
    if ('unknown' in look) {
      if (verifyCommand !== undefined) return undefined;
      const files = `${look.unknown.join(', ')} (critical)`;
      const message = `nobody can tell whether it applied ${files}: its tool keeps no history where the Supabase CLI does, and there is no verify-command`;
      return { reasonCode, message };
    }
    const [first] = look.lost;
    if (first === undefined) return undefined;
    return { reasonCode: 'critical_not_applied', message: `${first.file} ${first.message}: ${first.correction}` };
  } catch (error) {
    const message = `whether the critical files are applied could not be read (${databaseErrorFacts(error).message})`;
    return { reasonCode, message };
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
