import type { StepOutcome } from './decide-rollback-needed.ts';

/** One line of the rollback checklist. `open` is for a person, or was not measured; nothing is ticked on a guess. */
export interface ChecklistItem {
  name: string;
  state: 'done' | 'open' | 'failed';
  note: string;
  /** Milliseconds since the epoch; of an open item, when it was left to a person. */
  at?: number | undefined;
}

/** What a run knows about its own rollback when it opens the incident. Times in milliseconds since the epoch. */
export interface ChecklistFacts {
  /** What the watch measured, where it is what decided. */
  measured?: string | undefined;
  /** The rule or check that fired, or the reason that a person gave. */
  reason: string;
  /** Who decided; undefined where the release took itself back. */
  actor?: string | undefined;
  startedAt?: number | undefined;
  /** When people were told that the swap starts. */
  announcedAt?: number | undefined;
  swappedAt?: number | undefined;
  now: number;
  health: StepOutcome;
  smoke: StepOutcome;
  /** The domains are where they belong. */
  back: boolean;
  /** What was measured of the database, where the rollback took it back. */
  database?: { state: ChecklistItem['state']; note: string } | undefined;
  /** Where people are told; false where nothing is configured. */
  slack: boolean;
  /** When people were told how it ended. */
  toldAt?: number | undefined;
}

const noSlack = 'no Slack is configured';

const watchedLater =
  'the watch of what was restored begins after this was written: tick it when the run says how that watch ended';

/** The item that a run measures where it took the database back. */
export const databaseIntegrity = 'Database integrity verified';

/** The item that the watch of what was restored ticks. */
export const monitoringEnabled = 'Deployment monitoring re-enabled';

/** The rollback checklist of the runbook, all eleven items, filled in with what this run measured (FRB-12). Pure. */
export function rollbackChecklist(facts: ChecklistFacts): ChecklistItem[] {
  const { reason, actor, startedAt, swappedAt, now } = facts;
  // What is left to a person carries the time at which it was.
  const item = (name: string, state: ChecklistItem['state'], note: string, at = now): ChecklistItem => {
    return { name, state, note, at };
  };
  const person = 'a person: write it here';
  return [
    facts.measured === undefined
      ? item('Production error rate confirmed', 'open', 'no watch decided this rollback, so no rate was measured')
      : item('Production error rate confirmed', 'done', facts.measured, startedAt),
    item('Root cause identified', 'open', `${person}; what fired: ${reason}`),
    item('Decision made', 'done', actor === undefined ? `by rule: ${reason}` : `by ${actor}: ${reason}`, startedAt),
    facts.announcedAt === undefined
      ? item('Slack notification sent', 'open', facts.slack ? 'no message had arrived when the swap was done' : noSlack)
      : item(
          'Slack notification sent',
          'done',
          'beside the start of the swap, which waits for no message',
          facts.announcedAt,
        ),
    item('Rollback started', startedAt === undefined ? 'open' : 'done', swapNote(startedAt, swappedAt), startedAt),
    item(monitoringEnabled, 'open', facts.back ? watchedLater : 'the domains are not back, so nothing is watched'),
    facts.database === undefined
      ? item(databaseIntegrity, 'open', `${person}; the rollback did not touch the database`)
      : item(databaseIntegrity, facts.database.state, facts.database.note, now),
    checked('Tests passing on the rolled-back version', facts.smoke, 'smoke tests', now),
    checked('All services responding', facts.health, 'health checks', now),
    facts.toldAt === undefined
      ? item('Post-rollback notification sent', 'open', facts.slack ? 'no message of the end has arrived yet' : noSlack)
      : item('Post-rollback notification sent', 'done', 'Slack was told how it ended', facts.toldAt),
    item('Incident documentation started', 'done', 'this issue', now),
  ];
}

function swapNote(startedAt: number | undefined, swappedAt: number | undefined): string {
  if (startedAt === undefined) return 'the run did not say when';
  return swappedAt === undefined
    ? 'the domains were not seen to move'
    : `domains back after ${((swappedAt - startedAt) / 1000).toFixed(1)} s`;
}

function checked(name: string, outcome: StepOutcome, what: string, at: number): ChecklistItem {
  if (outcome === 'success') return { name, state: 'done', note: `${what} passed on the public address`, at };
  if (outcome === 'failure') return { name, state: 'failed', note: `${what} failed on the public address`, at };
  return { name, state: 'open', note: `${what} did not run`, at };
}
