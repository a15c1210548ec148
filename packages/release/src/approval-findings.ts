import { defaults } from '#config/defaults';
import { parseRule } from '#config/rules';
import type { EnvironmentSettings, WatchSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Finding } from './decide-preflight.ts';

/**
 * Mode approve, a rule that says `approve` and the policy `ask` promise that a person is asked before production goes back. Refused
 * where nobody would be: outside of the workflow whose job waits, where no reviewer is required for the environment of that job, and
 * in the later runs of a watch that is handed off: the job would hold its runner and the queue of the releases for the whole window
 * instead.
 */
export async function approvalFindings(
  github: Pick<GitHub, 'environment'> | undefined,
  { settings, rollbackEnvironment }: { settings: EnvironmentSettings; rollbackEnvironment?: string | undefined },
): Promise<Finding[]> {
  const asks = whatAsks(settings.watch);
  if (asks === undefined) return [];
  const handedOff = settings.watch.handOffMs === undefined ? [] : [handOffAsksNobody(asks)];
  return [...handedOff, ...(await whoIsAsked(github, { asks, settings, rollbackEnvironment }))];
}

/** The first of the settings by which a watch asks people; undefined where none does, or the mode does less than asking. Pure. */
export function whatAsks({ mode, rules, onNoData, onInconclusive }: WatchSettings): string | undefined {
  if (mode === 'approve') return 'watch.mode: approve';
  if ((mode ?? defaults.watch.mode) !== 'auto') return undefined;
  const rule = (rules ?? []).map(parseRule).find(({ action }) => action === 'approve');
  if (rule !== undefined) return `the rule "${rule.text}"`;
  if (onNoData === 'ask') return 'watch.on-no-data: ask';
  return onInconclusive === 'ask' ? 'watch.on-inconclusive: ask' : undefined;
}

async function whoIsAsked(
  github: Pick<GitHub, 'environment'> | undefined,
  {
    asks,
    settings,
    rollbackEnvironment,
  }: { asks: string; settings: EnvironmentSettings; rollbackEnvironment?: string | undefined },
): Promise<Finding[]> {
  if (rollbackEnvironment === undefined) {
    const message = `${asks} asks a person before ${settings.environment} is rolled back, and only deploy-production.yml has the job that waits for the answer`;
    return [refused(message, `call that workflow instead of the action, or ${otherWays(asks)}`)];
  }
  // Without a token preflight is refused for that alone.
  if (github === undefined) return [];
  try {
    return decideApproval(asks, rollbackEnvironment, await github.environment(rollbackEnvironment));
  } catch (error) {
    const { reasonCode, message } = error as { reasonCode?: unknown; message?: unknown };
    if (typeof reasonCode !== 'string') throw error;
    return [refused(`whether anybody is asked in ${rollbackEnvironment} cannot be read: ${message}`, otherWays(asks))];
  }
}

/** Whether the environment of the waiting job has somebody who must be asked. Pure. */
export function decideApproval(asks: string, name: string, found: { reviewers: number } | undefined): Finding[] {
  if (found !== undefined && found.reviewers > 0) return [];
  const why =
    found === undefined
      ? `the GitHub environment ${name} does not exist, or the token may not see it (actions: read)`
      : `the GitHub environment ${name} has no required reviewers: nobody would be asked`;
  const fix = `add required reviewers to ${name} under Settings > Environments (private repositories need GitHub Enterprise for them), or ${otherWays(asks)}`;
  return [refused(`${asks}: ${why}`, fix)];
}

function otherWays(asks: string): string {
  if (asks.startsWith('watch.on-')) return 'write hold (live, not proven) or fail (as a breach)';
  const auto = 'a bad release is taken back at once';
  const notify = 'the run is red and a person runs the rollback workflow';
  return asks.startsWith('the rule')
    ? `let the rule say ": auto" (${auto}) or ": notify" (${notify})`
    : `write mode: auto (${auto}), or mode: notify (${notify})`;
}

function handOffAsksNobody(asks: string): Finding {
  return {
    code: 'hand_off_asks_nobody',
    severity: 'refuse',
    message: `watch.hand-off with ${asks}: the scheduled runs that go on with the watch have no job that asks people`,
    fix: `take hand-off out (the job then watches the whole window), or ${otherWays(asks)}`,
  };
}

function refused(message: string, fix: string): Finding {
  return { code: 'approval_not_enforced', severity: 'refuse', message, fix };
}
