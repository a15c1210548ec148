import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import type { BackupResult } from '#backup/create-backup';
import type { DatabaseContents } from '#backup/database-contents';
import type { BackupDestination } from '#backup/destination';
import { checkEncryption } from '#backup/encryption';
import { makeRoles } from '#backup/make-roles';
import type { OpenedBackup } from '#backup/restore-backup';
import { compareRestoredRows, describeLoss, readIdentity, readLive, restoreLive } from '#backup/restore-live';
import { writableUrl } from '#postgres/database-url';
import type { BackupLedger } from '#release/backup-ledger';
import { judgeTime } from '#release/judge-time';
import { backUpPresent } from './back-up-present.ts';
import { checkRestored, type RestoreChecks } from './check-restored.ts';
import type { ChecklistItem, Note } from './checklist.ts';
import { type HeldWrites, holdWrites } from './hold-writes.ts';
import { describeIfItStops, type Stage } from './if-it-stops.ts';
import { renderLeftStopped, renderRefusal, renderReplaced, renderUnknown } from './render-restore.ts';
import type { LiveTarget } from './target.ts';
import { howToResume, liftStop } from './write-stop.ts';

export interface ReplaceOptions {
  target: Pick<LiveTarget, 'reach'>;
  environment: string | undefined;
  /** The target is the project of the environment, as the configuration says. */
  isPinned: boolean;
  ledger: Pick<BackupLedger, 'keep'>;
  destination: BackupDestination;
  recipients: readonly string[];
  gpgRecipients: readonly string[];
  deadlineMs: number;
  /** The only image that dump, scratch server and restore may use. */
  scratchImage: string | undefined;
  checks: RestoreChecks;
  /** Why to go on where writes cannot be stopped. */
  writeStopReason: string | undefined;
  /** Why this backup was chosen, where the run chose it. */
  why: string | undefined;
  note: Note;
  checklist: readonly ChecklistItem[];
  /** Start of the run, and how long all of it may take; milliseconds. */
  time: { started: number; limitMs: number };
}

/**
 * Stops writes, saves the present state, says what going back loses, replaces, and reads the rows again. Writes go on when all is
 * as it must be, or nothing was replaced; until then, and where nobody can tell, new sessions are read-only, also where the run dies.
 */
export async function replaceLive(runner: Runner, backup: OpenedBackup, options: ReplaceOptions): Promise<Result> {
  const { target, deadlineMs, note, checklist } = options;
  const warn = (line: string) => runner.logger.warning(line);
  // Nobody's session is ended for a restore that could not save the present state anyway.
  await checkEncryption({ age: options.recipients, gpg: options.gpgRecipients });
  const url = await target.reach();
  const held = await holdWrites(runner, { url, note, deadlineMs, writes: true, reason: options.writeStopReason });
  if ('reasonCode' in held) {
    note('Restored', `no: ${held.message}`);
    return renderRefusal(held.reasonCode, `${held.message}; the database was not touched`, checklist);
  }
  // `lift`: what the end of this function lifts; undefined once the database is, or may be, the restored one.
  const state: RestoreState = { lift: held.stop, url, saved: undefined };
  let ended: { result: Result } | { error: unknown };
  try {
    ended = { result: await replaceHeld(runner, backup, options, held, state) };
  } catch (error) {
    ended = { error };
  }
  const { lift, saved } = state;
  if (lift === undefined && 'error' in ended) {
    const { error } = ended;
    if (error instanceof BackupFailed && error.reasonCode === 'restore_unknown') {
      note('Restored', `no answer: ${error.message}`);
      return renderUnknown(error.message, { saved, checklist, isStopped: held.stop !== undefined });
    }
    if (held.stop !== undefined)
      warn(`The database is the restored one, and was not looked at to the end: it stays read-only; ${howToResume}`);
    throw error;
  }
  if (lift !== undefined) {
    // A role of limited life cannot be made anew where the run is cancelled or the platform does not answer.
    const lifted = await liftStop({ url: await target.reach().catch(() => state.url), mark: lift }, warn);
    if (!lifted && !runner.signal.aborted) {
      const why = 'result' in ended ? ended.result.summary : `Not restored: ${(ended.error as Error).message}`;
      note('Writes resumed', `no: ${howToResume}`);
      return renderLeftStopped(why, { saved, checklist });
    }
  }
  if ('error' in ended) throw ended.error;
  return ended.result;
}

interface RestoreState {
  lift: string | undefined;
  /** By which the database was reached last. */
  url: string;
  saved: BackupResult | undefined;
}

