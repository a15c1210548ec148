import type { RelationName } from './sql-names.ts';

/** What the catalog of the live database says about one relation; no row is ever read. */
export interface TableFacts {
  /** `public.notes`; of an index its table. */
  table: string;
  /** The planner's estimate; undefined where the table was never analysed. */
  rows?: number;
  /** The table with its TOAST part, all partitions, without indexes. */
  bytes: number;
  /** Types of its columns as PostgreSQL prints them, e.g. `character varying(20)`. */
  columns: Readonly<Record<string, string>>;
  /** Columns for which a validated CHECK (… IS NOT NULL) or a NOT NULL holds: SET NOT NULL need not read the table. */
  notNull: readonly string[];
  /** Of CHECK (… IS NOT NULL) constraints that are NOT VALID yet: constraint to column. */
  unvalidated: Readonly<Record<string, string>>;
}

/** Facts by name as a statement writes it; undefined: not there, or not asked. */
export type FactsOf = (relation: RelationName) => TableFacts | undefined;

/** True where PostgreSQL changes the type of a column without writing the table anew; from its release notes and ALTER TABLE. Pure. */
export function keepsStorage(from: string, to: string): boolean {
  const [old, next] = [typeOf(from), typeOf(to)];
  if (old === undefined || next === undefined) return false;
  if (old.name !== next.name) {
    const text = new Set(['text', 'character varying']);
    return (text.has(old.name) && text.has(next.name) && next.limits.length === 0) || isNetwork(old.name, next.name);
  }
  if (next.limits.length === 0) return widening.has(old.name) || old.limits.length === 0;
  if (old.limits.length === 0 || !widening.has(old.name)) return from === to;
  const [size = 0, scale = 0] = old.limits;
  const [newSize = 0, newScale = 0] = next.limits;
  return newSize >= size && newScale === scale;
}

/** Types whose modifier may grow, or go, without a rewrite. */
const widening = new Set([
  'character varying',
  'bit varying',
  'numeric',
  'time without time zone',
  'time with time zone',
  'timestamp without time zone',
  'timestamp with time zone',
]);

function isNetwork(from: string, to: string): boolean {
  return from === 'cidr' && to === 'inet';
}

/** `timestamp(3) with time zone` and its like, as format_type prints them. */
function typeOf(text: string): { name: string; limits: number[] } | undefined {
  const [, head = '', limits, tail = ''] = /^([a-z ]+?)(?:\((\d+(?:,\d+)?)\))?((?: [a-z ]+)?)$/.exec(text) ?? [];
  if (head === '') return undefined;
  return { name: head + tail, limits: limits === undefined ? [] : limits.split(',').map(Number) };
}
