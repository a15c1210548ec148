/** When a workflow starts, in words: `push to main`, `tag v*`, `after staging`, `manual`. `init` writes it into the workflow file. */
export interface Trigger {
  event: 'push' | 'tag' | 'after' | 'manual';
  /** Branch, tag pattern or environment; absent for `manual`. */
  ref?: string;
}

/** The forms of a trigger, for messages. */
export const triggerForms = '"push to <branch>", "tag <pattern>", "after <environment>" or "manual"';

/** Reads a trigger from its words. Throws an Error. */
export function parseTrigger(given: string): Trigger {
  const text = given.trim().replace(/\s+/g, ' ');
  if (text === 'manual') return { event: 'manual' };
  const match = /^(?:(push) to|(tag)|(after)) ([\w.*/-]+)$/.exec(text);
  if (!match?.[4]) throw new Error(`"${text.slice(0, 60)}" is not a trigger: write ${triggerForms}`);
  return { event: (match[1] ?? match[2] ?? match[3]) as 'push' | 'tag' | 'after', ref: match[4] };
}
