import { escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';

/** One line of the checklist of a restore (RES-11). */
export interface ChecklistItem {
  item: string;
  /** ISO time. */
  at: string;
  outcome: string;
}

export type Note = (item: string, outcome: string) => void;

/** Every step with its time, in the log as it happens and in the result at the end. */
export function startChecklist({ clock, logger }: Pick<Runner, 'clock' | 'logger'>): {
  items: readonly ChecklistItem[];
  note: Note;
} {
  const items: ChecklistItem[] = [];
  return {
    items,
    note(item, outcome) {
      items.push({ item, at: new Date(clock.now()).toISOString(), outcome });
      logger.info(`${item}: ${outcome}`);
    },
  };
}

/** Who answers for it. Pure. */
export function describeDecision(given: { actor: string; typed: string; incident: string | undefined }): string {
  return `by ${given.actor || 'a person'}, who typed ${given.typed}; incident: ${given.incident ?? 'none given'}`;
}

/** For the job summary. Pure. */
export function renderChecklist(items: readonly ChecklistItem[]): string[] {
  if (items.length === 0) return [];
  const rows = items.map(({ item, at, outcome }) => [escapeMarkdown(item), at, escapeMarkdown(outcome)]);
  return [table(['Step', 'When', 'Outcome'], rows)];
}

/** For `startProgress`: how far a restore is, beside what it may take; milliseconds. */
export function progressOf(
  { clock, logger }: Pick<Runner, 'clock' | 'logger'>,
  items: readonly ChecklistItem[],
  { started, limitMs }: { started: number; limitMs: number },
) {
  return {
    ...{ clock, startedAt: started, limitMs },
    reached: () => items.map(({ item }) => item).join(', '),
    info: (line: string) => logger.info(line),
    warn: (line: string) => logger.warning(line),
  };
}

/** Says to the steps behind it whether smoke tests of the environment are configured. Pure. */
export function withSmoke(result: Result, { smoke }: Pick<EnvironmentSettings, 'smoke'>): Result {
  const configured = smoke.command !== undefined || (smoke.checks ?? []).length > 0;
  if (result.decision !== 'restored' || !configured) return result;
  return { ...result, outputs: { ...result.outputs, smoke: 'configured' } };
}
