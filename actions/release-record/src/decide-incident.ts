import { z } from 'zod';
import type { ReleaseRecord } from '#release/release-record';
import type { ChecklistItem } from '#release/rollback-checklist';

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
  /** What the job before did to the database: statements, times, checks (DRB-10). */
  database?: string[] | undefined;
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
  record: Pick<ReleaseRecord, 'decision' | 'reason' | 'promotion' | 'rolledBack' | 'unwatched' | 'version'> | undefined,
  told: Told,
): IncidentStory | undefined {
  const decision = told.decision ?? record?.decision;
  const leftUnproven = record !== undefined && record.promotion !== 'none' && !record.rolledBack;
  const isNeeded =
    decision === undefined || decision === 'failed' || decision === 'cancelled'
      ? leftUnproven || (record === undefined && decision === 'failed')
      : alarming.has(decision) || (!calm.has(decision) && leftUnproven) || record?.unwatched === true;
  if (!isNeeded) return undefined;
  return {
    decision: decision ?? 'cancelled',
    reasonCode: told.reason ?? (decision === undefined ? 'job_lost' : 'unknown'),
    what:
      told.summary ??
      record?.reason ??
      'The job ended without telling how: it was lost, or GitHub dropped its outputs because they hold a masked value (a secret that is an ordinary word). Its log and the ledger say how far it came.',
    version: record?.version,
    serving: servingOf(told.result),
    ...checklistOf(told.result),
    ...databaseOf(told.result),
  };
}

const checklistItem = z.object({
  name: z.string(),
  state: z.enum(['done', 'open', 'failed']),
  note: z.string(),
  at: z.number().optional(),
});

/** `checklist` of a result; what is not one of its items is left out. */
function checklistOf(result: string | undefined): Pick<IncidentStory, 'checklist'> {
  try {
    const read = z.object({ checklist: z.array(checklistItem) }).safeParse(JSON.parse(result ?? '{}'));
    return read.success ? { checklist: read.data.checklist } : {};
  } catch {
    return {};
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
