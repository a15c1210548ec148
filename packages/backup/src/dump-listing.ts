import type { DatabaseConnection } from '#postgres/connection';
import type { Relation } from './database-contents.ts';
import { firstOfUsers, notOfExtension, userSchema } from './definitions-query.ts';

/** One line of `pg_restore --list` that a dump must have, without its numbers: what the object is and who owns it. */
export interface ArchivedEntry {
  /** `KIND schema name owner`, unquoted, as pg_restore prints it. */
  entry: string;
  /** The relation, quoted, with schema; empty for other objects. */
  relation: string;
}

// Kinds and tags as pg_dump writes them (ArchiveEntry calls in its pg_dump.c).
const entriesQuery = `
  SELECT format('%s %s %s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                  WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname, w.rolname) AS entry,
         format('%I.%I', n.nspname, c.relname) AS relation
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles AS w ON w.oid = c.relowner
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${userSchema} AND ${notOfExtension('pg_class', 'c.oid')}
     AND format('%I.%I', n.nspname, c.relname) = ANY ($1)
  UNION ALL
  SELECT format('SCHEMA - %s %s', n.nspname, w.rolname), '' FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_roles AS w ON w.oid = n.nspowner
   WHERE ${userSchema} AND n.nspname <> 'public' AND ${notOfExtension('pg_namespace', 'n.oid')}
  UNION ALL
  SELECT format('%s %s %s(%s) %s', CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, n.nspname, f.proname,
                pg_catalog.oidvectortypes(f.proargtypes), w.rolname), ''
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang JOIN pg_catalog.pg_roles AS w ON w.oid = f.proowner
   WHERE ${userSchema} AND f.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND ${notOfExtension('pg_proc', 'f.oid')}
  UNION ALL
  SELECT format('%s %s %s %s', CASE y.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname, y.typname, w.rolname), ''
    FROM pg_catalog.pg_type AS y JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace
    JOIN pg_catalog.pg_roles AS w ON w.oid = y.typowner
   WHERE ${userSchema} AND ${notOfExtension('pg_type', 'y.oid')}
     AND (y.typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = y.typrelid AND c.relkind = 'c'))
  UNION ALL
  SELECT format('SERVER - %s %s', s.srvname, w.rolname), '' FROM pg_catalog.pg_foreign_server AS s
    JOIN pg_catalog.pg_roles AS w ON w.oid = s.srvowner WHERE ${notOfExtension('pg_foreign_server', 's.oid')}
  UNION ALL
  SELECT format('EVENT TRIGGER - %s %s', t.evtname, w.rolname), '' FROM pg_catalog.pg_event_trigger AS t
    JOIN pg_catalog.pg_roles AS w ON w.oid = t.evtowner WHERE ${notOfExtension('pg_event_trigger', 't.oid')}
  UNION ALL
  SELECT format('PUBLICATION - %s %s', p.pubname, w.rolname), '' FROM pg_catalog.pg_publication AS p
    JOIN pg_catalog.pg_roles AS w ON w.oid = p.pubowner
  UNION ALL
  SELECT format('PUBLICATION TABLE %s %s %s %s', n.nspname, p.pubname, c.relname, w.rolname), ''
    FROM pg_catalog.pg_publication_rel AS m JOIN pg_catalog.pg_publication AS p ON p.oid = m.prpubid
    JOIN pg_catalog.pg_class AS c ON c.oid = m.prrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles AS w ON w.oid = p.pubowner
   WHERE format('%I.%I', n.nspname, c.relname) = ANY ($1)
  UNION ALL
  -- By what they depend on: the catalog pg_publication_namespace is not there before PostgreSQL 15.
  SELECT format('PUBLICATION TABLES IN SCHEMA %s %s %s %s', n.nspname, p.pubname, n.nspname, w.rolname), ''
    FROM pg_catalog.pg_publication AS p JOIN pg_catalog.pg_roles AS w ON w.oid = p.pubowner
    JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_publication'::pg_catalog.regclass AND d.refobjid = p.oid
     AND d.classid = pg_catalog.to_regclass('pg_catalog.pg_publication_namespace')
    JOIN pg_catalog.pg_depend AS m ON m.classid = d.classid AND m.objid = d.objid
     AND m.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    JOIN pg_catalog.pg_namespace AS n ON n.oid = m.refobjid
   WHERE ${userSchema} AND ${notOfExtension('pg_namespace', 'n.oid')}
  UNION ALL
  -- pg_dump leaves them out for everybody but a superuser.
  SELECT format('SUBSCRIPTION - %s %s', s.subname, w.rolname), '' FROM pg_catalog.pg_subscription AS s
    JOIN pg_catalog.pg_database AS b ON b.oid = s.subdbid AND b.datname = pg_catalog.current_database()
    JOIN pg_catalog.pg_roles AS w ON w.oid = s.subowner WHERE pg_catalog.current_setting('is_superuser') = 'on'
  UNION ALL
  SELECT format('EXTENSION - %s ', x.extname), '' FROM pg_catalog.pg_extension AS x WHERE x.oid >= ${firstOfUsers}
  UNION ALL
  SELECT format('ACCESS METHOD - %s ', a.amname), '' FROM pg_catalog.pg_am AS a
   WHERE a.oid >= ${firstOfUsers} AND ${notOfExtension('pg_am', 'a.oid')}
  UNION ALL
  SELECT format('FOREIGN DATA WRAPPER - %s %s', f.fdwname, w.rolname), '' FROM pg_catalog.pg_foreign_data_wrapper AS f
    JOIN pg_catalog.pg_roles AS w ON w.oid = f.fdwowner WHERE ${notOfExtension('pg_foreign_data_wrapper', 'f.oid')}
  UNION ALL
  SELECT format('PROCEDURAL LANGUAGE - %s %s', l.lanname, w.rolname), '' FROM pg_catalog.pg_language AS l
    JOIN pg_catalog.pg_roles AS w ON w.oid = l.lanowner
   WHERE l.oid >= ${firstOfUsers} AND ${notOfExtension('pg_language', 'l.oid')}
  UNION ALL
  SELECT format('TRANSFORM - TRANSFORM FOR %s LANGUAGE %I ', pg_catalog.format_type(t.trftype, NULL), l.lanname), ''
    FROM pg_catalog.pg_transform AS t JOIN pg_catalog.pg_language AS l ON l.oid = t.trflang
   WHERE ${notOfExtension('pg_transform', 't.oid')}
  UNION ALL
  SELECT format('OPERATOR CLASS %s %s %s', n.nspname, o.opcname, w.rolname), '' FROM pg_catalog.pg_opclass AS o
    JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opcnamespace JOIN pg_catalog.pg_roles AS w ON w.oid = o.opcowner
   WHERE ${userSchema} AND ${notOfExtension('pg_opclass', 'o.oid')}
  UNION ALL
  SELECT format('OPERATOR FAMILY %s %s %s', n.nspname, o.opfname, w.rolname), '' FROM pg_catalog.pg_opfamily AS o
    JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opfnamespace JOIN pg_catalog.pg_roles AS w ON w.oid = o.opfowner
   WHERE ${userSchema} AND ${notOfExtension('pg_opfamily', 'o.oid')}
  UNION ALL
  SELECT format('TEXT SEARCH PARSER %s %s ', n.nspname, s.prsname), '' FROM pg_catalog.pg_ts_parser AS s
    JOIN pg_catalog.pg_namespace AS n ON n.oid = s.prsnamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_ts_parser', 's.oid')}
  UNION ALL
  SELECT format('TEXT SEARCH TEMPLATE %s %s ', n.nspname, s.tmplname), '' FROM pg_catalog.pg_ts_template AS s
    JOIN pg_catalog.pg_namespace AS n ON n.oid = s.tmplnamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_ts_template', 's.oid')}
  ORDER BY 1`;

