import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { elapsed } from '#release/elapsed';
import { keepTimeOf } from '#release/keep-previous';
import { nameOf } from '#release/name-of-target';
import { parseReleaseHandle } from '#release/release-handle';
import { judgeTimeToLive } from '#release/time-to-live';
import type { Given } from './services.ts';
import { tell } from './tell.ts';

/** Between promotion and watch: people learn that it is live and watched. */
export async function promoted(runner: Runner, given: Given): Promise<Result> {
  const settings = await loadSettings(runner, given);
  const handle = parseReleaseHandle(given.release ?? '');
  const { environment, version } = handle;
  const now = runner.clock.now();
  const time = judgeTimeToLive({
    openedAt: handle.openedAt,
    promotedAt: now,
    budgetMs: settings.release.timeBudgetMs,
  });
  const summary = `${version} is live on ${environment} and is being watched. ${time.text}`;
  if (time.isOver) runner.logger.warning(`${version} on ${environment}: ${time.text}`);
  const keepMs = keepTimeOf(settings.release);
  const target = handle.rollbackTarget;
  const kept =
    keepMs === undefined || target === undefined
      ? ''
      : ` ${nameOf(target)} is kept warm for ${elapsed(keepMs)}: one call brings it back.`;
  const news = `${time.text} Checks on the public address, then the watch (mode ${handle.mode}).${kept}`;
  await tell(
    runner,
    given,
    settings,
    {
      environment,
      version,
      repository: handle.repository,
      phase: 'promoted',
      summary: news,
      phases: [
        { name: 'Preflight', state: 'done' },
        { name: 'Migrate', state: 'done' },
        { name: 'Deploy', state: 'done' },
        { name: 'Test staged', state: 'done' },
        { name: 'Promote', state: 'done' },
        { name: 'Test production', state: 'running' },
        { name: 'Watch', state: 'pending' },
      ],
      links: handle.runUrl === undefined || handle.runUrl === '' ? [] : [{ label: 'Run', url: handle.runUrl }],
      ...(given.deploymentId === undefined
        ? {}
        : { serving: { deploymentId: given.deploymentId, version, since: now } }),
      ...(handle.actor === undefined ? {} : { actor: handle.actor }),
      weakenings: handle.weakenings,
      startedAt: handle.openedAt,
      now,
    },
    handle.slack,
  );
  return {
    decision: 'recorded',
    reasonCode: 'promoted',
    summary,
    failed: false,
    details: { secondsUntilLive: time.seconds, budgetSeconds: time.budgetSeconds ?? null },
  };
}
