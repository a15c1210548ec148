import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { ReleaseNews } from '#notify/render-release';
import { tellRelease } from '#notify/tell-release';
import { earliestStart, releaseKey } from '#release/release-handle';
import { escalate } from './escalate.ts';
import { type Given, slackOf } from './services.ts';

/**
 * Brings the living message of this run up to date, and the next contact where the way back did not help. A failed delivery is a
 * warning, never more. When Slack was told, in milliseconds since the epoch; undefined where it was not, or is not configured.
 */
export async function tell(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  news: ReleaseNews,
  at: { channel: string; ts: string } | undefined,
): Promise<number | undefined> {
  try {
    const once = {
      key: releaseKey({ ...runner.context, environment: news.environment }),
      since: earliestStart(runner.context, news.startedAt),
    };
    for (const problem of await escalate(runner, given, settings, news, once)) runner.logger.warning(problem);
    const slack = slackOf(runner, given, settings);
    if (slack === undefined) return undefined;
    const problems = await tellRelease(slack, news, { at, once });
    for (const problem of problems) runner.logger.warning(problem);
    return problems.length === 0 ? runner.clock.now() : undefined;
  } catch (error) {
    // An address that may not be used.
    runner.logger.warning(`Slack was not told: ${(error as Error).message}`);
    return undefined;
  }
}
