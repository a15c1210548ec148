import { z } from 'zod';
import { isUndoOpen } from '#release/describe-files-behind';
import type { ReleaseRecord } from '#release/release-record';
import type { ChecklistItem } from '#release/rollback-checklist';
import { checklistIn } from './read-checklist.ts';

/** What the job before said about its end; everything may be missing when it died. */
export interface Told {
  decision?: string | undefined;
  reason?: string | undefined;
  summary?: string | undefined;
  /** Output `result` of deploy or rollback. */
  result?: string | undefined;
}

export interface IncidentStory {
  decision: string;
  reasonCode: string;
  what: string;
  version?: string | undefined;
  serving?: { deploymentId: string; version?: string; since?: number } | undefined;
  /** The rollback checklist, as the job before filled it in. */
  checklist?: ChecklistItem[] | undefined;
  /** What its watch and its stages measured. */
  measured?: { name: string; value: string }[] | undefined;
  /** Lines of a Mermaid chart. */
  chart?: string[] | undefined;
  /** Pages of single errors. */
  links?: { about: string; url: string }[] | undefined;
  /** What the job before did to the database: statements, times, checks (DRB-10). */
  database?: string[] | undefined;
  /** Why more people have to know than those who are at it. */
  escalation?: string | undefined;
}

/** Endings after which people have to look, whatever was promoted. */
const alarming = new Set(['rolled-back', 'rollback-failed']);
/** Endings that left production proven or untouched. */
const calm = new Set([
  'released',
  'watch-continues',
  'held',
  'staged',
  'already-current',
  'planned',
  'refused',
  'superseded',
  'would-roll-back',
]);

/** Whether people must be called, and what to tell them. Undefined where nothing was left unproven. Pure. */
export function decideIncident(
  record:
    | Pick<ReleaseRecord, 'decision' | 'reason' | 'promotion' | 'rolledBack' | 'unwatched' | 'version' | 'facts'>
    | undefined,
  told: Told,
): IncidentStory | undefined {
  const decision = told.decision ?? record?.decision;
  const leftUnproven = record !== undefined && record.promotion !== 'none' && !record.rolledBack;
  const isNeeded =
    decision === undefined || decision === 'failed' || decision === 'cancelled'
      ? leftUnproven ||
        (record === undefined && decision === 'failed') ||
        (record !== undefined && isUndoOpen(record.facts))
      : alarming.has(decision) ||
        mustBeMended(decision, told.result) ||
        // A failure whose steps are all for people (ARB-08).
        (decision === 'refused' && checklistIn(told.result) !== undefined) ||
        (!calm.has(decision) && leftUnproven) ||
        record?.unwatched === true;
  if (!isNeeded) return undefined;
  const checklist = checklistIn(told.result);
  return {
    decision: decision ?? 'cancelled',
    reasonCode: told.reason ?? (decision === undefined ? 'job_lost' : 'unknown'),
    what:
      told.summary ??
      record?.reason ??
      'The job ended without telling how: it was lost, or GitHub dropped its outputs because they hold a masked value (a secret that is an ordinary word). Its log and the ledger say how far it came.',
    version: record?.version,
    serving: servingOf(told.result),
    ...(checklist === undefined ? {} : { checklist }),
    ...databaseOf(told.result),
    ...measuredOf(told.result),
  };
}

/** People were given a time to mend it: the issue holds the deadline (ARB-07). */
function mustBeMended(decision: string, result: string | undefined): boolean {
  if (decision !== 'would-roll-back') return false;
  try {
    return z.object({ fixForward: z.object({ until: z.number() }) }).safeParse(JSON.parse(result ?? '{}')).success;
  } catch {
    return false;
  }
}

/** `database` of a result, lines of text; anything else is left out. */
function databaseOf(result: string | undefined): Pick<IncidentStory, 'database'> {
  try {
    const read = z.object({ database: z.array(z.string()) }).safeParse(JSON.parse(result ?? '{}'));
    return read.success ? { database: read.data.database } : {};
  } catch {
    return {};
  }
}

/** Lines that `mermaidChart` writes: its own words, numbers and times. A line that is anything else is no part of one (S14). */
const chartLine = z
  .string()
  .regex(/^(xychart-beta| {2}title "Error rate in %, and the limit"| {2}(x-axis|y-axis|line) [\d.,:" %>[\]-]+)$/);

/** `measured`, `chart` and `links` of a result, each left out where it is not whole. */
function measuredOf(result: string | undefined): Pick<IncidentStory, 'measured' | 'chart' | 'links'> {
  try {
    const told = JSON.parse(result ?? '{}') as Record<string, unknown>;
    const measured = z.array(z.object({ name: z.string(), value: z.string() })).safeParse(told.measured);
    const chart = z.array(chartLine).safeParse(told.chart);
    const links = z.array(z.object({ about: z.string(), url: z.string() })).safeParse(told.links);
    return {
      ...(measured.success ? { measured: measured.data } : {}),
      ...(chart.success ? { chart: chart.data } : {}),
      ...(links.success ? { links: links.data } : {}),
    };
  } catch {
    return {};
  }
}

/** `details.serving` of a result, times in milliseconds. */
function servingOf(result: string | undefined): IncidentStory['serving'] {
  try {
    const { serving } = JSON.parse(result ?? '{}') as {
      serving?: { deploymentId?: unknown; version?: unknown; since?: unknown } | null;
    };
    if (typeof serving?.deploymentId !== 'string') return undefined;
    return {
      deploymentId: serving.deploymentId,
      ...(typeof serving.version === 'string' ? { version: serving.version } : {}),
      ...(typeof serving.since === 'number' ? { since: serving.since } : {}),
    };
  } catch {
    return undefined;
  }
}
