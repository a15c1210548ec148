import { z } from 'zod';
import { databaseIntegrity } from '#release/rollback-checklist';
import type { IncidentStory } from './decide-incident.ts';

const record = z.object({
  reasonCode: z.string().optional(),
  database: z.array(z.string()),
  escalation: z.string().optional(),
  integrity: z.object({ state: z.enum(['done', 'open', 'failed']), note: z.string(), at: z.number().optional() }),
});

/**
 * The incident with what the job did that took the database back: its notes, and the line of the checklist. A job that ended
 * without a word is told as such; one that did not run changes nothing. Pure.
 */
export function withDatabaseRecord(
  story: IncidentStory | undefined,
  job: { result: string | undefined; record: string | undefined },
): IncidentStory | undefined {
  const { result = '' } = job;
  if (result === '' || result === 'skipped') return story;
  const lost = `Database: its job ended (${result}) without telling how; the database's own history says what is applied`;
  const { reasonCode, database, integrity, escalation } = read(job.record) ?? {
    reasonCode: 'job_lost',
    database: [lost],
    integrity: { state: 'failed' as const, note: lost },
    escalation: undefined,
  };
  const done = integrity.state === 'done';
  const base = story ?? {
    decision: done ? 'rolled-back' : 'failed',
    reasonCode: reasonCode ?? (done ? 'rolled_back' : 'database_unknown'),
    what: database[0] ?? lost,
  };
  const checklist = base.checklist?.map((item) =>
    item.name === databaseIntegrity ? { name: databaseIntegrity, ...integrity } : item,
  );
  return {
    ...base,
    database,
    ...(checklist === undefined ? {} : { checklist }),
    ...(escalation === undefined ? {} : { escalation }),
  };
}

function read(text: string | undefined): z.infer<typeof record> | undefined {
  try {
    return record.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
