import { givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection, supabaseConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { PostgresMissing } from '#backup/find-postgres';
import { planDestinations } from '#backup/plan-destinations';
import { createGitHub } from '#github/client';
import { DatabaseUnreachable } from '#postgres/connection';
import { openPlatformRestoreLedger } from '#release/platform-restore-record';
import { describeMoment, describePoints, judgePlatformRestore } from '#supabase/judge-platform-restore';
import { openPlatformBackups } from '#supabase/platform-backups';
import { restoreOnPlatform } from '#supabase/restore-on-platform';
import { SupabaseError } from '#supabase/supabase-error';
import { checkAfter, type PresentState, savePresentState } from './around-platform-restore.ts';
import { decideEarlier } from './decide-earlier.ts';
import type { Given } from './inputs.ts';
import { planPointInTime } from './plan-point-in-time.ts';
import { type ChecklistItem, describeSpan, type PointInTimeEnd, renderPointInTime } from './render-point-in-time.ts';
import { readFence, resumeWrites } from './write-stop.ts';

/** Lets the platform take the whole project back to a moment or to one of its daily backups, in place. */
export async function pointInTime(runner: Runner, given: Given): Promise<Result> {
  const { clock, context, logger, signal } = runner;
  const settings = await loadSettings(runner, given);
  const { plan, problems } = planPointInTime(given, settings.database.project);
  const { project, choice, url } = plan;
  const needed = choice !== undefined && url !== undefined;
  const where = givenDestinations(runner, given, settings.database);
  const stores = planDestinations({ ...where, needed, sourceProject: project });
  problems.push(...stores.problems);
  const connection = supabaseConnection(runner, { ...given, supabaseProject: project }, {});
  if (problems.length > 0 || connection === undefined) throw new InputError(problems);

  const checklist: ChecklistItem[] = [];
  const note = (item: string, outcome: string) => {
    checklist.push({ item, at: new Date(clock.now()).toISOString(), outcome });
    logger.info(`${item}: ${outcome}`);
  };
  const end = (result: Omit<PointInTimeEnd, 'checklist'>) => renderPointInTime({ ...result, checklist });
  const refuse = (reasonCode: string, message: string) =>
    end({ decision: 'refused', reasonCode, summary: `Not restored: ${message}` });
  const backups = openPlatformBackups(connection);
  try {
    const state = await backups.read();
    if (choice === undefined) {
      const points = describePoints(state);
      return refuse('point_not_chosen', `no point was chosen. Project ${project} can go back to ${points}`);
    }
    note(
      'Decided',
      `by ${context.actor || 'a person'}, who typed ${project}; incident: ${given.incident ?? 'none given'}`,
    );
    const judged = judgePlatformRestore(state, choice, clock.now() / 1000);
    if (judged.kind === 'refused') return refuse(judged.reasonCode, judged.message);
    const label = choice.kind === 'time' ? `time:${choice.time}` : `backup:${choice.id}`;
    const { environment, githubToken } = given;
    const github =
      githubToken === undefined || context.repository === ''
        ? undefined
        : createGitHub(gitHubConnection(runner, githubToken));
    const place = { environment, production: settings.production, ref: context.sha };
    const ledger = openPlatformRestoreLedger(github, place, (line) => logger.warning(line));
    const open = await ledger.findOpen(project);
    const restoring = judged.kind === 'restoring';
    const fence = open?.fenced && url !== undefined && !restoring ? await readFence(url, open.at, signal) : undefined;
    const earlier = decideEarlier({ open, label, restoring, fence, askAgain: given.askAgain });
    if (earlier.kind === 'refused') return refuse(earlier.reasonCode, earlier.message);
    if (earlier.message !== undefined) note('Earlier run', earlier.message);
    if (earlier.closes !== undefined) await ledger.end(open?.id, earlier.closes);

    let present: PresentState | undefined;
    let restoreSeconds: number | undefined;
    if (earlier.kind !== 'done') {
      let record = open?.id;
      if (judged.kind === 'ready' && earlier.kind === 'ask') {
        const loss = `everything that was written after ${describeMoment(judged.to)}, the last ${describeSpan(judged.lost)}`;
        if (url !== undefined) {
          const saved = await savePresentState(runner, given, { url, destinations: stores.destinations, note });
          if ('reasonCode' in saved) return refuse(saved.reasonCode, saved.message);
          present = saved;
        } else {
          note(
            'Present state saved',
            'no: without target-url there is no backup of it, and the platform keeps its own',
          );
          logger.warning('Weaker than standard: the present state is not backed up first (no target-url)');
        }
        note('Lost by going back', loss);
        record = await ledger.begin({ schemaVersion: 1, project, choice: label, fenced: present?.fenced === true });
        logger.warning(
          `Project ${project} goes away now and comes back as it was at ${describeMoment(judged.to)}. If this run ends, run it again with the same inputs: it reads the state and asks for nothing twice`,
        );
      }
      const asked = earlier.kind === 'ask' ? choice : undefined;
      const log = (line: string) => logger.info(line);
      const ending = await restoreOnPlatform(backups, asked, { clock, signal, log, deadlineMs: given.deadline });
      if (ending.kind === 'refused') {
        await ledger.end(record, `outcome: refused, ${ending.reasonCode}`);
        if (url !== undefined && present?.fenced) await resumeWrites(url, signal);
        return refuse(ending.reasonCode, `${ending.message}; the database was not touched`);
      }
      if (ending.kind !== 'restored') {
        if (ending.kind === 'failed') await ledger.end(record, `outcome: failed, ${ending.reasonCode}`);
        const saved = present === undefined ? '' : `; the state before is ${present.manifestFile}`;
        note('Restored', ending.message);
        return end({
          decision: 'failed',
          reasonCode: ending.reasonCode,
          summary: `${ending.message}${saved}`,
          ...(present === undefined ? {} : { savedBefore: present.manifestFile }),
        });
      }
      restoreSeconds = ending.seconds;
      await ledger.end(record, 'outcome: restored');
      note('Restored', `project ${project} is healthy again after ${describeSpan(ending.seconds)}`);
    }
    return end({
      ...(await checkAfter(runner, { plan, present, note })),
      ...(restoreSeconds === undefined ? {} : { seconds: restoreSeconds }),
      ...(present === undefined ? {} : { savedBefore: present.manifestFile }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SupabaseError || error instanceof BackupFailed || error instanceof PostgresMissing)
      return refuse(error.reasonCode, error.message);
    if (error instanceof DatabaseUnreachable)
      return end({ decision: 'failed', reasonCode: 'database_unreachable', summary: error.message });
    throw error;
  }
}
