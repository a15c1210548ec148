import type { OpenRestore } from '#release/platform-restore-record';

export type EarlierDecision =
  /** Ask the platform; `closes` is the ending of the earlier record. */
  | { kind: 'ask'; message?: string; closes?: string }
  /** A restore is under way: wait, ask nothing. */
  | { kind: 'wait'; message: string; closes?: never }
  /** An earlier run of the same restore got it done: only the checks are left. */
  | { kind: 'done'; message: string; closes: string }
  | { kind: 'refused'; reasonCode: string; message: string };

/**
 * What the record of an earlier run and the state say together: a restore is never asked for twice. `fence` says what became
 * of the stop of writes of that run, where it set one: a database that went back has lost it. Pure.
 */
export function decideEarlier(given: {
  open: OpenRestore | undefined;
  /** What this run is to ask for. */
  label: string;
  restoring: boolean;
  fence: 'stands' | 'gone' | 'unclear' | undefined;
  /** Id of the record that a person has looked at. */
  askAgain: string | undefined;
}): EarlierDecision {
  const { open, label, restoring, fence, askAgain } = given;
  if (restoring) {
    if (open !== undefined && open.choice !== label) {
      const message = `the platform is restoring to ${open.choice}, which an earlier run asked for (${open.at}): wait until the project is healthy`;
      return { kind: 'refused', reasonCode: 'another_restore', message };
    }
    const whose = open === undefined ? 'of which no record says to which point' : `asked for by a run at ${open.at}`;
    return { kind: 'wait', message: `a restore is under way, ${whose}: waiting for it, nothing is asked` };
  }
  if (open === undefined) return { kind: 'ask' };
  if (fence === 'stands') {
    const message = `the restore that a run was to ask for at ${open.at} has not begun: the stop of writes still stands`;
    return { kind: 'ask', message, closes: 'outcome: did not begin' };
  }
  if (fence === 'gone') {
    const message = `the restore to ${open.choice} that a run asked for at ${open.at} took place: the stop of writes is gone, and the server was started after it`;
    const closes = 'outcome: restored';
    return open.choice === label ? { kind: 'done', message, closes } : { kind: 'ask', message, closes };
  }
  if (askAgain === String(open.id)) {
    return {
      kind: 'ask',
      message: `record ${open.id} was looked at by a person`,
      closes: 'outcome: closed by a person',
    };
  }
  const message = `a run at ${open.at} was to ask the platform for ${open.choice}, and nothing says whether it did: look at Database > Backups and at the data. To ask (again), give ask-again: ${open.id}`;
  return { kind: 'refused', reasonCode: 'restore_unknown', message };
}
