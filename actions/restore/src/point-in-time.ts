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
import { describePoints, judgePlatformRestore } from '#supabase/judge-platform-restore';
import { openPlatformBackups } from '#supabase/platform-backups';
import { SupabaseError } from '#supabase/supabase-error';
import { checkAfter } from './around-platform-restore.ts';
import { decideEarlier } from './decide-earlier.ts';
import { goBack } from './go-back.ts';
import type { Given } from './inputs.ts';
import { planPointInTime } from './plan-point-in-time.ts';
import { type ChecklistItem, type PointInTimeEnd, renderPointInTime } from './render-point-in-time.ts';
import { readFence } from './write-stop.ts';

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
    const found = await ledger.findOpen(project);
    const open = found === 'unreadable' ? undefined : found;
    const restoring = judged.kind === 'restoring';
    const fence = open?.fenced && url !== undefined && !restoring ? await readFence(url, open.at, signal) : undefined;
    const { askAgain } = given;
    const now = clock.now() / 1000;
    const earlier = decideEarlier({ open: found, label, restoring, fence, askAgain, now });
    if (earlier.kind === 'refused') return refuse(earlier.reasonCode, earlier.message);
    if (earlier.message !== undefined) note('Earlier run', earlier.message);
    if (earlier.closes !== undefined) await ledger.end(open?.id, earlier.closes);
    if (earlier.kind === 'done') return end(await checkAfter(runner, { plan, present: undefined, note }));
    const went = await goBack(runner, given, {
      ...{ project, url, choice, label, open, backups, ledger, note },
      ready: judged.kind === 'ready' ? judged : undefined,
      taken: fence === 'stands',
      destinations: stores.destinations,
    });
    if ('decision' in went) return end(went);
    const { present, seconds } = went;
    return end({
      ...(await checkAfter(runner, { plan, present, note })),
      seconds,
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
