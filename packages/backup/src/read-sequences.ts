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
}

/** Every sequence of the user's own. */
export async function readSequences(connection: DatabaseConnection): Promise<SequenceState[]> {
  return await connection.query<SequenceState & Record<string, unknown>>(`
    SELECT format('%I.%I', schemaname, sequencename) AS name,
           format('%s from %s by %s between %s and %s, cache %s', data_type, start_value, increment_by, min_value, max_value, cache_size) AS definition,
           increment_by > 0 AS ascending, cycle AS cycles, last_value::text AS last
      FROM pg_catalog.pg_sequences WHERE schemaname !~ '^pg_' ORDER BY 1`);
}

/** What is wrong with the restored sequences: definitions differ, or a value is behind what was read before the dump. Pure. */
export function compareSequences(source: readonly SequenceState[], restored: readonly SequenceState[]): string[] {
  const after = new Map(restored.map((sequence) => [sequence.name, sequence]));
  return source.flatMap((sequence) => {
    const other = after.get(sequence.name);
    // That one is missing is said where relations are compared.
    if (other === undefined) return [];
    if (other.definition !== sequence.definition || other.cycles !== sequence.cycles) {
      return [`sequence ${sequence.name} is defined otherwise after the restore`];
    }
    if (sequence.last === null || sequence.cycles) return [];
    const behind =
      other.last === null ||
      (sequence.ascending ? BigInt(other.last) < BigInt(sequence.last) : BigInt(other.last) > BigInt(sequence.last));
    return behind ? [`sequence ${sequence.name} is behind the value it had before the backup`] : [];
  });
}