async function replaceHeld(
  runner: Runner,
  backup: OpenedBackup,
  options: ReplaceOptions,
  held: HeldWrites,
  state: RestoreState,
): Promise<Result> {
  const { logger, signal, clock } = runner;
  const { deadlineMs, note, checklist } = options;
  const stored = backup.contents.contents;
  const warn = (line: string) => logger.warning(line);
  const reach = async () => {
    state.url = await options.target.reach();
    return state.url;
  };
  const tell = (stage: Stage) => logger.info(describeIfItStops(stage, held));
  const url = await reach();
  tell({ name: 'saving the present state' });
  const saved = await savePresent(runner, backup, url, options);
  if ('reasonCode' in saved) {
    note('Restored', `no: ${saved.message}`);
    return renderRefusal(saved.reasonCode, `${saved.message}; the database was not touched`, checklist);
  }
  state.saved = saved;
  const { object } = saved.manifest;
  note('Present state saved', `${saved.manifestFile}, sha256:${object.sha256}: the way back from this restore`);
  const loss = describeLoss(await readLive(url, stored), stored);
  for (const line of loss) warn(`Lost or changed by going back: ${line}`);
  note('Lost by going back', loss.length === 0 ? 'nothing' : `${loss.length} tables lose or change rows`);
  tell({ name: 'making roles' });
  const roles = await makeRoles(writableUrl(url), backup);
  if (roles.made.length > 0) logger.info(`made the roles that this server lacks: ${roles.made.join(', ')}`);
  for (const line of roles.granted) logger.info(line);
  for (const remark of roles.remarks) warn(`Roles: ${remark}`);
  const rolesMade = roles.made;
  tell({ name: 'replacing the database in one transaction', rolesMade });
  const started = clock.now();
  try {
    await restoreLive(writableUrl(await reach()), backup, {
      ...{ deadlineMs, signal, rolesMade, scratchImage: options.scratchImage },
    });
  } catch (error) {
    if (error instanceof BackupFailed && error.reasonCode === 'restore_unknown') state.lift = undefined;
    throw error;
  }
  state.lift = undefined;
  const seconds = (clock.now() - started) / 1000;
  note('Restored', `${backup.manifest.name} in ${seconds.toFixed(1)} s, in one transaction`);
  tell({ name: 'looking at what was restored', saved: saved.manifestFile });
  const { wrong, faults, looked } = await lookAtRestored(runner, stored, options);
  const fine = wrong.length + faults.length === 0;
  note('Verified', fine ? looked : `no: ${[...wrong, ...faults].slice(0, 5).join('; ')}`);
  const isStopped =
    held.stop !== undefined && !(fine && (await liftStop({ url: await reach(), mark: held.stop }, warn)));
  note('Writes resumed', describeResumed(held, isStopped));
  const { why, time: whole } = options;
  const time = judgeTime({ startedAt: whole.started, endedAt: clock.now(), limitMs: whole.limitMs });
  note('Time', time.told);
  if (time.record.late) warn(time.told);
  return renderReplaced({
    ...{ manifest: backup.manifest, saved, loss, wrong, faults, roles, seconds, time, why, checklist },
    isStopped,
    weakening: held.weakening,
  });
}

/** The state before, kept as a backup of the environment where it is its database. @throws the errors of a backup */
export async function savePresent(
  runner: Runner,
  backup: OpenedBackup,
  url: string,
  options: Omit<ReplaceOptions, 'target' | 'checks' | 'writeStopReason' | 'why' | 'checklist' | 'time' | 'note'>,
) {
  // Else a copy of another database would pass for the newest backup of the environment.
  const own = options.isPinned || (await readIdentity(url)) === backup.manifest.source.identity;
  if (!own)
    runner.logger.info(
      'the target is another database than the one of the backup: what is saved of it is in no ledger',
    );
  return await backUpPresent(runner, {
    ...{ url, deadlineMs: options.deadlineMs, scratchImage: options.scratchImage },
    environment: own ? options.environment : undefined,
    ledger: own ? options.ledger : undefined,
    destinations: [options.destination],
    recipients: options.recipients,
    gpgRecipients: options.gpgRecipients,
  });
}

/** Every row beside the backup, then the named tables and queries. @throws DatabaseUnreachable */
async function lookAtRestored(
  { logger, signal }: Runner,
  stored: DatabaseContents,
  { target, checks }: ReplaceOptions,
): Promise<{ wrong: string[]; faults: string[]; looked: string }> {
  const url = await target.reach();
  const wrong = compareRestoredRows(await readLive(url, stored), stored);
  const { faults, passed } = await checkRestored(url, checks, signal);
  for (const line of passed) logger.info(`checked: ${line}`);
  return { wrong, faults, looked: [`every row of ${stored.tables.length} tables is back`, ...passed].join(', ') };
}

/** Pure. */
function describeResumed({ already, stop }: HeldWrites, isStopped: boolean): string {
  if (already) return `no: this run did not stop them; ${howToResume}`;
  if (stop === undefined) return 'they were never stopped';
  return isStopped
    ? `no: new sessions stay read-only; ${howToResume}`
    : 'yes, and the sessions of meanwhile were ended';
}
