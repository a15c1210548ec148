import type { IncidentFacts } from '#incident/incident';
import { commandOn } from '#release/command-line';
import { type Finished, fixForwardOver, importedRollback, needsIncident } from '#release/finished';

/** What the job that opens incidents has to know of one end; part of the output `result`. Times in milliseconds. */
export interface Story {
  key: string;
  environment: string;
  production: boolean;
  version: string;
  commit: string | null;
  decision: string;
  reasonCode: string;
  what: string;
  needsIncident: boolean;
  serving: { deploymentId: string; version?: string; since?: number } | null;
  rollbackTarget: string | null;
  runUrl: string;
  timeline: { at: number; text: string }[];
}

/** Facts of one entry that are told; more are not what people look for. */
const factLimit = 40;

export function toStory(finished: Finished, context: { serverUrl: string; repository: string; runUrl: string }): Story {
  const { runId, closing, rollbackTarget } = finished;
  const facts = finished.facts.filter(({ step }) => step !== 'slack').slice(-factLimit);
  return {
    key: finished.key,
    environment: finished.environment,
    production: finished.production,
    version: finished.version,
    commit: finished.commit ?? null,
    decision: finished.decision,
    reasonCode: finished.reasonCode,
    what: finished.what,
    needsIncident: needsIncident(finished),
    serving: closing.serving ?? null,
    rollbackTarget: rollbackTarget?.deploymentId ?? null,
    // The dead run has the log; where it is not known, this one tells the story.
    runUrl: runId > 0 ? `${context.serverUrl}/${context.repository}/actions/runs/${runId}` : context.runUrl,
    timeline: [
      { at: finished.openedAt, text: 'opened' },
      ...facts.map(({ at, step, kind, word, text }) => ({ at, text: `${step} ${kind}: ${word} ${text}`.trim() })),
    ],
  };
}

const notes: Readonly<Record<string, string>> = {
  [fixForwardOver]: 'Nobody mended it in time; this is what rollback.after-fix-forward says.',
  [importedRollback]: 'GitHub was not there when it happened; reconcile read it in Vercel and completed the record.',
};

/** The same issue that the dead run may have opened itself: it has the same key (S6). Pure. */
export function incidentOf(story: Story): IncidentFacts {
  const { environment, serving, rollbackTarget, decision } = story;
  const canGoBack = rollbackTarget !== null && rollbackTarget !== serving?.deploymentId;
  return {
    key: story.key,
    environment,
    version: story.version,
    ...(story.commit === null ? {} : { commit: story.commit }),
    decision,
    reasonCode: story.reasonCode,
    what: story.what,
    timeline: story.timeline,
    measured: [],
    serving: serving ?? undefined,
    commands: [
      ...(decision !== 'rolled-back' && canGoBack ? [commandOn(story, 'rollback', { target: rollbackTarget })] : []),
      commandOn(story, 'releases'),
      commandOn(story, 'unlock'),
    ],
    notes: [notes[story.reasonCode] ?? 'The run died; reconcile brought it to this end.'],
    runUrl: story.runUrl,
  };
}

/** The stories in the output `result` of the job before; undefined where there are none to read. Pure. */
export function readStories(json: string | undefined): Story[] | undefined {
  try {
    const { finished } = JSON.parse(json ?? '') as { finished?: unknown };
    if (!Array.isArray(finished)) return undefined;
    return finished.every(isStory) ? finished : undefined;
  } catch {
    return undefined;
  }
}

function isStory(value: unknown): value is Story {
  const story = value as Partial<Record<keyof Story, unknown>> | null;
  const texts = ['key', 'environment', 'version', 'decision', 'reasonCode', 'what', 'runUrl'] as const;
  return (
    texts.every((name) => typeof story?.[name] === 'string') &&
    typeof story?.needsIncident === 'boolean' &&
    typeof story.production === 'boolean' &&
    Array.isArray(story.timeline)
  );
}
