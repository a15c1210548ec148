/**
 * Until when a database was to stay read-only, kept in the database's own comment (COMMENT ON DATABASE) beside whatever
 * people wrote there: it travels with the database, needs no right beyond ALTER DATABASE and survives a restart.
 */
const mark = /\s*\[ops-actions: read-only until (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)\]/;

/** Unix seconds; undefined where the comment has no mark. */
export function readOnlyUntil(comment: string): number | undefined {
  const time = mark.exec(comment)?.[1];
  return time === undefined ? undefined : Date.parse(time) / 1000;
}

/** The comment with the mark, or without any where `until` (Unix seconds) is undefined. */
export function markReadOnly(comment: string, until: number | undefined): string {
  const bare = comment.replace(mark, '');
  if (until === undefined) return bare;
  const time = new Date(Math.floor(until) * 1000).toISOString().replace('.000Z', 'Z');
  return `${bare}${bare === '' ? '' : ' '}[ops-actions: read-only until ${time}]`;
}
