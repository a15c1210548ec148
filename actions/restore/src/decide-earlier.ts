import { type OpenRestore, restoredEnding } from '#release/platform-restore-record';
import type { RestoreChoice } from '#supabase/judge-platform-restore';
import type { PlatformBackup } from '#supabase/platform-backups';
import { describeSpan } from './render-point-in-time.ts';

/** Until then the platform may have been asked without the project having gone away. */
const settleSeconds = 600;
/** An older restore is hardly the one that the platform is at, where nothing in the database will tell. */
const adoptSeconds = 24 * 60 * 60;

export type EarlierDecision =
  /** Ask the platform; `closes` is the ending of the earlier record. */
  | { kind: 'ask'; message?: string; closes?: string }
  /** The restore of an earlier run is under way: wait, ask nothing. `began`: it was seen, or the database will tell. */
  | { kind: 'wait'; message: string; began: boolean; closes?: never }
  /** An earlier run of the same restore got it done: only the checks are left; the record ends with them, where it has not. */
  | { kind: 'done'; message: string; closes?: never }
  | { kind: 'refused'; reasonCode: string; message: string };

/** The choice in the ledger's words. Pure. */
export function labelOf(choice: RestoreChoice): string {
  return choice.kind === 'time' ? `time:${choice.time}` : `backup:${choice.id}`;
}

/**
 * Whether going back there is known to take settings and comment of the database back, too: that of the whole server does; of a
 * daily backup that is a dump nobody says. Pure.
 */
export function takesSettingsBack(label: string, backups: readonly PlatformBackup[]): boolean {
  return label.startsWith('time:') || backups.some(({ id, physical }) => physical === true && label === `backup:${id}`);
}

/**
 * What the record of an earlier run and the state say together: a restore is never asked for twice, and that of somebody else
 * never passes for ours. `fence` says what became of the stop of writes of that run, where it set one: a database that went
 * back has lost it. Pure.
 */
export function decideEarlier(given: {
  open: OpenRestore | 'unreadable' | undefined;
  /** What this run is to ask for. */
  label: string;
  /** The platform works on the project; `seen`: it says that it restores. */
  restoring: false | 'away' | 'seen';
  /** Once the project is back, its database will tell whether it went back. */
  marked: boolean;
  fence: 'stands' | 'lifted' | 'gone' | 'unclear' | undefined;
  /** A restore to the point of `open` takes settings of the database back for sure. */
  settingsToo: boolean;
  /** Id of the record that a person has looked at; 0 where no record could be read. */
  askAgain: string | undefined;
  /** Unix seconds. */
  now: number;
}): EarlierDecision {
  const { open, label, restoring, fence, askAgain, now } = given;
  const refuse = (reasonCode: string, message: string) => ({ kind: 'refused' as const, reasonCode, message });
  if (open !== undefined && open !== 'unreadable' && open.done !== undefined) {
    if (restoring !== false) return decideRestoring(undefined, given);
    const unchecked = open.done === 'unchecked';
    if (open.choice !== label) return { kind: 'ask', ...(unchecked ? { closes: restoredEnding() } : {}) };
    const which = `the restore to ${open.choice} that was asked for at ${open.at} took place`;
    const message = unchecked
      ? `${which}, and nobody has looked since: this run asked for nothing and only checks; the next one asks again`
      : `${which}: started again, this run only checks; a new run asks again`;
    return { kind: 'done', message };
  }
  if (restoring !== false) return decideRestoring(open, given);
  if (open === undefined) return { kind: 'ask' };
  if (open === 'unreadable') {
    if (askAgain === '0') return { kind: 'ask', message: 'no record could be read, and a person has looked' };
    return refuse(
      'record_unreadable',
      'whether an earlier run asked for a restore cannot be read from the record of environment (github-token with deployments: write): look at Database > Backups; to ask nevertheless, give ask-again: 0',
    );
  }
  const readOnly = fence === 'stands' ? '. New sessions are read-only until then' : '';
  if ((fence === 'stands' || fence === 'lifted') && given.settingsToo) {
    const age = now - Date.parse(open.at) / 1000;
    if (age < settleSeconds) {
      const wait = `a run was to ask the platform for ${open.choice} at ${open.at}, and its restore may still begin: run again ten minutes after that`;
      return refuse('restore_unknown', `${wait}${readOnly}`);
    }
    const known = fence === 'stands' ? 'its stop of writes still stands' : 'its stop of writes was only lifted';
    const message = `the restore that a run was to ask for at ${open.at} has not begun in ${describeSpan(age)}: ${known}`;
    return { kind: 'ask', message, closes: 'outcome: did not begin' };
  }
  if (fence === 'gone') {
    const message = `the restore to ${open.choice} that a run asked for at ${open.at} took place: the stop of writes is gone, and the server was started after it`;
    return open.choice === label
      ? { kind: 'done', message: `${message}: this run asked for nothing and only checks; the next one asks again` }
      : { kind: 'ask', message, closes: restoredEnding() };
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
    `a run at ${open.at} was to ask the platform for ${open.choice}, and nothing says whether it did: look at Database > Backups and at the data. To ask (again), give ask-again: ${open.id}${readOnly}`,
  );
}

function decideRestoring(
  open: OpenRestore | 'unreadable' | undefined,
  {
    label,
    restoring,
    marked,
    now,
  }: Pick<Parameters<typeof decideEarlier>[0], 'label' | 'restoring' | 'marked' | 'now'>,
): EarlierDecision {
  const until = 'wait until the project is healthy';
  const refuse = (reasonCode: string, message: string) => ({ kind: 'refused' as const, reasonCode, message });
  if (open === undefined || open === 'unreadable') {
    const record = open === undefined ? 'no record says' : 'the record cannot be read that would say';
    const message = `the platform is restoring, and ${record} to which point: ${until}, look what came back, then run again`;
    return refuse('another_restore', message);
  }
  const age = now - Date.parse(open.at) / 1000;
  if (open.choice !== label) {
    const message = `the platform is restoring to ${open.choice}, which an earlier run asked for (${open.at}): ${until}`;
    return refuse('another_restore', message);
  }
  if (!marked && age > adoptSeconds) {
    const message = `the platform works on the project, and a run was to ask for ${open.choice} ${describeSpan(age)} ago: nothing says whether this is that restore. Look at Database > Backups, ${until}, look at the data, then run again`;
    return refuse('restore_unknown', message);
  }
  const message = `a restore is under way, asked for by a run at ${open.at}: waiting for it, nothing is asked`;
  return { kind: 'wait', message, began: marked || restoring === 'seen' };
}
