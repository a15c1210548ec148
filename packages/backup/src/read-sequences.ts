import type { DatabaseConnection } from '#postgres/connection';

/** A sequence, which belongs to no snapshot: its value may only have gone on. */
export interface SequenceState {
  /** Quoted, with schema. */
  name: string;
  /** Type, bounds, step: equal on both sides. */
  definition: string;
  ascending: boolean;
  cycles: boolean;
  /** Decimal; null where it was never used, or may not be read. */
  last: string | null;
  /** Decimal; the farthest value in the sequence's direction that the snapshot holds in the column that owns it. */
  reached?: string | null;
}

/** Every sequence of the user's own. */
export async function readSequences(connection: DatabaseConnection): Promise<SequenceState[]> {
  return await connection.query<SequenceState & Record<string, unknown>>(`
    SELECT format('%I.%I', schemaname, sequencename) AS name,
           format('%s from %s by %s between %s and %s, cache %s', data_type, start_value, increment_by, min_value, max_value, cache_size) AS definition,
           increment_by > 0 AS ascending, cycle AS cycles, last_value::text AS last
      FROM pg_catalog.pg_sequences WHERE schemaname !~ '^pg_' ORDER BY 1`);
}

// Partitions and children take their numbers from the sequence of their parent's column, which has the same name in them.
const columnsQuery = `
  WITH RECURSIVE holding(sequence, relation, attname) AS (
    SELECT d.objid, d.refobjid, a.attname FROM pg_catalog.pg_depend AS d
      JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid AND d.deptype IN ('a', 'i')
       AND a.atttypid IN (20, 21, 23, 1700)
    UNION
    SELECT h.sequence, i.inhrelid, h.attname FROM holding AS h JOIN pg_catalog.pg_inherits AS i ON i.inhparent = h.relation)
  SELECT format('%I.%I', sn.nspname, s.relname) AS sequence, format('%I.%I', tn.nspname, t.relname) AS "table",
         format('%I', h.attname) AS column
    FROM holding AS h JOIN pg_catalog.pg_class AS s ON s.oid = h.sequence
    JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.relnamespace
    JOIN pg_catalog.pg_class AS t ON t.oid = h.relation AND t.relkind = 'r'
    JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace`;

/** Columns asked for in one statement. */
const chunk = 100;

/** The sequences with what the snapshot holds in the columns that own them; only `tables`, by quoted name, are read. */
export async function readReached(
  connection: DatabaseConnection,
  sequences: readonly SequenceState[],
  tables: ReadonlySet<string>,
): Promise<SequenceState[]> {
  const columns = await connection.query<{ sequence: string; table: string; column: string }>(columnsQuery);
  const states = new Map(sequences.map((sequence) => [sequence.name, { ...sequence }]));
  const wanted = columns.flatMap((one) => {
    const state = states.get(one.sequence);
    return state === undefined || !tables.has(one.table) ? [] : [{ ...one, state }];
  });
  for (let from = 0; from < wanted.length; from += chunk) {
    const some = wanted.slice(from, from + chunk);
    const parts = some.map(
      ({ table, column, state }, index) =>
        `SELECT ${index} AS index, (SELECT pg_catalog.${state.ascending ? 'max' : 'min'}(ops_row.${column})::text FROM ONLY ${table} AS ops_row) AS value`,
    );
    for (const row of await connection.query<{ index: number; value: string | null }>(parts.join(' UNION ALL '))) {
      const state = some[row.index]?.state;
      // Fractions come from nobody's sequence.
      if (state === undefined || row.value === null || !/^-?\d+$/.test(row.value)) continue;
      const before = state.reached ?? null;
      if (before === null || isBehind(state, before, row.value)) state.reached = row.value;
    }
  }
  return [...states.values()];
}

export interface SequenceComparison {
  differences: string[];
  /** What was so in the source already. */
  remarks: string[];
}

/**
 * What is wrong with the restored sequences: definitions differ, or a value is behind what was read before the dump, or
 * behind the rows of the snapshot. Where rows were numbered by hand the source's own sequence is behind them: a remark. Pure.
 */
export function compareSequences(
  source: readonly SequenceState[],
  restored: readonly SequenceState[],
): SequenceComparison {
  const after = new Map(restored.map((sequence) => [sequence.name, sequence]));
  const differences: string[] = [];
  const remarks: string[] = [];
  for (const sequence of source) {
    const other = after.get(sequence.name);
    // That one is missing is said where relations are compared.
    if (other === undefined) continue;
    const { name, last, reached = null, cycles } = sequence;
    if (other.definition !== sequence.definition || other.cycles !== cycles) {
      differences.push(`sequence ${name} is defined otherwise after the restore`);
      continue;
    }
    if (cycles) continue;
    if (last !== null && isBehind(sequence, other.last, last)) {
      differences.push(`sequence ${name} is behind the value it had before the backup`);
    } else if (reached !== null && isBehind(sequence, last, reached)) {
      remarks.push(
        `sequence ${name} is behind the rows of its column, in the source already: its next values may be taken`,
      );
    } else if (reached !== null && isBehind(sequence, other.last, reached)) {
      differences.push(`sequence ${name} is behind the rows of its column after the restore`);
    }
  }
  return { differences, remarks };
}

function isBehind({ ascending }: SequenceState, value: string | null, wanted: string): boolean {
  if (value === null) return true;
  return ascending ? BigInt(value) < BigInt(wanted) : BigInt(value) > BigInt(wanted);
}
