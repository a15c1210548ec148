/**
 * Until when a database was to stay read-only, and for which restore, kept in the database's own comment (COMMENT ON DATABASE)
 * beside whatever people wrote there: it travels with the database, needs no right beyond ALTER DATABASE, survives a restart,
 * and is gone when an earlier state of the database comes back.
 */
const mark = /\s*\[ops-actions: read-only until (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)(?:, for restore ([0-9a-f]+))?\]/;

/** Unix seconds; undefined where the comment has no mark. */
export function readOnlyUntil(comment: string): number | undefined {
  const time = mark.exec(comment)?.[1];
  return time === undefined ? undefined : Date.parse(time) / 1000;
}

/** The restore that stopped writes; undefined where nobody did, or a person. */
export function readOnlyFor(comment: string): string | undefined {
  return mark.exec(comment)?.[2];
}

/**
 * What a restore's stop of writes leaves in the comment when it is lifted, by whomever: only an earlier state of the database has
 * neither the mark nor this.
 */
const trace = /\s*\[ops-actions: restore ([0-9a-f]+) lifted\]/g;
/** Older ones belong to restores that nobody asks about any more. */
const tracesKept = 20;

/** Whether the stop of writes of this restore once stood in this state of the database, and was lifted. */
export function wasLifted(comment: string, restore: string): boolean {
  return [...comment.matchAll(trace)].some((match) => match[1] === restore);
}

/**
 * The comment with the mark, or without any where `until` (Unix seconds) is undefined; the mark of another restore becomes its
 * trace. `restore`: hexadecimal digits.
 */
export function markReadOnly(comment: string, until: number | undefined, restore?: string): string {
  const before = readOnlyFor(comment);
  const lifted = [...comment.matchAll(trace)].flatMap((match) => match[1] ?? []);
  if (before !== undefined && (until === undefined || before !== restore)) lifted.push(before);
  const traces = lifted.slice(-tracesKept).map((one) => `[ops-actions: restore ${one} lifted]`);
  const bare = [comment.replace(mark, '').replace(trace, ''), ...traces].filter((part) => part !== '').join(' ');
  if (until === undefined) return bare;
  const time = new Date(Math.floor(until) * 1000).toISOString().replace('.000Z', 'Z');
  const whose = restore === undefined ? '' : `, for restore ${restore}`;
  return `${bare}${bare === '' ? '' : ' '}[ops-actions: read-only until ${time}${whose}]`;
}
