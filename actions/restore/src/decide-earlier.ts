import type { OpenRestore } from '#release/platform-restore-record';
import { describeSpan } from './render-point-in-time.ts';

/** Until then the platform may have been asked without the project having gone away. */
const settleSeconds = 600;

export type EarlierDecision =
  /** Ask the platform; `closes` is the ending of the earlier record. */
  | { kind: 'ask'; message?: string; closes?: string }
  /** The restore of an earlier run is under way: wait, ask nothing. */
  | { kind: 'wait'; message: string; closes?: never }
  /** An earlier run of the same restore got it done: only the checks are left. */
  | { kind: 'done'; message: string; closes: string }
  | { kind: 'refused'; reasonCode: string; message: string };

/**
 * What the record of an earlier run and the state say together: a restore is never asked for twice, and that of somebody else
 * never passes for ours. `fence` says what became of the stop of writes of that run, where it set one: a database that went
 * back has lost it. Pure.
 */
export function decideEarlier(given: {
  open: OpenRestore | 'unreadable' | undefined;
  /** What this run is to ask for. */
  label: string;
  restoring: boolean;
  fence: 'stands' | 'gone' | 'unclear' | undefined;
  /** Id of the record that a person has looked at; 0 where no record could be read. */
  askAgain: string | undefined;
  /** Unix seconds. */
  now: number;
}): EarlierDecision {
  const { open, label, restoring, fence, askAgain, now } = given;
  const refuse = (reasonCode: string, message: string) => ({ kind: 'refused' as const, reasonCode, message });
  if (restoring) return decideRestoring(open, label);
  if (open === undefined) return { kind: 'ask' };
  if (open === 'unreadable') {
    if (askAgain === '0') return { kind: 'ask', message: 'no record could be read, and a person has looked' };
    return refuse(
      'record_unreadable',
      'whether an earlier run asked for a restore cannot be read from the record of environment (github-token with deployments: write): look at Database > Backups; to ask nevertheless, give ask-again: 0',
    );
  }
  if (fence === 'stands') {
    const age = now - Date.parse(open.at) / 1000;
    if (age < settleSeconds) {
      const wait = `a run was to ask the platform for ${open.choice} at ${open.at}, and its restore may still begin: run again ten minutes after that`;
      return refuse('restore_unknown', `${wait}. New sessions are read-only until then`);
    }
    const message = `the restore that a run was to ask for at ${open.at} has not begun in ${describeSpan(age)}: its stop of writes still stands`;
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
  return refuse(
    'restore_unknown',
    `a run at ${open.at} was to ask the platform for ${open.choice}, and nothing says whether it did: look at Database > Backups and at the data. To ask (again), give ask-again: ${open.id}`,
  );
}

function decideRestoring(open: OpenRestore | 'unreadable' | undefined, label: string): EarlierDecision {
  const until = 'wait until the project is healthy';
  if (open === undefined || open === 'unreadable') {
    const record = open === undefined ? 'no record says' : 'the record cannot be read that would say';
    const message = `the platform is restoring, and ${record} to which point: ${until}, look what came back, then run again`;
    return { kind: 'refused', reasonCode: 'another_restore', message };
  }
  if (open.choice === label) {
    const message = `a restore is under way, asked for by a run at ${open.at}: waiting for it, nothing is asked`;
    return { kind: 'wait', message };
  }
  const message = `the platform is restoring to ${open.choice}, which an earlier run asked for (${open.at}): ${until}`;
  return { kind: 'refused', reasonCode: 'another_restore', message };
}
