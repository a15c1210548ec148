import type { Runner } from '#action-kit/runner';
import type { PlannedDestination } from '#backup/plan-destinations';
import type { OpenRestore, PlatformRestoreLedger } from '#release/platform-restore-record';
import {
  describeMoment,
  judgePlatformRestore,
  type RestoreChoice,
  type RestoreJudgement,
} from '#supabase/judge-platform-restore';
import type { PlatformBackups } from '#supabase/platform-backups';
import { restoreOnPlatform } from '#supabase/restore-on-platform';
import { SupabaseError } from '#supabase/supabase-error';
import { type Note, type PresentState, savePresentState } from './around-platform-restore.ts';
import type { Given } from './inputs.ts';
import { describeSpan, type PointInTimeEnd } from './render-point-in-time.ts';
import { howToResume, liftStop, readFence } from './write-stop.ts';

type Ending = Omit<PointInTimeEnd, 'checklist'>;

export interface WayBack {
  project: string;
  url: string | undefined;
  choice: RestoreChoice;
  /** The choice in the ledger's words. */
  label: string;
  /** What is to be asked for; absent: the restore of the earlier run `open` is waited for. */
  ready: Extract<RestoreJudgement, { kind: 'ready' }> | undefined;
  open: OpenRestore | undefined;
  /** The stop of writes that stands is that of the earlier run. */
  taken: boolean;
  destinations: readonly PlannedDestination[];
  backups: PlatformBackups;
  ledger: PlatformRestoreLedger;
  note: Note;
}

/**
 * Saves the present state, asks the platform once, and waits until the project is back. A stop of writes stands only from the
 * request on, because going back takes it away; whatever ends before that lifts it.
 * @throws SupabaseError, DatabaseUnreachable, the errors of a backup, or the abort reason
 */
export async function goBack(
  runner: Runner,
  given: Given,
  way: WayBack,
): Promise<Ending | { present?: PresentState; seconds: number }> {
  const { clock, logger, signal } = runner;
  const { project, url, choice, label, ready, open, backups, ledger, note } = way;
  let present: PresentState | undefined;
  let record = ready === undefined ? open?.id : undefined;
  let asked = false;
  const refuse = async (reasonCode: string, message: string): Promise<Ending> => {
    await ledger.end(record, `outcome: refused, ${reasonCode}`);
    return { decision: 'refused', reasonCode, summary: `Not restored: ${message}` };
  };
  const fail = (reasonCode: string, message: string, fenced: boolean): Ending => {
    note('Restored', message);
    const saved = present === undefined ? '' : `; the state before is ${present.manifestFile}`;
    const readOnly = fenced ? `. New sessions are read-only while the state before is there; ${howToResume}` : '';
    return {
      ...{ decision: 'failed', reasonCode, summary: `${message}${saved}${readOnly}` },
      ...(present === undefined ? {} : { savedBefore: present.manifestFile }),
    };
  };
  try {
    if (ready !== undefined) {
      if (url !== undefined) {
        const { destinations, taken } = way;
        const saved = await savePresentState(runner, given, { url, destinations, note, taken });
        if ('reasonCode' in saved) return await refuse(saved.reasonCode, saved.message);
        present = saved;
      } else {
        note('Present state saved', 'no: without target-url there is no backup of it, and the platform keeps its own');
        logger.warning('Weaker than standard: the present state is not backed up first (no target-url)');
      }
      const to = describeMoment(ready.to);
      note('Lost by going back', `everything that was written after ${to}, the last ${describeSpan(ready.lost)}`);
      record = await ledger.begin({ schemaVersion: 1, project, choice: label, fenced: present?.fenced === true });
      // Saving may have taken hours, and somebody else may have asked meanwhile.
      const again = await lookAgain(backups, choice, clock.now() / 1000);
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
    const ending = await restoreOnPlatform(backups, ready === undefined ? undefined : choice, patience);
    if (ending.kind === 'refused') {
      asked = false;
      return await refuse(ending.reasonCode, `${ending.message}; the database was not touched`);
    }
    const fenced = ready === undefined ? open?.fenced : present?.fenced;
    const since = fenced === true ? (present?.since ?? open?.at) : undefined;
    if (ending.kind !== 'restored') {
      if (ending.kind === 'failed') await ledger.end(record, `outcome: failed, ${ending.reasonCode}`);
      return fail(ending.reasonCode, ending.message, since !== undefined);
    }
    if (url !== undefined && since !== undefined && (await readFence(url, since, signal)) === 'stands') {
      const message = `project ${project} is healthy, and the stop of writes from before still stands: the state before has not come back. Look at Database > Backups; to go on, run again ten minutes after this one asked`;
      return fail('restore_unknown', message, true);
    }
    await ledger.end(record, 'outcome: restored');
    note('Restored', `project ${project} is healthy again after ${describeSpan(ending.seconds)}`);
    return { seconds: ending.seconds, ...(present === undefined ? {} : { present }) };
  } finally {
    if (url !== undefined && present?.fenced && !asked) await liftStop(url, (line) => logger.warning(line));
  }
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
