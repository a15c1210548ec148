import type { InputProblem } from '#action-kit/input-error';
import { wrongProject } from '#postgres/database-project';
import { DatabaseUrlError, parseDatabaseUrl } from '#postgres/database-url';
import { parseMoment, type RestoreChoice } from '#supabase/judge-platform-restore';
import type { RestoreChecks } from './check-restored.ts';
import type { Given } from './inputs.ts';

export interface PointInTimePlan {
  project: string;
  /** Absent: the points are listed, and nothing else is done. */
  choice?: RestoreChoice;
  /** The project's database: for the backup of its present state, the stop of writes and the checks. */
  url?: string;
  checks: RestoreChecks;
}

/** What is to come back, where, and whether a person has typed which project that is. Pure. */
export function planPointInTime(
  given: Given,
  pinned: string | undefined,
  checks: RestoreChecks,
): { plan: PointInTimePlan; problems: InputProblem[] } {
  const problems: InputProblem[] = [];
  const push = (name: string, message: string, more: Partial<InputProblem> = {}) =>
    problems.push({ name, message, ...more });
  const project = given.supabaseProject ?? pinned;
  if (given.supabaseAccessToken === undefined)
    push('supabase-access-token', 'is needed by mode: point-in-time', { allowed: 'secret SUPABASE_ACCESS_TOKEN' });
  if (project === undefined)
    push('supabase-project', 'is neither given nor in the configuration (supabase.project)', {
      allowed: 'a project reference: 20 lowercase letters',
    });
  if (project !== undefined && pinned !== undefined && project !== pinned)
    push(
      'supabase-project',
      `is not the project of this environment, which is pinned to ${pinned} (supabase.project)`,
      {
        given: project,
      },
    );
  const choice = readChoice(given, problems);
  if (choice !== undefined && project !== undefined && given.confirm !== project)
    push('confirm', 'must be the reference of the project whose database goes back, typed by a person', {
      ...(given.confirm === undefined ? {} : { given: given.confirm }),
      allowed: project,
    });
  if (choice !== undefined && given.environment === undefined)
    push('environment', 'is needed: the record that keeps a restore from being asked for twice stands there', {
      allowed: 'name of a GitHub environment, e.g. production',
    });
  const { targetUrl: url, backupReason } = given;
  if (choice !== undefined && url === undefined && backupReason === undefined)
    push(
      'backup-reason',
      'is needed: without target-url the present state is not backed up first, writes are not stopped, and nobody looks into the database afterwards',
      { allowed: 'a sentence, which stands in log, checklist, record and incident; or target-url' },
    );
  if (url === undefined) {
    if (checks.tables.length + checks.queries.length > 0)
      push('target-url', 'is needed to check tables and to ask queries afterwards');
  } else {
    problems.push(...wrongTarget(url, project));
    const recipients = [...(given.ageRecipients ?? []), ...(given.gpgRecipients ?? [])];
    if (choice !== undefined && backupReason === undefined && recipients.length === 0)
      push('age-recipients', 'are needed: the present state is backed up before it is given up', {
        allowed: 'age public keys, or gpg-recipients; or backup-reason, which says why it is not',
      });
  }
  return {
    plan: {
      project: project ?? '',
      checks,
      ...(choice === undefined ? {} : { choice }),
      ...(url === undefined ? {} : { url }),
    },
    problems,
  };
}

function readChoice(given: Given, problems: InputProblem[]): RestoreChoice | undefined {
  const { recoveryTime, platformBackup } = given;
  if (recoveryTime !== undefined && platformBackup !== undefined)
    problems.push({ name: 'platform-backup', message: 'and recovery-time are two points: give one of them' });
  if (platformBackup !== undefined) return { kind: 'backup', id: Number(platformBackup) };
  if (recoveryTime === undefined) return undefined;
  const time = parseMoment(recoveryTime);
  if (time !== undefined) return { kind: 'time', time };
  const allowed = '2026-01-24T09:00:00Z, or 2026-01-24 10:00 +01:00';
  const message = 'is no moment with a time zone';
  problems.push({ name: 'recovery-time', given: recoveryTime, message, allowed });
  return undefined;
}

function wrongTarget(url: string, project: string | undefined): InputProblem[] {
  try {
    const wrong = wrongProject(parseDatabaseUrl(url), project);
    return wrong === undefined ? [] : [{ name: 'target-url', message: wrong }];
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return error.problems.map((message) => ({ name: 'target-url', message }));
  }
}
