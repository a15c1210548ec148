/** A comment in the deployment issue; times in milliseconds. */
export interface IssueComment {
  id: number;
  by: string;
  /** False of apps. */
  isPerson: boolean;
  body: string;
  createdAt: number;
  /** Whoever edits a comment could change what somebody else wrote. */
  edited: boolean;
}

export interface Confirmation {
  name: string;
  by: string;
  at: number;
}

export interface Confirmations {
  /** The first that counts for each name. */
  counted: Confirmation[];
  /** Of names that are asked for, by whom and why not. */
  refused: (Confirmation & { why: string })[];
}

/**
 * Reads the lines `confirm <name>` of comments, for names that are asked for since a time. Nothing else of a comment has a meaning, and none of
 * its text goes anywhere (S22). Pure.
 */
export function readConfirmations(
  comments: readonly IssueComment[],
  names: ReadonlyMap<string, number>,
  mayConfirm: (login: string) => boolean,
): Confirmations {
  const counted = new Map<string, Confirmation>();
  const refused: Confirmations['refused'] = [];
  for (const { by, isPerson, body, createdAt: at, edited } of comments.toSorted((a, b) => a.id - b.id)) {
    for (const line of body.split(/\r?\n/)) {
      const name = /^\/?confirm ([a-z0-9][a-z0-9-]{0,99})$/.exec(line.trim())?.[1];
      const askedAt = name === undefined ? undefined : names.get(name);
      if (name === undefined || askedAt === undefined) continue;
      if (!isPerson) refused.push({ name, by, at, why: 'an app confirms nothing' });
      else if (edited) refused.push({ name, by, at, why: 'the comment was edited: write a new one' });
      else if (at < askedAt) refused.push({ name, by, at, why: 'written before its time had begun: write a new one' });
      else if (!mayConfirm(by)) refused.push({ name, by, at, why: 'may not confirm' });
      else if (!counted.has(name)) counted.set(name, { name, by, at });
    }
  }
  return { counted: [...counted.values()], refused: refused.filter(({ name }) => !counted.has(name)) };
}

/** Names that people are asked for, in windows and sign-off, and since when; milliseconds. Pure. */
export function namesToConfirm(
  windows: readonly { from: number; checks: readonly { confirm?: string | undefined }[] }[],
  items: readonly { confirm?: string | undefined }[],
): Map<string, number> {
  const ofItems = items.flatMap(({ confirm }): [string, number][] => (confirm === undefined ? [] : [[confirm, 0]]));
  const ofWindows = windows.flatMap(({ from, checks }) =>
    checks.flatMap(({ confirm }): [string, number][] => (confirm === undefined ? [] : [[confirm, from]])),
  );
  return new Map([...ofItems, ...ofWindows]);
}
