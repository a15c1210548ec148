import type { LookAnswer } from './judge-looks.ts';

/** A table as a verified backup from before the release holds it; its name as the server quotes it. */
export interface RowsBefore {
  name: string;
  rows: number;
}

/** What a look finds of one: how many rows, that it is gone, or the SQLSTATE for which it could not be counted. */
export type RowsNow = { rows: number } | 'gone' | { failed: string };

/** A table that lost half of its rows is a fault, whoever looks at it. */
const fault = 0.5;
/** Names that one answer has room for. */
const shown = 5;
/** Of the platform: what expires there by itself says nothing of the release. */
const platform =
  /^"?(auth|storage|realtime|_realtime|_analytics|vault|cron|net|pgsodium|pgmq|extensions|supabase_\w+)"?\./;
/** What of it is the users' own. */
const ofUsers = ['auth.users', 'storage.objects'];

/** Tables whose rows are compared: those that had any, but for the platform's own and those that shrink by design. Pure. */
export function tablesToCount(before: readonly RowsBefore[], except: readonly string[]): RowsBefore[] {
  return before.filter(
    ({ name, rows }) => rows > 0 && !except.includes(name) && (!platform.test(name) || ofUsers.includes(name)),
  );
}

/**
 * Whether rows got fewer than the restore point before the release has of them (PDW-06): at most `tolerance` fewer passes, half of
 * them gone fails, a person decides between them, and about a table that is not there any more, for a migration may have removed it. Shares, never counts. Pure.
 */
export function judgeRowCounts(
  before: readonly RowsBefore[],
  now: ReadonlyMap<string, RowsNow>,
  /** As a share: 0.25 is a quarter. */
  tolerance: number,
): LookAnswer {
  if (before.length === 0)
    return { verdict: 'needs-confirmation', value: 'no table that is compared had rows before the release' };
  const lost = before.flatMap(({ name, rows }) => {
    const found = now.get(name);
    return typeof found === 'object' && 'rows' in found ? [{ name, share: 1 - found.rows / rows }] : [];
  });
  const say = ({ name, share }: { name: string; share: number }): string =>
    `${name} has ${share === 1 ? 'no rows left' : `${Math.round(share * 100)} % fewer rows than before the release`}`;
  const halved = lost.filter(({ share }) => share >= Math.max(fault, tolerance));
  if (halved.length > 0) return { verdict: 'fail', value: list(halved.map(say)) };
  const uncounted = before.flatMap(({ name }) => {
    const found = now.get(name);
    if (found === undefined) return [`${name} was not reached in time`];
    return typeof found === 'object' && 'failed' in found
      ? [`${name} cannot be counted (SQLSTATE ${found.failed})`]
      : [];
  });
  if (uncounted.length > 0) return { verdict: 'could-not-run', value: list(uncounted) };
  const doubtful = [
    ...lost.filter(({ share }) => share > tolerance).map(say),
    ...before.flatMap(({ name }) => (now.get(name) === 'gone' ? [`${name} is not there any more`] : [])),
  ];
  if (doubtful.length > 0) return { verdict: 'needs-confirmation', value: list(doubtful) };
  return { verdict: 'pass', value: `none of ${before.length} tables has lost rows beyond the tolerance` };
}

function list(sentences: readonly string[]): string {
  const more = sentences.length - shown;
  return `${sentences.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