/** The entries that a dump of these relations has; needs the empty search path of `comparableSession`. */
export async function readArchivedEntries(
  connection: DatabaseConnection,
  relations: readonly Relation[],
): Promise<ArchivedEntry[]> {
  const rows = await connection.query<ArchivedEntry>(entriesQuery, [relations.map((relation) => relation.name)]);
  return rows.map(({ entry, relation }) => ({ entry: entry.replaceAll(/[\r\n]/g, ' '), relation }));
}

/** The statements that pg_dump writes for the event triggers, each on one line. */
export async function readEventTriggers(connection: DatabaseConnection): Promise<string[]> {
  const rows = await connection.query<{ statement: string }>(`
    SELECT format('CREATE EVENT TRIGGER %I ON %I', t.evtname, t.evtevent)
           || coalesce(' WHEN TAG IN (' || (SELECT pg_catalog.string_agg(quote_literal(tag), ', ' ORDER BY at)
                                              FROM pg_catalog.unnest(t.evttags) WITH ORDINALITY AS tags(tag, at)) || ')', '')
           || format(' EXECUTE FUNCTION %s();', t.evtfoid::pg_catalog.regproc)
           || CASE t.evtenabled WHEN 'O' THEN '' ELSE format(' ALTER EVENT TRIGGER %I %s;', t.evtname,
                CASE t.evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END) END AS statement
      FROM pg_catalog.pg_event_trigger AS t WHERE ${notOfExtension('pg_event_trigger', 't.oid')} ORDER BY 1`);
  return rows.map((row) => oneLine(row.statement));
}

/** What a dump says of itself, besides what is restored from it. */
export interface DumpListing {
  /** `pg_restore --list`. */
  contents: string;
  /** SQL text of its event triggers; empty where there are none. */
  eventTriggers: string;
}

/** What the source has and its dump does not say: owners, what is left out of a scratch restore, event triggers by definition. Pure. */
export function compareListing(
  source: { archived?: readonly ArchivedEntry[]; eventTriggers?: readonly string[] },
  dump: DumpListing,
): string[] {
  // A list in another encoding than UTF-8 cannot be read letter by letter.
  const legible = dump.contents.includes('\ufffd')
    ? (text: string) => text.replaceAll(/[^\p{ASCII}]+/gu, '\ufffd')
    : (text: string) => text;
  const entries = new Set(dump.contents.split('\n').map((line) => legible(line).replace(/^\d+; \d+ \d+ /, '')));
  const sql = oneLine(dump.eventTriggers);
  return [
    ...(source.archived ?? [])
      .filter(({ entry }) => !entries.has(legible(entry)))
      .map(({ entry }) => `not in the dump, or with another owner: ${entry}`),
    ...(source.eventTriggers ?? [])
      .filter((statement) => !sql.includes(statement))
      .map((statement) => `not in the dump, or otherwise: ${statement}`),
  ];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
