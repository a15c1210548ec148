import { gitHubConnection, supabaseAddress } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub, GitHubError } from '#github/client';
import { decidePoolBack } from '#release/decide-pool-back';
import { beginRaise, type OpenRaise, readOpenRaises, tellRaise } from '#release/pool-record';
import { openPoolSize, type PoolSize } from '#supabase/pool-size';
import { SupabaseError } from '#supabase/supabase-error';
import { type PoolMitigation, type PoolRequest, planPool } from './plan-pool.ts';
import type { Given } from './plan-request.ts';

interface Work {
  request: PoolRequest;
  github: GitHub;
  pool: PoolSize;
  open: readonly OpenRaise[];
  now: number | undefined;
  dryRun: boolean;
  at: number;
  place: { environment: string; production: boolean; ref: string };
  actor: string;
  audit(text: string): void;
}

/**
 * Raises the pool of a project for a time, or puts back what is due. The ledger has the former value before the platform is asked, so
 * that a later run puts it back wherever this one dies.
 */
export async function treatPool(
  runner: Runner,
  given: Given & { mitigate: PoolMitigation },
  settings: EnvironmentSettings,
): Promise<Result> {
  const { context, logger, clock, signal } = runner;
  const { repository, sha: ref } = context;
  const { request, problems } = planPool(given, { pinned: settings.database.project, repository });
  if (request === undefined) throw new InputError(problems);
  const { environment, project, supabaseToken: token } = request;
  const apiUrl = supabaseAddress(runner, given);
  const github = createGitHub(gitHubConnection(runner, request.githubToken));
  const pool = openPoolSize({ apiUrl, token, project, signal, clock, log: logger.debug });
  const actor = `${context.actor} in run ${context.runId}`;
  try {
    const open = await readOpenRaises(github, environment, project);
    const work: Work = {
      ...{ request, github, pool, open, now: await pool.read(), dryRun: given.dryRun, at: clock.now(), actor },
      place: { environment, production: settings.production, ref },
      audit: (text) => logger.notice(`audit: ${iso(clock.now())} ${actor}: ${text}`),
    };
    return request.raise === undefined ? await putBack(work) : await raise(work, request.raise);
  } catch (error) {
    if (!(error instanceof GitHubError) && !(error instanceof SupabaseError)) throw error;
    const next = 'what the ledger has is put back by the next run with mitigate: pool-back';
    const summary = `${error.message}; ${next}`;
    return { decision: 'could-not-run', reasonCode: error.reasonCode, summary, failed: true };
  }
}

async function raise(work: Work, { to, forMs }: { to: number; forMs?: number }): Promise<Result> {
  const { request, github, pool, open, now, at, place, audit, actor } = work;
  const { project } = request;
  // What the first of several raises found, as long as what holds is still ours.
  const former = open.some(({ raised }) => raised === now) ? open[0]?.former : now;
  if (now === undefined || former === undefined) {
    const summary = `${project} has the platform's own pool size: there is no former value to put back. Set one in the dashboard (Database > Settings > Connection pooling) first`;
    return { decision: 'refused', reasonCode: 'pool_size_not_set', summary, failed: true };
  }
  if (to < now || (to === now && open.length === 0)) {
    const summary = `the pool size of ${project} is ${now} already: ${to} raises nothing`;
    return { decision: 'refused', reasonCode: 'pool_not_raised', summary, failed: true };
  }
  const end = forMs === undefined ? 'for good' : `until ${iso(at + forMs)}, then ${former} again`;
  if (work.dryRun) {
    const summary = `the pool size of ${project} would be raised from ${now} to ${to}, ${end}; nothing was done`;
    return { decision: 'planned', reasonCode: 'dry_run', summary, failed: false };
  }
  const record = { schemaVersion: 1 as const, project, former, raised: to, by: actor };
  const id = await beginRaise(github, { ...record, ...(forMs === undefined ? {} : { forMs }) }, place);
  try {
    await pool.set(to);
  } catch (error) {
    // Refused, and so nothing to put back, unless an attempt before this one was taken and its answer lost: then the record stays open.
    const refused =
      error instanceof SupabaseError && error.status !== undefined && error.status >= 400 && error.status < 500;
    if (refused && (await holds(pool, now))) await tellRaise(github, id, `refused: ${error.reasonCode}`, true);
    throw error;
  }
  audit(`pool size of ${project} raised from ${now} to ${to}, ${end}`);
  await tellRaise(github, id, `raised to ${to} by ${actor}`, forMs === undefined);
  for (const earlier of open) await tellRaise(github, earlier.id, `followed by a raise to ${to}`, true);
  const proven = await prove(pool, to, project);
  if (proven !== undefined) return proven;
  const summary = `the pool size of ${project} was raised from ${now} to ${to}, ${end}`;
  const details = { pool: { project, from: now, to, former, dueAt: forMs === undefined ? null : iso(at + forMs) } };
  return { decision: 'mitigated', reasonCode: 'pool_raised', summary, failed: false, details };
}

