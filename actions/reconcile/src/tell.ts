import { slackConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { Incident } from '#incident/incident';
import { createSlack } from '#notify/slack';
import { tellRelease } from '#notify/tell-release';
import { type Finished, fixForwardOver, importedRollback } from '#release/finished';
import { renderNews } from '#release/last-line';
import type { Given } from './finish.ts';
import type { Story } from './story.ts';

const details: Readonly<Record<string, string>> = {
  [fixForwardOver]: 'the time to mend it was over',
  [importedRollback]: 'read in Vercel: GitHub was not there when it happened',
};

/** Gives the dead run's own message its end. What was not delivered is returned, one sentence each; never throws. */
export async function tell(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  told: { finished: Finished; story: Story; incident: Incident | undefined },
): Promise<string[]> {
  const { finished, story, incident } = told;
  const { environment, version, decision, closing, openedAt } = finished;
  const now = runner.clock.now();
  try {
    const connection = slackConnection(runner, given, settings);
    if (connection === undefined) return [];
    const { serving, servesNothing, openLocks } = closing;
    const summary = renderNews({ ...finished, serving, servesNothing, locked: openLocks.length > 0, now });
    return await tellRelease(
      createSlack(connection),
      {
        environment,
        version,
        repository: runner.context.repository,
        phase: decision,
        summary,
        phases: [
          {
            name: 'Reconcile',
            state: 'done',
            detail: details[finished.reasonCode] ?? 'its run had ended without doing this itself',
          },
        ],
        links: [
          { label: 'Its run', url: story.runUrl },
          ...(runner.context.runUrl === '' ? [] : [{ label: 'Reconcile', url: runner.context.runUrl }]),
          ...(incident === undefined ? [] : [{ label: `Incident #${incident.number}`, url: incident.url }]),
        ],
        ...(serving === undefined ? {} : { serving }),
        startedAt: openedAt,
        now,
        details: [finished.what, ...closing.warnings],
      },
      { at: finished.slack, once: { key: finished.key, since: openedAt } },
    );
  } catch (error) {
    return [`Slack was not told: ${(error as Error).message}`];
  }
}
