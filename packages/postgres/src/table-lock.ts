import type { RelationName } from './sql-names.ts';

/**
 * Table lock modes from weakest to strongest, as PostgreSQL's documentation orders them (Explicit Locking, table-level
 * locks); the index plus one is the number that its parser uses for LOCK TABLE.
 */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
export type LockMode = (typeof lockModes)[number];

/** What a statement does with the stored rows while it holds its lock: nothing, reads all, or writes all anew. */
export type TableWork = 'none' | 'scan' | 'rewrite';
const works: readonly TableWork[] = ['none', 'scan', 'rewrite'];

/** What one statement does to one relation that exists. */
export interface TableImpact {
  /** A table, a materialized view, or an index, which stands for its table. */
  table: RelationName;
  lock: LockMode;
  work: TableWork;
}

export type Impact = Omit<TableImpact, 'table'>;

/** Both at once: a statement holds its strongest lock to the end. Pure. */
export function combine(impacts: readonly Impact[]): Impact | undefined {
  const [first] = impacts;
  if (first === undefined) return undefined;
  const strongest = Math.max(...impacts.map(({ lock }) => lockModes.indexOf(lock)));
  const most = Math.max(...impacts.map(({ work }) => works.indexOf(work)));
  return { lock: lockModes[strongest] ?? first.lock, work: works[most] ?? first.work };
}

/** Whom a lock keeps waiting, of the statements an application sends (SELECT and INSERT, UPDATE, DELETE). Pure. */
export function blockedBy(lock: LockMode): 'nothing' | 'writes' | 'everything' {
  if (lock === 'ACCESS EXCLUSIVE') return 'everything';
  return lockModes.indexOf(lock) >= lockModes.indexOf('SHARE') ? 'writes' : 'nothing';
}
