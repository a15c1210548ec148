import type { DatabaseConnection } from '#postgres/connection';
import { readSequences, type SequenceState } from './read-sequences.ts';

/** One relation that pg_dump writes. */
export interface Relation {
  /** Quoted, with schema. */
  name: string;
  kind: 'table' | 'partitioned' | 'view' | 'materialized-view' | 'foreign-table' | 'sequence';
}

export interface TableRows {
  name: string;
  rows: number;
  /** Order-independent: the sum of one 64-bit hash per row. */
  checksum: string;
}

/** What a backup has to bring back; names and numbers, no values. */
export interface DatabaseContents {
  relations: Relation[];
  /** One line per column, constraint, index, trigger, policy, function and type: identity, not expression text. */
  definitions: string[];
  tables: TableRows[];
  largeObjects: number;
  /** As they were before the dump; absent in backups of 0.1. */
  sequences?: SequenceState[];
}

const kinds: Record<string, Relation['kind']> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized-view',
  f: 'foreign-table',
  S: 'sequence',
};

/** Makes values print the same on both servers, finds system objects only, and lets nothing be written (S24). */
export const comparableSession = `SET search_path = ''; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY';
  SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET lc_monetary = 'C';
  SET xmloption = 'content'; SET row_security = off; SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;`;

/** Objects of an extension come with the extension, not with the dump. */
function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
    WHERE e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
}

/**
 * Rights that the owner gave to others. What he has himself belongs to another role in a copy; what somebody else passed on
 * can only be given by that role.
 */
function ofOwner(owner: string): string {
  return `g.grantor = ${owner} AND g.grantee <> ${owner}`;
}

const userSchema = `n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(toast|temp)'`;

