import type { Runner } from '#action-kit/runner';
import type { PlannedDestination } from '#backup/plan-destinations';
import { cleanText } from '#http/text';
import { DatabaseUnreachable } from '#postgres/connection';
import type { BackupLedger } from '#release/backup-ledger';
import { type OpenRestore, type PlatformRestoreLedger, refusedEnding } from '#release/platform-restore-record';
import {
  describeMoment,
  judgePlatformRestore,
  type RestoreChoice,
  type RestoreJudgement,
} from '#supabase/judge-platform-restore';
import type { PlatformBackups } from '#supabase/platform-backups';
import { type AdoptedRestore, restoreOnPlatform } from '#supabase/restore-on-platform';
import { SupabaseError } from '#supabase/supabase-error';
import { type PresentState, savePresentState } from './around-platform-restore.ts';
import type { Note } from './checklist.ts';
import type { Given } from './inputs.ts';
import { describeSpan, type PointInTimeEnd } from './render-point-in-time.ts';
import { howToResume, liftStop, readStopOf } from './write-stop.ts';

type Ending = Omit<PointInTimeEnd, 'checklist'>;

export interface WayBack {
  project: string;
  url: string | undefined;
  choice: RestoreChoice;
  /** The choice in the ledger's words. */
  label: string;
  /** What is to be asked for; absent: the restore of the earlier run `open` is waited for, which is `adopted`. */
  ready: Extract<RestoreJudgement, { kind: 'ready' }> | undefined;
  adopted: AdoptedRestore | undefined;
  /** Going back to `choice` takes settings of the database back for sure. */
  settingsToo: boolean;
  open: OpenRestore | undefined;
  destinations: readonly PlannedDestination[];
  /** The only image that dump and scratch server may use. */
  scratchImage: string | undefined;
  backups: PlatformBackups;
  ledger: PlatformRestoreLedger;
  backupLedger: Pick<BackupLedger, 'keep'>;
  note: Note;
}

/**
 * Saves the present state, unless the workflow gives a reason to go without, asks the platform once, and waits until the project is back. A stop of writes stands only from the
 * request on, because going back takes it away; whatever ends before that lifts it. `record` is still to be closed, when the
 * checks have answered. @throws SupabaseError, DatabaseUnreachable, the errors of a backup, or the abort reason
 */
