import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { DatabaseConnection } from '#postgres/connection';
import { readRelations } from './database-contents.ts';
import { dumpStream } from './dump-stream.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import type { SourceSnapshot } from './source-snapshot.ts';

export const tableSurroundings = z.object({
  /** pg_dump's custom format, base64: the whole structure without a row; schemas, types and functions of the tables are in it. */
  archive: z.string(),
  /** What points from the tables to others that are not in the backup: foreign keys, indexes that are parts of a parent's. */
  dangling: z.array(
    z.object({
      /** How its line of `pg_restore --list` begins, after the numbers. */
      entry: z.string(),
      /** How its line among the definitions begins; null where it has none of its own. */
      definition: z.string().nullable(),
    }),
  ),
});

/** What single tables need around them to be restored, which a dump of these tables does not hold. */
export type TableSurroundings = z.infer<typeof tableSurroundings>;

/** Reads them in the snapshot of the dump. @throws BackupFailed `dump_failed`. */
export async function readSurroundings(
  source: Pick<SourceSnapshot, 'connection' | 'settings' | 'snapshot' | 'tables'>,
  options: { url: string; binaries: PostgresBinaries; deadlineMs: number; quietMs?: number; signal?: AbortSignal },
): Promise<TableSurroundings> {
  const { connection, settings, snapshot, tables } = source;
  const dangling = await readDangling(connection, tables);
  // pg_dump locks what it describes, which takes the right to read it.
  const unreadable = (await readRelations(connection)).filter(({ readable, kind }) => !readable && kind !== 'view');
  const chunks: Uint8Array[] = [];
  const structure = dumpStream({
    ...options,
    settings,
    snapshot,
    structureOnly: true,
    excludedTables: unreadable.map(({ name }) => name),
    applicationName: `ops-actions dump ${randomUUID().slice(0, 8)}`,
  });
  for await (const chunk of structure) chunks.push(chunk);
  return { archive: Buffer.concat(chunks).toString('base64'), dangling };
}

async function readDangling(connection: DatabaseConnection, tables: readonly string[]) {
  return await connection.query<TableSurroundings['dangling'][number]>(
    `SELECT format('FK CONSTRAINT %s %s %s ', n.nspname, c.relname, k.conname) AS entry,
            format('constraint %I.%I.%I f ', n.nspname, c.relname, k.conname) AS definition
       FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid JOIN pg_catalog.pg_namespace AS m ON m.oid = r.relnamespace
      WHERE k.contype = 'f' AND format('%I.%I', n.nspname, c.relname) = ANY ($1)
        AND format('%I.%I', m.nspname, r.relname) <> ALL ($1)
     UNION ALL
     SELECT format('INDEX ATTACH %s %s ', n.nspname, i.relname), NULL
       FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS i ON i.oid = h.inhrelid
       JOIN pg_catalog.pg_index AS x ON x.indexrelid = i.oid JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       JOIN pg_catalog.pg_index AS y ON y.indexrelid = h.inhparent JOIN pg_catalog.pg_class AS r ON r.oid = y.indrelid
       JOIN pg_catalog.pg_namespace AS m ON m.oid = r.relnamespace
      WHERE format('%I.%I', n.nspname, c.relname) = ANY ($1) AND format('%I.%I', m.nspname, r.relname) <> ALL ($1)
      ORDER BY 1`,
    [tables],
  );
}

/** Kinds that no row needs; what they make of a parent, its parts would get twice. */
const unneeded =
  /^(?:CONSTRAINT|INDEX|INDEX ATTACH|FK CONSTRAINT|TRIGGER|RULE|POLICY|ROW SECURITY|STATISTICS|MATERIALIZED VIEW DATA) /;

/**
 * The lines of the structure's table of contents that make the surroundings: what is there before rows come, without the
 * tables themselves. Pure. `list` is what an unprivileged role can restore of it; `contents` that of the tables' own dump.
 */
export function planSurroundings(list: readonly string[], contents: string): string[] {
  const own = new Set(contents.split('\n').map(withoutNumbers));
  return list.filter((line) => !unneeded.test(withoutNumbers(line)) && !own.has(withoutNumbers(line)));
}

function withoutNumbers(line: string): string {
  return line.replace(/^\d+; \d+ \d+ /, '');
}
