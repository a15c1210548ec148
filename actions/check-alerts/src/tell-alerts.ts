import { slackAddress } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { renderNote } from '#notify/render-release';
import { createSlack } from '#notify/slack';
import type { AlertNews } from '#observe/alerts/decide-alert-news';
import type { Alert } from '#observe/alerts/plan-alerts';
import type { Given } from './plan-check.ts';
import { placesOf, renderNews } from './render-news.ts';

/** A message of an earlier run that died before it kept its state is not older than this, in milliseconds. */
const lookBackMs = 2 * 3_600_000;

/**
 * Sends each piece of news to its places, in the order of the alerts. One place that was reached is enough: what others missed is
 * said in `missed`. Never throws for Slack.
 */
export async function tellAlerts(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  news: readonly AlertNews[],
  alerts: readonly Alert[],
): Promise<{ told: { news: AlertNews; delivered: boolean }[]; missed: string[] }> {
  const { slackBotToken: token, slackWebhookUrl: webhookUrl } = given;
  const missed: string[] = [];
  const told: { news: AlertNews; delivered: boolean }[] = [];
  for (const each of news) {
    const alert = alerts.find(({ key }) => key === each.state.key);
    const places = placesOf(each, alert, settings, given.slackChannel);
    const about = { environment: settings.environment, runUrl: runner.context.runUrl, others: places.others };
    const message = renderNote(renderNews(each, alert, about));
    const once = { key: keyOf(each, settings.environment), since: runner.clock.now() - lookBackMs };
    let delivered = false;
    // A webhook brings its own channel.
    for (const channel of token === undefined ? [undefined] : places.channels) {
      const apiUrl = slackAddress(runner, given);
      const slack = createSlack({
        token,
        webhookUrl,
        channel,
        apiUrl,
        signal: runner.signal,
        log: runner.logger.debug,
      });
      const delivery = await slack.postMessage(message, once);
      if (delivery.delivered) delivered = true;
      else
        missed.push(
          `${channel === undefined ? 'Slack' : `Slack channel ${channel}`} was not told: ${delivery.message}`,
        );
    }
    if (token !== undefined && places.channels.length === 0)
      missed.push(`nobody was told of ${each.state.key}: neither its route nor slack.channel names a channel`);
    told.push({ news: each, delivered });
  }
  return { told, missed };
}

/** The same for a run that is run again: what was before decides, not when the run looked (S6). */
function keyOf({ kind, state, before }: AlertNews, environment: string): string {
  return ['alert', environment, state.key, kind, state.rule ?? '', before?.since ?? 0, before?.toldAt ?? 0].join(':');
}