async function putBack({ request, github, pool, open, now, dryRun, at, actor, audit }: Work): Promise<Result> {
  const { project } = request;
  const decided = decidePoolBack(open, { now, at, early: request.early });
  const close = async (text: string): Promise<void> => {
    for (const { id } of open) await tellRaise(github, id, text, true);
  };
  switch (decided.kind) {
    case 'nothing':
      return healthy('pool_not_raised', `no pool size of ${project} is to be put back`);
    case 'waits':
      return healthy(
        'pool_raised',
        Number.isFinite(decided.dueAt)
          ? `the pool size of ${project} goes back from ${decided.raised} to ${decided.former} at ${iso(decided.dueAt)}`
          : `the pool size of ${project} was raised from ${decided.former} to ${decided.raised} for good`,
      );
    case 'is-back':
      if (!dryRun) await close(`is ${decided.former} already`);
      return healthy('pool_is_back', `the pool size of ${project} is ${decided.former} again already`);
    case 'left': {
      const { former, raised } = decided;
      const found = decided.now ?? "the platform's own";
      if (!dryRun) await close(`left at ${found}: changed by somebody else`);
      audit(`pool size of ${project} left at ${found}`);
      const summary = `the pool size of ${project} was raised from ${former} to ${raised}, and somebody has changed it since: it stays ${found}`;
      return { decision: 'findings', reasonCode: 'pool_changed_elsewhere', summary, failed: false, warning: true };
    }
    case 'put-back': {
      const { former, raised, dueAt } = decided;
      if (dryRun) {
        const summary = `the pool size of ${project} would go back from ${raised} to ${former}; nothing was done`;
        return { decision: 'planned', reasonCode: 'dry_run', summary, failed: false };
      }
      await pool.set(former);
      audit(`pool size of ${project} put back from ${raised} to ${former}`);
      const proven = await prove(pool, former, project);
      if (proven !== undefined) return proven;
      await close(`put back to ${former} by ${actor}`);
      const summary = `the pool size of ${project} was put back from ${raised} to ${former}${at < dueAt ? ', before its time' : ''}`;
      const details = {
        pool: { project, from: raised, to: former, former, dueAt: Number.isFinite(dueAt) ? iso(dueAt) : null },
      };
      return { decision: 'mitigated', reasonCode: 'pool_put_back', summary, failed: false, details };
    }
  }
}

/** True where the platform says that the size is still this one. */
async function holds(pool: PoolSize, size: number): Promise<boolean> {
  try {
    return (await pool.read()) === size;
  } catch (error) {
    if (!(error instanceof SupabaseError)) throw error;
    return false;
  }
}

/** The platform answered: what it says now is what counts. */
async function prove(pool: PoolSize, wanted: number, project: string): Promise<Result | undefined> {
  const now = await pool.read();
  if (now === wanted) return undefined;
  const summary = `the pool size of ${project} was set to ${wanted}, and is ${now ?? "the platform's own"}: look at its settings`;
  return { decision: 'refused', reasonCode: 'pool_size_not_proven', summary, failed: true };
}

function healthy(reasonCode: string, summary: string): Result {
  return { decision: 'healthy', reasonCode, summary, failed: false };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
