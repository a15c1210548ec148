import { z } from 'zod';
import { type ChecklistItem, monitoringEnabled } from '#release/rollback-checklist';

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

/** The same of a result as text; undefined also where that is none. Pure. */
export function checklistIn(result: string | undefined): ChecklistItem[] | undefined {
  try {
    return readChecklist(JSON.parse(result ?? '{}'));
  } catch {
    return undefined;
  }
}

/** The checklist once the watch of what was restored has ended; `seen` is what it saw. Pure. */
export function withWatch(
  checklist: readonly ChecklistItem[] | undefined,
  { seen, at }: { seen: string; at: number },
): ChecklistItem[] | undefined {
  return checklist?.map((item) =>
    item.name === monitoringEnabled
      ? { name: item.name, state: 'done', note: `what was restored was watched: ${seen}`, at }
      : item,
  );
}
