import type { GitHub } from '#github/client';
import { type Incident, openIncident } from '#incident/incident';
import { commandOn } from '#release/command-line';
import type { OutcomeFacts, ReleaseOutcome } from '#release/decide-release-outcome';
import type { Serving } from '#release/last-line';
import { readReleases } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import type { ChecklistItem } from '#release/rollback-checklist';
import { whatStays } from './evidence.ts';
import { chartOf, errorLinks, measuredValues, stageValues } from './measured.ts';
import type { Given } from './services.ts';

/** Opens the incident with the ledger's own timeline, the measured values and the commands that come next. */
export async function reportIncident(
  github: GitHub,
  facts: {
    handle: ReleaseHandle;
    outcome: ReleaseOutcome;
    steps: OutcomeFacts;
    given: Given;
    serving: Serving | undefined;
    /** What can still be gone back to. */
    rollbackTarget: { deploymentId: string } | undefined;
    /** What the restored deployment has otherwise, one sentence each. */
    differs: readonly string[];
    /** Absent where nothing went back. */
    checklist: readonly ChecklistItem[] | undefined;
    everybodyReads: boolean;
  },
): Promise<Incident> {
  const { handle, outcome, steps, given, serving, rollbackTarget } = facts;
  const { environment } = handle;
  const story = {
    key: handle.key,
    environment,
    version: handle.version,
    commit: handle.commit,
    decision: outcome.decision,
    reasonCode: outcome.reasonCode,
    what: outcome.what,
    timeline: [...(await timelineOf(github, handle)), ...measuredTimes(given)],
    measured: [...stageValues(given.promoteResult), ...measuredValues(given.watchResult)],
    chart: chartOf(given.watchResult),
    links: errorLinks(given.watchResult),
    serving,
    commands: [
      ...(outcome.decision === 'rollback-failed' && rollbackTarget !== undefined
        ? [commandOn(handle, 'rollback', { target: rollbackTarget.deploymentId })]
        : []),
      commandOn(handle, 'releases'),
      commandOn(handle, 'unlock'),
    ],
    notes: [
      whatStays,
      ...facts.differs,
      ...(steps.migrate.decision === 'applied' ? ['This release applied migrations; they only expand and stay.'] : []),
      ...(handle.weakenings ?? []).map((text) => `Weaker than standard: ${text}`),
    ],
    checklist: facts.checklist,
    logs: (given.functionsLogs ?? '').split('\n').filter((line) => line !== ''),
    runUrl: handle.runUrl,
  };
  return await openIncident(github, story, { everybodyReads: facts.everybodyReads });
}

export async function timelineOf(github: GitHub, handle: ReleaseHandle): Promise<{ at: number; text: string }[]> {
  const own = readReleases(
    github,
    { environment: handle.environment, sha: handle.commit },
    ({ id }) => id === handle.ledgerId,
  );
  for await (const release of own) {
    const facts = release.facts.filter((fact) => fact.step !== 'slack');
    return [
      { at: release.openedAt, text: 'release opened' },
      ...facts.map(({ at, step, kind, word, text }) => ({ at, text: `${step} ${kind}: ${word} ${text}`.trim() })),
    ];
  }
  return [{ at: handle.openedAt, text: 'release opened' }];
}

function measuredTimes(given: Given): { at: number; text: string }[] {
  const times: [string | undefined, string, string][] = [
    [given.watchResult, 'breachAt', 'the error rate passed its limit'],
    [given.watchResult, 'detectedAt', 'the watch saw it'],
    [given.rollbackResult, 'lockedAt', 'the environment was locked'],
    [given.rollbackResult, 'swappedAt', 'the domains were back'],
  ];
  return times.flatMap(([json, field, text]) => {
    const at = readNumber(json, field);
    return at === undefined ? [] : [{ at: at * 1000, text }];
  });
}

function readNumber(json: string | undefined, field: string): number | undefined {
  try {
    const value = (JSON.parse(json ?? '{}') as Record<string, unknown>)[field];
    return typeof value === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}
