import { slackConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { createSlack } from '#notify/slack';
import { deliverRelease } from '#notify/tell-release';
import { nameOf } from '#release/name-of-target';
import { earliestStart, type ReleaseHandle, type RollbackTarget, releaseKey } from '#release/release-handle';
import type { Announced } from '#release/roll-back';
import type { inputs } from './inputs.ts';

/** What is said as the swap starts. Times in milliseconds. */
export interface Announcement {
  /** What is taken back. */
  version: string;
  target: RollbackTarget;
  reason: string;
  /** The living message of the release that is taken back; absent by hand. */
  handle?: ReleaseHandle;
}

/**
 * Tells people beside the swap (S2, ARB-14): the living message says that it is being rolled back, its thread from where to where
 * and why. Undefined where nobody is told; never rejects.
 */
export async function announce(
  runner: Runner,
  given: InputValues<typeof inputs>,
  { environment, slack: slackSettings }: EnvironmentSettings,
  { version, target, reason, handle }: Announcement,
): Promise<Announced | undefined> {
  const { context, clock, logger } = runner;
  const now = clock.now();
  try {
    const connection = slackConnection(runner, given, { slack: slackSettings });
    if (connection === undefined) return undefined;
    const link = given.watchLink;
    const links = [
      ...(link !== undefined && /^https?:/.test(link) ? [{ label: 'Same numbers at the source', url: link }] : []),
      ...(context.runUrl === '' ? [] : [{ label: 'Run', url: context.runUrl }]),
    ];
    const what = `Rolling back ${version} on ${environment} to ${nameOf(target)}, beside this message. Why: ${reason}`;
    const told = await deliverRelease(
      createSlack(connection),
      {
        environment,
        version,
        repository: context.repository,
        phase: 'rolling-back',
        summary: `To ${nameOf(target)}: ${reason}`,
        phases: [{ name: 'Roll back', state: 'running' }],
        links,
        ...(context.actor === '' ? {} : { actor: context.actor }),
        startedAt: handle?.openedAt ?? now,
        now,
        details: [what],
      },
      {
        at: handle?.slack,
        once: { key: releaseKey({ ...context, environment }), since: earliestStart(context, handle?.openedAt ?? now) },
      },
    );
    for (const problem of told.problems) logger.warning(problem);
    return told.problems.length > 0 ? undefined : { at: clock.now(), place: told.at };
  } catch (error) {
    // An address that may not be used.
    logger.warning(`Slack was not told: ${(error as Error).message}`);
    return undefined;
  }
}
