import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { ReleaseNews } from '#notify/render-release';
import { tellRelease } from '#notify/tell-release';
import { earliestStart, releaseKey } from '#release/release-handle';
import { type Given, slackOf } from './services.ts';

/** Brings the living message of this run up to date. A failed delivery is a warning, never more. */
export async function tell(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  news: ReleaseNews,
  at: { channel: string; ts: string } | undefined,
): Promise<void> {
  try {
    const slack = slackOf(runner, given, settings);
    if (slack === undefined) return;
    const once = {
      key: releaseKey({ ...runner.context, environment: news.environment }),
      since: earliestStart(runner.context, news.startedAt),
    };
    for (const problem of await tellRelease(slack, news, { at, once })) runner.logger.warning(problem);
  } catch (error) {
    // An address that may not be used.
    runner.logger.warning(`Slack was not told: ${(error as Error).message}`);
  }
}
