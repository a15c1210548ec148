/** Keys that opened the backup before and do not open the next one (S27). */
export interface RecipientChange {
  removed: string[];
  /** Those of them that the workflow file does not name as meant. */
  unacknowledged: string[];
}

/** Another answer than none: the newest record could not be read, so nobody knows which keys were there. */
export type RecipientAnswer = RecipientChange | { unreadable: string };

/** What the ledger keeps of the newest backup's keys. */
interface KnownRecipients {
  recipients: readonly string[];
  /** Removed earlier, and never acknowledged nor put back. */
  unacknowledged?: readonly string[] | undefined;
}

/**
 * Compares the keys of the next backup with those of the one before. What nobody acknowledged stays removed until somebody
 * does or the key is back: else the second run after it would say nothing. Pure.
 */
export function decideRecipients(
  before: KnownRecipients | undefined,
  next: readonly string[],
  acknowledged: readonly string[],
): RecipientChange {
  const known = new Set([...(before?.recipients ?? []), ...(before?.unacknowledged ?? [])]);
  const removed = [...known].filter((one) => !next.includes(one));
  return { removed, unacknowledged: removed.filter((one) => !acknowledged.includes(one)) };
}

/** For the one line of a run. Pure. */
export function describeRemoved({ removed, unacknowledged }: RecipientChange): string {
  if (removed.length === 0) return '';
  const rest = unacknowledged.length === 0 ? '' : `; ${howToAcknowledge(unacknowledged)}`;
  return `; no longer a recipient: ${removed.join(', ')}${rest}`;
}

/** Why nothing may rely on a backup that lost a reader nobody gave up, and what to do. Pure. */
export function howToAcknowledge(unacknowledged: readonly string[]): string {
  const [keys, it] = unacknowledged.length === 1 ? ['the key', 'it'] : ['the keys', 'them'];
  return `nobody has acknowledged that ${keys} ${unacknowledged.join(', ')} will open no further backup: put ${it} back into the recipients, or name ${it} in acknowledged-recipients in the workflow file`;
}

/** Why nothing may rely on a backup whose keys nobody could compare. Pure. */
export function whyNotCompared({ unreadable }: { unreadable: string }): string {
  return `nobody knows whether a key that opened the backup before is gone: ${unreadable}; run it again once GitHub answers`;
}