const relationsQuery = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind AS kind, n.nspname AS schema,
         pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS readable,
         c.relkind IN ('r', 'p') AND pg_catalog.row_security_active(c.oid) AS filtered,
         (SELECT format('%I.%I', m.nspname, t.relname) FROM pg_catalog.pg_depend AS d
            JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace
           WHERE c.relkind = 'S' AND d.objid = c.oid AND d.deptype IN ('a', 'i')
             AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid LIMIT 1) AS "ownedBy"
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${userSchema} AND ${notOfExtension('pg_class', 'c.oid')}
   ORDER BY 1`;

/** Relations with the schema, whether this role may read them, whether row level security hides rows from it, and the table that owns a sequence. */
export async function readRelations(
  connection: DatabaseConnection,
): Promise<(Relation & { schema: string; readable: boolean; filtered: boolean; ownedBy: string | null })[]> {
  const rows = await connection.query<{
    name: string;
    kind: string;
    schema: string;
    readable: boolean;
    filtered: boolean;
    ownedBy: string | null;
  }>(relationsQuery);
  return rows.map((row) => ({ ...row, kind: kinds[row.kind] ?? 'table' }));
}

// Expression texts are not compared: PostgreSQL rewrites some of them once when they are restored
// (`x = ANY ((ARRAY['a'::varchar])::text[])`). Function bodies are kept verbatim and are.
const definitionsQuery = `
  WITH relation AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relkind
      FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE ${userSchema} AND ${notOfExtension('pg_class', 'c.oid')})
  SELECT format('column %s.%I %s%s%s', r.name, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN ' not null' END,
                CASE WHEN a.attgenerated <> '' THEN ' generated' WHEN a.attidentity <> '' THEN ' identity'
                     WHEN a.atthasdef THEN ' default' END) AS line
    FROM relation AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT format('constraint %s.%I %s %s%s', r.name, k.conname, k.contype,
                ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a
                       WHERE a.attrelid = r.oid AND a.attnum = ANY (k.conkey) ORDER BY 1),
                CASE WHEN NOT k.convalidated THEN ' not valid' END)
    FROM relation AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid
   WHERE r.relkind IN ('r', 'p') AND k.contype <> 't'
  UNION ALL
  SELECT format('index %s.%I%s %s', r.name, i.relname, CASE WHEN x.indisunique THEN ' unique' END, x.indnatts)
    FROM relation AS r JOIN pg_catalog.pg_index AS x ON x.indrelid = r.oid
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
   WHERE r.relkind IN ('r', 'm') AND x.indisvalid
  UNION ALL
  SELECT format('trigger %s.%I %s', r.name, t.tgname, t.tgenabled)
    FROM relation AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
  UNION ALL
  SELECT format('policy %s.%I %s%s to %s', r.name, p.polname, p.polcmd, CASE WHEN NOT p.polpermissive THEN ' restrictive' END,
                ARRAY(SELECT coalesce(o.rolname::text, 'public') FROM pg_catalog.unnest(p.polroles) AS role(oid)
                        LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = role.oid ORDER BY 1))
    FROM relation AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
  UNION ALL
  SELECT format('row security %s%s', r.name, CASE WHEN c.relforcerowsecurity THEN ' forced' END)
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid WHERE c.relrowsecurity
  UNION ALL
  SELECT format('materialized view %s%s', r.name, CASE WHEN NOT c.relispopulated THEN ' not populated' END)
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid WHERE r.relkind = 'm'
  UNION ALL
  SELECT format('grant %s on %s to %s%s', g.privilege_type, r.name, coalesce(o.rolname::text, 'public'),
                CASE WHEN g.is_grantable THEN ' with grant option' END)
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid, pg_catalog.aclexplode(c.relacl) AS g
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g.grantee
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'S') AND ${ofOwner('c.relowner')}
  UNION ALL
  SELECT format('grant %s on %s.%I to %s', g.privilege_type, r.name, a.attname, coalesce(o.rolname::text, 'public'))
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND NOT a.attisdropped, pg_catalog.aclexplode(a.attacl) AS g
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g.grantee
   WHERE r.relkind IN ('r', 'p', 'v', 'm') AND ${ofOwner('c.relowner')}
  UNION ALL
  SELECT format('grant %s on schema %I to %s', g.privilege_type, n.nspname, coalesce(o.rolname::text, 'public'))
    FROM pg_catalog.pg_namespace AS n, pg_catalog.aclexplode(n.nspacl) AS g
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g.grantee
   WHERE ${userSchema} AND ${notOfExtension('pg_namespace', 'n.oid')} AND ${ofOwner('n.nspowner')}
  UNION ALL
  SELECT format('grant %s on function %I.%I(%s) to %s', g.privilege_type, n.nspname, f.proname,
                pg_catalog.pg_get_function_identity_arguments(f.oid), coalesce(o.rolname::text, 'public'))
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang,
         pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) AS g
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g.grantee
   WHERE ${userSchema} AND f.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND ${ofOwner('f.proowner')}
     AND ${notOfExtension('pg_proc', 'f.oid')}
  UNION ALL
  SELECT format('function %I.%I(%s)%s %s', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid),
                CASE WHEN f.prosecdef THEN ' security definer' END, pg_catalog.md5(f.prosrc))
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang
   WHERE ${userSchema} AND f.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND ${notOfExtension('pg_proc', 'f.oid')}
  UNION ALL
  SELECT format('type %I.%I %s %s', n.nspname, y.typname, y.typtype,
                (SELECT pg_catalog.count(*) FROM pg_catalog.pg_enum AS v WHERE v.enumtypid = y.oid))
    FROM pg_catalog.pg_type AS y JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace
   WHERE ${userSchema} AND y.typtype IN ('e', 'd') AND ${notOfExtension('pg_type', 'y.oid')}
   ORDER BY 1`;

/**
 * Reads what there is, counting and hashing every row of every table in `tables`. The session must have
 * `comparableSession` set and should be in one READ ONLY snapshot.
 */
export async function readContents(
  connection: DatabaseConnection,
  relations: readonly Relation[],
  onTable: (done: number, of: number) => void = () => {},
): Promise<DatabaseContents> {
  const definitions = await connection.query<{ line: string }>(definitionsQuery);
  const [objects] = await connection.query<{ count: string }>(
    'SELECT pg_catalog.count(*) AS count FROM pg_catalog.pg_largeobject_metadata',
  );
  const names = relations.filter((relation) => relation.kind === 'table').map((relation) => relation.name);
  const tables: TableRows[] = [];
  for (const name of names) {
    const [row] = await connection.query<{ rows: string; checksum: string }>(rowsQuery(name));
    tables.push({ name, rows: Number(row?.rows ?? 0), checksum: row?.checksum ?? '' });
    onTable(tables.length, names.length);
  }
  return {
    relations: relations.map(({ name, kind }) => ({ name, kind })),
    definitions: definitions.map((row) => row.line),
    tables,
    largeObjects: Number(objects?.count ?? 0),
    sequences: await readSequences(connection),
  };
}

/** `ONLY`: partitions and children are relations of their own. The `.*` keeps a column named like the alias out of it. */
function rowsQuery(table: string): string {
  return `SELECT pg_catalog.count(*) AS rows,
    coalesce(pg_catalog.sum(pg_catalog.hashtextextended(((ops_row.*)::text) COLLATE "C", 0)::pg_catalog.numeric), 0)::text AS checksum
    FROM ONLY ${table} AS ops_row`;
}
