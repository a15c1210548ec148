import { z } from 'zod';
import type { ChecklistItem } from '#release/rollback-checklist';

const checklistItem = z.object({
  name: z.string(),
  state: z.enum(['done', 'open', 'failed']),
  note: z.string(),
  at: z.number().optional(),
});

/** `checklist` of a result, or of a part of one; undefined where there is none. Pure. */
export function readChecklist(result: unknown): ChecklistItem[] | undefined {
  const read = z.object({ checklist: z.array(checklistItem) }).safeParse(result);
  return read.success ? read.data.checklist : undefined;
}
