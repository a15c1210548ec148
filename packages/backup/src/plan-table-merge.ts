import type { TableShape } from './table-shape.ts';

/** How the rows of a copy come beside those of a live table. Statements use names that are quoted already. */
export interface TableMerge {
  live: string;
  copy: string;
  /** One row of three counts: `missing`, `changed` and `added`. */
  count: string;
  /** Brings the missing ones in; one row, `n`. */
  insert: string;
  /** Makes the changed ones what they were; undefined: nothing but the key is in both. */
  overwrite: string | undefined;
  /** Moves sequences on, never back. */
  sequences: string[];
  /** Columns of only one side, in words. */
  remarks: string[];
}

/**
 * Compares by the primary key of the live table. Columns of both sides take part; those that are generated follow by themselves.
 * Values are compared as text, for not every type knows equality. A string says why it cannot be. Pure.
 */
export function planTableMerge(live: TableShape, backup: TableShape, copy: string): TableMerge | string {
  if (live.primaryKey.length === 0) return `${live.name} has no primary key, so nobody can say which rows are the same`;
  const theirs = new Set(backup.columns.map(({ name }) => name));
  const lost = live.primaryKey.filter((name) => !theirs.has(name));
  if (lost.length > 0) return `${live.name} had no ${lost.join(', ')} then, and its primary key has it now`;
  const both = live.columns.filter(({ name, generated }) => theirs.has(name) && !generated);
  const ours = new Set(live.columns.map(({ name }) => name));
  const rest = both.filter(({ name }) => !live.primaryKey.includes(name));
  const table = live.partitioned ? live.name : `ONLY ${live.name}`;
  const same = live.primaryKey.map((name) => `l.${name} = b.${name}`).join(' AND ');
  const row = (side: string, columns: readonly { name: string }[]) =>
    `ROW(${columns.map(({ name }) => `${side}.${name}::text`).join(', ')})`;
  const changed = rest.length === 0 ? 'false' : `${row('l', rest)} IS DISTINCT FROM ${row('b', rest)}`;
  const list = both.map(({ name }) => name).join(', ');
  const written = rest.filter(({ identityAlways }) => !identityAlways);
  const set = written.map(({ name }) => `${name} = b.${name}`).join(', ');
  return {
    live: live.name,
    copy,
    count: `SELECT (SELECT count(*) FROM ${copy} AS b WHERE NOT EXISTS (SELECT FROM ${table} AS l WHERE ${same}))::int8::text AS missing,
      (SELECT count(*) FROM ${table} AS l JOIN ${copy} AS b ON ${same} WHERE ${changed})::int8::text AS changed,
      (SELECT count(*) FROM ${table} AS l WHERE NOT EXISTS (SELECT FROM ${copy} AS b WHERE ${same}))::int8::text AS added`,
    insert: `WITH made AS (INSERT INTO ${live.name} (${list}) OVERRIDING SYSTEM VALUE
      SELECT ${both.map(({ name }) => `b.${name}`).join(', ')} FROM ${copy} AS b
       WHERE NOT EXISTS (SELECT FROM ${table} AS l WHERE ${same}) RETURNING 1) SELECT count(*)::int8::text AS n FROM made`,
    overwrite:
      written.length === 0
        ? undefined
        : `WITH made AS (UPDATE ${table} AS l SET ${set} FROM ${copy} AS b WHERE ${same} AND ${changed} RETURNING 1)
      SELECT count(*)::int8::text AS n FROM made`,
    sequences: live.columns.flatMap(({ name, sequence }) =>
      sequence === undefined
        ? []
        : [
            `SELECT pg_catalog.setval(${literal(sequence)}, m.top) FROM (SELECT max(${name})::int8 AS top FROM ${live.name}) AS m, ${sequence} AS s
          WHERE m.top >= s.last_value + CASE WHEN s.is_called THEN 1 ELSE 0 END
            AND (SELECT seqincrement > 0 FROM pg_catalog.pg_sequence WHERE seqrelid = ${literal(sequence)}::regclass)`,
          ],
    ),
    remarks: [
      ...live.columns
        .filter(({ name, generated }) => !theirs.has(name) && !generated)
        .map(({ name }) => `${live.name}.${name} is not in the backup: rows that come back have its default`),
      ...backup.columns
        .filter(({ name }) => !ours.has(name))
        .map(({ name }) => `${live.name}.${name} is not in the live table any more: only the copy has it`),
    ],
  };
}

/** Tables that others point to come first; of a ring nobody is, and its foreign keys decide. Pure. */
export function orderByReferences(tables: readonly TableShape[]): TableShape[] {
  const ordered: TableShape[] = [];
  const visit = (table: TableShape, path: readonly string[]): void => {
    if (ordered.includes(table) || path.includes(table.name)) return;
    for (const name of table.references) {
      const parent = tables.find((one) => one.name === name);
      if (parent !== undefined) visit(parent, [...path, table.name]);
    }
    ordered.push(table);
  };
  for (const table of tables) visit(table, []);
  return ordered;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