export async function goBack(
  runner: Runner,
  given: Given,
  way: WayBack,
): Promise<Ending | { present?: PresentState; seconds: number; record: number | undefined; weakening?: string }> {
  const { clock, logger, signal } = runner;
  const { project, url, choice, label, ready, adopted, open, backups, ledger, note } = way;
  let present: PresentState | undefined;
  let weakening: string | undefined;
  let record = ready === undefined ? open?.id : undefined;
  let asked = false;
  const refuse = async (reasonCode: string, message: string): Promise<Ending> => {
    await ledger.end(record, refusedEnding(reasonCode));
    return { decision: 'refused', reasonCode, summary: `Not restored: ${message}` };
  };
  const fail = (reasonCode: string, message: string, stopped: boolean): Ending => {
    note('Restored', message);
    const saved = present === undefined ? '' : `; the state before is ${present.manifestFile}`;
    const readOnly = stopped ? `. New sessions are read-only while the state before is there; ${howToResume}` : '';
    return {
      ...{ decision: 'failed', reasonCode, summary: `${message}${saved}${readOnly}` },
      ...(present === undefined ? {} : { savedBefore: present.manifestFile }),
    };
  };
  try {
    if (ready !== undefined) {
      if (given.backupReason === undefined && url !== undefined) {
        const { destinations, scratchImage, backupLedger: ledger } = way;
        const saved = await savePresentState(runner, given, { url, destinations, scratchImage, ledger, note });
        if ('reasonCode' in saved) return await refuse(saved.reasonCode, saved.message);
        present = saved;
        weakening = saved.weakening;
      } else {
        // Also where the database cannot be reached, which may be why it goes back: nothing is asked of it before.
        weakening = `the present state is not backed up first, and writes are not stopped: ${given.backupReason ?? 'no target-url'}`;
        note('Present state saved', `no, and writes are not stopped: ${given.backupReason ?? 'no target-url'}`);
        logger.warning(`Weaker than standard: ${weakening}`);
      }
      const to = describeMoment(ready.to);
      note('Lost by going back', `everything that was written after ${to}, the last ${describeSpan(ready.lost)}`);
      record = await ledger.begin({
        schemaVersion: 1,
        project,
        choice: label,
        ...markOf(present?.stop),
        ...runOf(runner),
        ...(weakening === undefined ? {} : { weakening: cleanText(weakening, weakeningLimit) }),
      });
      // Saving may have taken hours, and somebody else may have asked meanwhile.
      const again =
        (await lookAgain(backups, choice, clock.now() / 1000)) ?? (await lookForStop(url, present?.stop, signal));
      if (again !== undefined) return await refuse(again.reasonCode, `${again.message}; nothing was asked for`);
      const next =
        record === undefined
          ? 'No record could be kept: if this run ends, look at Database > Backups before you run it again'
          : 'If this run ends, run it again with the same inputs: it reads the state and asks for nothing twice';
      logger.warning(`Project ${project} goes away now and comes back as it was at ${to}. ${next}`);
    }
    asked = true;
    const log = (line: string) => logger.info(line);
    const patience = { clock, signal, log, deadlineMs: given.deadline };
    const ending = await restoreOnPlatform(backups, adopted ?? choice, patience);
    if (ending.kind === 'refused') {
      asked = false;
      return await refuse(ending.reasonCode, `${ending.message}; the database was not touched`);
    }
    const stop = ready === undefined ? open?.stop : present?.stop;
    if (ending.kind !== 'restored') {
      if (ending.kind === 'failed') await ledger.end(record, `outcome: failed, ${ending.reasonCode}`);
      return fail(ending.reasonCode, ending.message, stop !== undefined);
    }
    // Whatever started the server meanwhile: it lies in the state before.
    const left = url === undefined || stop === undefined ? 'none' : await readStopOf({ url, mark: stop }, signal);
    if (left !== 'none') {
      const found = left === 'stands' ? 'still stands' : 'was only lifted';
      const means = way.settingsToo
        ? 'the state before has not come back. Look at Database > Backups; to go on, run again ten minutes after this one asked'
        : 'whether the state before has come back is not known, for this daily backup is a dump, of which nobody says whether it takes that away. Look at Database > Backups and at the data';
      const message = `project ${project} is healthy, and the stop of writes from before ${found}: ${means}`;
      return fail('restore_unknown', message, left === 'stands');
    }
    await ledger.tookPlace(record);
    note('Restored', `project ${project} is healthy again after ${describeSpan(ending.seconds)}`);
    return {
      ...{ seconds: ending.seconds, record },
      ...(present === undefined ? {} : { present }),
      ...(weakening === undefined ? {} : { weakening }),
    };
  } finally {
    if (url !== undefined && present?.stop !== undefined && !asked)
      await liftStop({ url, mark: present.stop }, (line) => logger.warning(line));
  }
}

/** Characters of a weakening that a record keeps. */
const weakeningLimit = 500;

/** Its number, by which a run that is started again finds what it asked for. Pure. */
export function runOf({ context }: Runner): { runId?: number } {
  return context.runId > 0 ? { runId: context.runId } : {};
}

function markOf(stop: string | undefined): { stop?: string } {
  return stop === undefined ? {} : { stop };
}

/** Whether the state that was saved is still the present one. @throws the abort reason */
async function lookForStop(
  url: string | undefined,
  stop: string | undefined,
  signal: AbortSignal,
): Promise<{ reasonCode: string; message: string } | undefined> {
  if (url === undefined || stop === undefined) return undefined;
  try {
    if ((await readStopOf({ url, mark: stop }, signal)) === 'stands') return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseUnreachable)) throw error;
    return { reasonCode: 'database_unreachable', message: error.message };
  }
  const message =
    'the stop of writes of this run is gone: while the present state was saved, another restore took place, or somebody lifted the stop or set one. Look at Database > Backups and at the data, then run again';
  return { reasonCode: 'another_restore', message };
}

/** Why the platform is not to be asked any more; undefined: it can be. @throws the abort reason */
async function lookAgain(
  backups: PlatformBackups,
  choice: RestoreChoice,
  now: number,
): Promise<{ reasonCode: string; message: string } | undefined> {
  try {
    const judged = judgePlatformRestore(await backups.read(), choice, now);
    if (judged.kind === 'ready') return undefined;
    if (judged.kind === 'refused') return judged;
    const message =
      'the platform has begun a restore of somebody else meanwhile: wait until the project is healthy, look what came back, then run again';
    return { reasonCode: 'another_restore', message };
  } catch (error) {
    if (!(error instanceof SupabaseError)) throw error;
    return { reasonCode: error.reasonCode, message: error.message };
  }
}
