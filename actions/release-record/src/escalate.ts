import { slackAddress } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { type ReleaseNews, renderNote } from '#notify/render-release';
import type { PostOnce } from '#notify/slack';
import { createSlack } from '#notify/slack';
import type { Given } from './services.ts';

/**
 * The next contact (ARB-16): where the way back failed or did not help, the route of `rollback.escalate` is told, too. A second ending of
 * the same release edits that message instead of sending another. Answers what did not arrive, one sentence each; never throws for Slack.
 */
export async function escalate(
  runner: Pick<Runner, 'environment' | 'signal' | 'logger'>,
  given: Pick<Given, 'slackBotToken' | 'slackApiUrl'>,
  { release, notifications }: Pick<EnvironmentSettings, 'release' | 'notifications'>,
  news: Pick<ReleaseNews, 'phase' | 'version' | 'environment' | 'summary' | 'links'>,
  once: PostOnce,
): Promise<string[]> {
  const name = release.escalateTo;
  if (name === undefined || news.phase !== 'rollback-failed') return [];
  const { slack: channels = [], others = [] } = notifications?.routes[name] ?? {};
  const missed = others.map((way) => `This version does not escalate by ${way}, which route ${name} names`);
  const { slackBotToken: token } = given;
  if (token === undefined) return [...missed, `Route ${name} was not told: it needs slack-bot-token`];
  const title = `Escalation: the rollback of ${news.version} on ${news.environment} needs a person now`;
  const text = [news.summary, ...news.links.map(({ label, url }) => `${label}: ${url}`)].join('\n');
  const message = renderNote({ status: 'failure', title, text });
  for (const channel of channels) {
    const apiUrl = slackAddress(runner, given);
    const to = createSlack({ token, channel, apiUrl, signal: runner.signal, log: runner.logger.debug });
    const delivery = await to.postMessage(message, { ...once, key: `${once.key}:escalation` });
    if (!delivery.delivered) missed.push(`Slack channel ${channel} of route ${name} was not told: ${delivery.message}`);
  }
  return missed;
}
