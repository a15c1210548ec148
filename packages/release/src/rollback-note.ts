import { cleanText } from '#http/text';

/** What Vercel keeps beside a rollback for people, and for `reconcile` where GitHub was silent (S7). */
export interface RollbackNote {
  /** Key of the run or command that asked for it. */
  key: string;
  reason: string;
  /** Who said that it was him: a claim, beside which Vercel names its own user. */
  operator?: string | undefined;
}

/** Vercel takes 250 characters (@vercel/sdk 1.28.35, RollbackDescription); some room is left for what it counts otherwise. */
export const noteLimit = 200;

const operatorLimit = 40;

/** `reason (key, operator)`. The key is never cut: it is what the record is found by. Pure. */
export function formatRollbackNote({ reason, key, operator }: RollbackNote): string {
  const who = operator === undefined ? '' : cleanText(operator.replaceAll(/[(),]/g, ' '), operatorLimit);
  const named = ` (${who === '' ? key : `${key}, ${who}`})`;
  const whose = named.length <= noteLimit ? named : ` (${key})`;
  return cleanText(`${cleanText(reason, Math.max(1, noteLimit - whose.length))}${whose}`, noteLimit);
}

/** Which keys are ours: of this repository, by name from a laptop, by id from a run, and of this environment. */
export interface NoteScope {
  environment: string;
  repository: string;
  repositoryIds: readonly string[];
}

const rest = /^((?:by-hand-\d{13})|\d{1,15})(?:, ([^(),]{1,40}))?\)$/;

/**
 * Reads it back, from text that anybody may have written who may roll the project back: whatever does not end in a whole key of this
 * repository and environment is no note of ours. Pure.
 */
export function readRollbackNote(text: string, { environment, repository, repositoryIds }: NoteScope) {
  const found = [repository, ...repositoryIds].flatMap((owner) => {
    const opening = ` (${owner}:${environment}:`;
    // The last one: a reason may quote another rollback.
    const at = text.lastIndexOf(opening);
    const match = at < 0 ? null : rest.exec(text.slice(at + opening.length));
    if (match === null) return [];
    const [, own = '', operator] = match;
    const note: RollbackNote = {
      key: `${owner}:${environment}:${own}`,
      reason: text.slice(0, at).trim() || 'no reason given',
      ...(operator === undefined ? {} : { operator }),
    };
    return [{ ...note, ...runOf(owner, own) }];
  });
  return found[0] as (RollbackNote & { runId?: number }) | undefined;
}

/** Id that a runner on a laptop goes by: its runs are none of GitHub's. */
export const laptopRepositoryId = '0';

function runOf(owner: string, own: string): { runId?: number } {
  return owner !== laptopRepositoryId && /^\d+$/.test(own) ? { runId: Number(own) } : {};
}
