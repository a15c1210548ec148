import { givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection, supabaseConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { PostgresMissing } from '#backup/find-postgres';
import { planDestinations } from '#backup/plan-destinations';
import { defaults } from '#config/defaults';
import { createGitHub } from '#github/client';
import { DatabaseUnreachable } from '#postgres/connection';
import { openBackupLedger } from '#release/backup-ledger';
import { judgeTime } from '#release/judge-time';
import { openPlatformRestoreLedger, restoredEnding } from '#release/platform-restore-record';
import { startProgress } from '#release/progress';
import { describePoints, judgePlatformRestore } from '#supabase/judge-platform-restore';
import { openPlatformBackups } from '#supabase/platform-backups';
import { isAway, isThere } from '#supabase/project-status';
import { DatabaseTargetError } from '#supabase/resolve-database';
import { SupabaseError } from '#supabase/supabase-error';
import { checkAfter } from './around-platform-restore.ts';
import { readRestoreChecks } from './check-restored.ts';
import { describeDecision, progressOf, startChecklist, withSmoke } from './checklist.ts';
import { decideEarlier, labelOf, takesSettingsBack } from './decide-earlier.ts';
import { goBack, runOf } from './go-back.ts';
import type { Given } from './inputs.ts';
import { planPointInTime } from './plan-point-in-time.ts';
import { type PointInTimeEnd, renderPointInTime } from './render-point-in-time.ts';
import { findTarget } from './target.ts';
import { liftStop, readFence } from './write-stop.ts';

/** Lets the platform take the whole project back to a moment or to one of its daily backups, in place. */
export async function pointInTime(runner: Runner, given: Given): Promise<Result> {
  const { clock, context, logger, signal } = runner;
  const settings = await loadSettings(runner, given);
  const wrongChecks: InputProblem[] = [];
  const checks = await readRestoreChecks(given, wrongChecks);
  const target = await findTarget(runner, given, settings);
  const { plan, problems } = planPointInTime({ ...given, targetUrl: target.url }, settings.database.project, checks);
  problems.push(...target.problems, ...wrongChecks);
  if (given.loginRole) {
    const message = 'cannot be used by mode: point-in-time: going back takes the role that was made away';
    problems.push({ name: 'login-role', message, allowed: 'target-url, or database-password' });
  }
  const { project, choice } = plan;
  const needed = choice !== undefined && plan.url !== undefined && given.backupReason === undefined;
  const where = givenDestinations(runner, given, settings.database);
  const stores = planDestinations({ ...where, needed, sourceProject: project });
  problems.push(...stores.problems);
  const connection = supabaseConnection(runner, { ...given, supabaseProject: project }, {});
  if (problems.length > 0 || connection === undefined) throw new InputError(problems);

  const started = clock.now();
  const limitMs = given.restoreWithin ?? settings.database.rollbackLimitMs ?? defaults.database.rollbackLimitMs;
  const { items: checklist, note } = startChecklist(runner);
  if (target.weakening !== undefined) note('Connection', `weaker than standard: ${target.weakening}`);
  const end = (result: Omit<PointInTimeEnd, 'checklist'>) =>
    withSmoke(renderPointInTime({ ...result, checklist }), settings);
  const refuse = (reasonCode: string, message: string) =>
    end({ decision: 'refused', reasonCode, summary: `Not restored: ${message}` });
  const backups = openPlatformBackups(connection);
  const openChecks = (record: number | undefined) =>
    `. The platform has taken project ${project} back, and the checks are open: ${record === undefined ? 'no record says so, and a run would ask again: look at the data yourself' : 'run again with the same inputs, which only checks'}`;
  let left = '';
  const progress =
    choice === undefined ? undefined : startProgress(progressOf(runner, checklist, { started, limitMs }));
  try {
    const state = await backups.read();
    if (choice === undefined) {
      const points = describePoints(state);
      return refuse('point_not_chosen', `no point was chosen. Project ${project} can go back to ${points}`);
    }
    const url = plan.url === undefined ? undefined : await target.reach();
    const around = { ...plan, ...(url === undefined ? {} : { url }) };
    note('Decided', describeDecision({ actor: context.actor, typed: project, incident: given.incident }));
    const label = labelOf(choice);
    const { environment, githubToken } = given;
    const github =
      githubToken === undefined || context.repository === ''
        ? undefined
        : createGitHub(gitHubConnection(runner, githubToken));
    const place = { environment, production: settings.production, ref: context.sha };
    const ledger = openPlatformRestoreLedger(github, place, (line) => logger.warning(line));
    const backupLedger = openBackupLedger(github, place, logger);
    const found = await ledger.findOpen(project, runOf(runner).runId);
    const open = found === 'unreadable' ? undefined : found;
    const now = clock.now() / 1000;
    const judged = judgePlatformRestore(state, choice, now);
    // One that a run asked for shows in more states than that of its middle.
    const away = open !== undefined && open.done === undefined && isAway(state.status);
    const restoring = judged.kind === 'restoring' ? 'seen' : away && 'away';
    // Only what an earlier run asked for matters more than what cannot be asked for now.
    const settled = open !== undefined && (restoring !== false || isThere(state.status));
    if (judged.kind === 'refused' && !settled) return refuse(judged.reasonCode, judged.message);
    const mark = restoring !== false || open?.done !== undefined ? undefined : open?.stop;
    const fence =
      open === undefined || url === undefined || mark === undefined
        ? undefined
        : await readFence({ url, mark }, open.at, signal);
    const marked = url !== undefined && open?.stop !== undefined;
    const settingsToo = open !== undefined && takesSettingsBack(open.choice, state.backups);
    const { askAgain } = given;
    const earlier = decideEarlier({ open: found, label, restoring, marked, fence, settingsToo, askAgain, now });
    if (earlier.kind === 'refused') return refuse(earlier.reasonCode, earlier.message);
    if (earlier.message !== undefined) note('Earlier run', earlier.message);
    if (earlier.closes !== undefined) await ledger.end(open?.id, earlier.closes);
    if (earlier.kind === 'done') {
      left = openChecks(open?.id);
      const ended = await checkAfter(runner, { plan: around, present: undefined, note });
      if (open?.done !== 'checked') await ledger.end(open?.id, restoredEnding(runOf(runner).runId));
      return end({ ...ended, summary: `${ended.summary}. ${earlier.message}` });
    }
    if (earlier.kind === 'ask' && judged.kind === 'refused') {
      if (url !== undefined && mark !== undefined) await liftStop({ url, mark }, (line) => logger.warning(line));
      return refuse(judged.reasonCode, judged.message);
    }
    const went = await goBack(runner, given, {
      ...{ project, url, choice, label, open, backups, ledger, backupLedger, note },
      ready: judged.kind === 'ready' && earlier.kind === 'ask' ? judged : undefined,
      adopted: earlier.kind === 'wait' ? { kind: 'adopted', began: earlier.began } : undefined,
      settingsToo: takesSettingsBack(label, state.backups),
      destinations: stores.destinations,
      scratchImage: settings.database.scratchImage,
    });
    if ('decision' in went) return end(went);
    const { present, seconds, record, weakening } = went;
    left = openChecks(record);
    const ended = await checkAfter(runner, { plan: around, present, note });
    // Not before: who cannot look into the database leaves that to the next run.
    await ledger.end(record, restoredEnding(runOf(runner).runId));
    const time = judgeTime({ startedAt: started, endedAt: clock.now(), limitMs });
    note('Time', time.told);
    if (time.record.late) logger.warning(time.told);
    return end({
      ...ended,
      ...(weakening === undefined ? {} : { summary: `${ended.summary}. Weaker than standard: ${weakening}` }),
      ...{ seconds, time },
      ...(present === undefined ? {} : { savedBefore: present.manifestFile }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (
      error instanceof SupabaseError ||
      error instanceof DatabaseTargetError ||
      error instanceof BackupFailed ||
      error instanceof PostgresMissing
    )
      return refuse(error.reasonCode, error.message);
    if (error instanceof DatabaseUnreachable)
      return end({ decision: 'failed', reasonCode: 'database_unreachable', summary: `${error.message}${left}` });
    throw error;
  } finally {
    progress?.stop();
  }
}
