/** Condition on `n`, a row of pg_namespace. */
export const userSchema = `n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(toast|temp)'`;

/** The first number that an object of a user can have; FirstNormalObjectId in PostgreSQL's access/transam.h. */
export const firstOfUsers = 16384;

/** Objects of an extension come with the extension, not with the dump. */
export function notOfExtension(catalog: string, oid: string): string {
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

const word = `("[^"]+"|[a-z_][a-z0-9_$]*)`;
const cast = `::${word}(\\.${word})?( varying| precision)?( with(out)? time zone)?(\\([0-9, -]+\\))?( with(out)? time zone)?(\\[\\])*`;

/**
 * A deparsed expression without its casts, parentheses and spaces: PostgreSQL rewrites those of some expressions once when
 * they are restored, `x = ANY ((ARRAY['a'::varchar])::text[])` to `x = ANY (ARRAY[('a'::varchar)::text])`.
 */
function bare(expression: string): string {
  return `pg_catalog.regexp_replace(pg_catalog.regexp_replace(${expression}, '${cast}', '', 'g'), '[[:space:]()]', '', 'g')`;
}

function digest(...parts: string[]): string {
  return `pg_catalog.md5(pg_catalog.concat_ws('|', ${parts.join(', ')}))`;
}

/** Options of something foreign, which pg_dump writes in the order of their names. */
function options(list: string): string {
  return `(SELECT pg_catalog.array_agg(u.one ORDER BY u.one COLLATE "C")::text FROM pg_catalog.unnest(${list}) AS u(one))`;
}

/** The qualified name of what has no type like regclass. */
function identity(catalog: string, oid: string): string {
  return `(pg_catalog.pg_identify_object('pg_catalog.${catalog}'::pg_catalog.regclass, ${oid}, 0)).identity`;
}

const grantee = `coalesce(o.rolname::text, 'public')`;
const granteeRole = 'LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g.grantee';

const ofRelations = `
  SELECT format('column %s.%I %s%s%s%s%s', r.name, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attcollation <> y.typcollation THEN format(' collate %s', a.attcollation::pg_catalog.regcollation) END,
                CASE WHEN a.attnotnull THEN ' not null' END,
                CASE WHEN a.attgenerated <> '' THEN ' generated' WHEN a.attidentity <> '' THEN ' identity'
                     WHEN a.atthasdef THEN ' default' END,
                CASE WHEN a.atthasdef OR a.attfdwoptions IS NOT NULL THEN ' ' || ${digest(bare('pg_catalog.pg_get_expr(v.adbin, v.adrelid)'), options('a.attfdwoptions'))} END) AS line
    FROM relation AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid
    JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef AS v ON v.adrelid = r.oid AND v.adnum = a.attnum
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  -- Those that a foreign key has for each part of a partitioned table are named anew by the server when it makes that.
  SELECT format('%sconstraint %s.%I %s %s%s %s', CASE WHEN k.contype = 'f' AND k.conparentid <> 0 THEN 'derived ' END,
                r.name, k.conname, k.contype,
                ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a
                       WHERE a.attrelid = r.oid AND a.attnum = ANY (k.conkey) ORDER BY 1),
                CASE WHEN NOT k.convalidated THEN ' not valid' END, ${digest(bare('pg_catalog.pg_get_constraintdef(k.oid)'))})
    FROM relation AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid
   WHERE r.relkind IN ('r', 'p', 'f') AND k.contype <> 't'
  UNION ALL
  -- That of a partitioned table is not valid as long as a part has none, which may be meant.
  SELECT format('%sindex %s.%I%s %s %s', CASE WHEN r.relkind = 'p' THEN 'partitioned ' END, r.name, i.relname,
                CASE WHEN x.indisunique THEN ' unique' END, x.indnatts, ${digest(bare('pg_catalog.pg_get_indexdef(i.oid)'))})
    FROM relation AS r JOIN pg_catalog.pg_index AS x ON x.indrelid = r.oid
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
   WHERE r.relkind IN ('r', 'm', 'p') AND (x.indisvalid OR r.relkind = 'p')
  UNION ALL
  SELECT format('statistics %I.%I of %s %s', n.nspname, s.stxname, r.name,
                ${digest(bare('pg_catalog.pg_get_statisticsobjdef(s.oid)'), 's.stxstattarget::text')})
    FROM relation AS r JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = r.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
  UNION ALL
  SELECT format('trigger %s.%I %s %s', r.name, t.tgname, t.tgenabled, ${digest(bare('pg_catalog.pg_get_triggerdef(t.oid)'))})
    FROM relation AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
  UNION ALL
  SELECT format('rule %s.%I %s %s', r.name, u.rulename, u.ev_enabled, ${digest(bare('pg_catalog.pg_get_ruledef(u.oid)'))})
    FROM relation AS r JOIN pg_catalog.pg_rewrite AS u ON u.ev_class = r.oid WHERE u.rulename <> '_RETURN'
  UNION ALL
  SELECT format('policy %s.%I %s%s to %s %s', r.name, p.polname, p.polcmd, CASE WHEN NOT p.polpermissive THEN ' restrictive' END,
                ARRAY(SELECT coalesce(o.rolname::text, 'public') FROM pg_catalog.unnest(p.polroles) AS role(oid)
                        LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = role.oid ORDER BY 1),
                ${digest(
                  `coalesce(${bare('pg_catalog.pg_get_expr(p.polqual, r.oid)')}, '')`,
                  `coalesce(${bare('pg_catalog.pg_get_expr(p.polwithcheck, r.oid)')}, '')`,
                )})
    FROM relation AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
  UNION ALL
  SELECT format('row security %s%s', r.name, CASE WHEN c.relforcerowsecurity THEN ' forced' END)
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid WHERE c.relrowsecurity
  UNION ALL
  SELECT format('%s %s%s %s', CASE r.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, r.name,
                CASE WHEN NOT c.relispopulated THEN ' not populated' END, ${digest(bare('pg_catalog.pg_get_viewdef(r.oid)'), 'c.reloptions::text')})
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid WHERE r.relkind IN ('m', 'v')
  UNION ALL
  SELECT format('partitioned %s %s', r.name, ${digest(bare('pg_catalog.pg_get_partkeydef(r.oid)'))})
    FROM relation AS r WHERE r.relkind = 'p'
  UNION ALL
  SELECT format('%s %s of %s %s', CASE WHEN c.relispartition THEN 'partition' ELSE 'child' END, r.name,
                (SELECT p.name FROM relation AS p WHERE p.oid = i.inhparent),
                -- Its place among the parents that are left.
                ${digest(`(SELECT pg_catalog.count(*) FROM pg_catalog.pg_inherits AS o WHERE o.inhrelid = i.inhrelid AND o.inhseqno <= i.inhseqno)::text`, bare('pg_catalog.pg_get_expr(c.relpartbound, c.oid)'))})
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = r.oid
   WHERE r.relkind IN ('r', 'p', 'f')
  UNION ALL
  SELECT format('foreign table %s on server %I %s', r.name, s.srvname, ${digest(options('t.ftoptions'))})
    FROM relation AS r JOIN pg_catalog.pg_foreign_table AS t ON t.ftrelid = r.oid
    JOIN pg_catalog.pg_foreign_server AS s ON s.oid = t.ftserver
  UNION ALL
  SELECT format('server %I of wrapper %I %s', s.srvname, w.fdwname, ${digest('s.srvtype', 's.srvversion', options('s.srvoptions'))})
    FROM pg_catalog.pg_foreign_server AS s JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
   WHERE ${notOfExtension('pg_foreign_server', 's.oid')}
  UNION ALL
  -- Without the options: only the mapped role and its server's owner see them.
  SELECT format('user mapping of %s on server %I', coalesce(m.usename, 'public'), m.srvname) FROM pg_catalog.pg_user_mappings AS m`;

const ofRights = `
  SELECT format('grant %s on %s to %s%s', g.privilege_type, r.name, ${grantee},
                CASE WHEN g.is_grantable THEN ' with grant option' END)
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid, pg_catalog.aclexplode(c.relacl) AS g ${granteeRole}
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${ofOwner('c.relowner')}
  UNION ALL
  SELECT format('grant %s on %s.%I to %s', g.privilege_type, r.name, a.attname, ${grantee})
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND NOT a.attisdropped, pg_catalog.aclexplode(a.attacl) AS g
    ${granteeRole}
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${ofOwner('c.relowner')}
  UNION ALL
  SELECT format('grant %s on schema %I to %s', g.privilege_type, n.nspname, ${grantee})
    FROM pg_catalog.pg_namespace AS n, pg_catalog.aclexplode(n.nspacl) AS g ${granteeRole}
   WHERE ${userSchema} AND ${notOfExtension('pg_namespace', 'n.oid')} AND ${ofOwner('n.nspowner')}
  UNION ALL
  SELECT format('grant %s on function %I.%I(%s) to %s', g.privilege_type, n.nspname, f.proname,
                pg_catalog.pg_get_function_identity_arguments(f.oid), ${grantee})
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang,
         pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) AS g ${granteeRole}
   WHERE ${userSchema} AND f.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND ${ofOwner('f.proowner')}
     AND ${notOfExtension('pg_proc', 'f.oid')}
  UNION ALL
  SELECT format('grant %s on large object %s to %s', g.privilege_type, m.oid, ${grantee})
    FROM pg_catalog.pg_largeobject_metadata AS m, pg_catalog.aclexplode(m.lomacl) AS g ${granteeRole} WHERE ${ofOwner('m.lomowner')}
  UNION ALL
  SELECT format('default privileges of %I%s on %s', w.rolname, ' in schema ' || quote_ident(n.nspname), d.defaclobjtype)
    FROM pg_catalog.pg_default_acl AS d JOIN pg_catalog.pg_roles AS w ON w.oid = d.defaclrole
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
  UNION ALL
  SELECT format('default privileges of %I%s on %s: %s to %s%s', w.rolname, ' in schema ' || quote_ident(n.nspname), d.defaclobjtype,
                g.privilege_type, ${grantee}, CASE WHEN g.is_grantable THEN ' with grant option' END)
    FROM pg_catalog.pg_default_acl AS d JOIN pg_catalog.pg_roles AS w ON w.oid = d.defaclrole
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace, pg_catalog.aclexplode(d.defaclacl) AS g ${granteeRole}`;

const ofTypes = `
  SELECT format('schema %I', n.nspname) FROM pg_catalog.pg_namespace AS n
   WHERE ${userSchema} AND n.nspname <> 'public' AND ${notOfExtension('pg_namespace', 'n.oid')}
  UNION ALL
  SELECT format('function %I.%I(%s)%s %s', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid),
                CASE WHEN f.prosecdef THEN ' security definer' END,
                ${digest('f.prosrc', bare('pg_catalog.pg_get_functiondef(f.oid)'))})
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang
   WHERE ${userSchema} AND f.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND ${notOfExtension('pg_proc', 'f.oid')}
  UNION ALL
  SELECT format('aggregate %I.%I(%s) %s', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid),
                ${digest('x.aggtransfn::text', 'x.aggfinalfn::text', 'pg_catalog.format_type(x.aggtranstype, NULL)', 'x.agginitval')})
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_aggregate AS x ON x.aggfnoid = f.oid WHERE ${userSchema} AND ${notOfExtension('pg_proc', 'f.oid')}
  UNION ALL
  SELECT format('type %I.%I %s %s', n.nspname, y.typname, y.typtype, CASE y.typtype
      WHEN 'e' THEN (SELECT pg_catalog.md5(pg_catalog.string_agg(v.enumlabel, '|' ORDER BY v.enumsortorder))
                       FROM pg_catalog.pg_enum AS v WHERE v.enumtypid = y.oid)
      WHEN 'd' THEN ${digest(
        'pg_catalog.format_type(y.typbasetype, y.typtypmod)',
        'y.typnotnull::text',
        'y.typcollation::pg_catalog.regcollation::text',
        bare('y.typdefault'),
        `(SELECT pg_catalog.string_agg(k.conname || ${bare('pg_catalog.pg_get_constraintdef(k.oid)')} || k.convalidated, '|' ORDER BY k.conname)
            FROM pg_catalog.pg_constraint AS k WHERE k.contypid = y.oid)`,
      )}
      WHEN 'c' THEN (SELECT pg_catalog.md5(pg_catalog.string_agg(format('%I %s %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                              a.attcollation::pg_catalog.regcollation), '|' ORDER BY a.attnum))
                       FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
      ELSE (SELECT ${digest(
        'pg_catalog.format_type(x.rngsubtype, NULL)',
        'x.rngcollation::pg_catalog.regcollation::text',
        'x.rngcanonical::text',
        'x.rngsubdiff::text',
        '(SELECT b.opcname FROM pg_catalog.pg_opclass AS b WHERE b.oid = x.rngsubopc)',
      )} FROM pg_catalog.pg_range AS x WHERE x.rngtypid = y.oid) END)
    FROM pg_catalog.pg_type AS y JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_type', 'y.oid')}
     AND (y.typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = y.typrelid AND c.relkind = 'c'))
  UNION ALL
  SELECT format('collation %I.%I %s', n.nspname, k.collname,
                pg_catalog.md5((pg_catalog.to_jsonb(k) - ARRAY['oid', 'collnamespace', 'collowner', 'collversion'])::text))
    FROM pg_catalog.pg_collation AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.collnamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_collation', 'k.oid')}
  UNION ALL
  SELECT format('cast from %s to %s %s', pg_catalog.format_type(k.castsource, NULL), pg_catalog.format_type(k.casttarget, NULL),
                ${digest('k.castfunc::pg_catalog.regprocedure::text', 'k.castcontext', 'k.castmethod')})
    FROM pg_catalog.pg_cast AS k WHERE k.oid >= ${firstOfUsers} AND ${notOfExtension('pg_cast', 'k.oid')}
  UNION ALL
  SELECT format('operator %s %s', k.oid::pg_catalog.regoperator,
                ${digest(
                  'k.oprcode::pg_catalog.regprocedure::text',
                  'k.oprcom::pg_catalog.regoperator::text',
                  'k.oprnegate::pg_catalog.regoperator::text',
                  'k.oprrest::pg_catalog.regprocedure::text',
                  'k.oprjoin::pg_catalog.regprocedure::text',
                  'k.oprcanmerge::text',
                  'k.oprcanhash::text',
                )})
    FROM pg_catalog.pg_operator AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.oprnamespace
   WHERE ${userSchema} AND k.oprcode <> 0 AND ${notOfExtension('pg_operator', 'k.oid')}
  UNION ALL
  SELECT format('conversion %I.%I %s', n.nspname, k.conname,
                ${digest('k.conforencoding::text', 'k.contoencoding::text', 'k.conproc::pg_catalog.regprocedure::text', 'k.condefault::text')})
    FROM pg_catalog.pg_conversion AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.connamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_conversion', 'k.oid')}
  UNION ALL
  SELECT format('text search dictionary %I.%I %s', n.nspname, k.dictname,
                ${digest(identity('pg_ts_template', 'k.dicttemplate'), 'k.dictinitoption')})
    FROM pg_catalog.pg_ts_dict AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.dictnamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_ts_dict', 'k.oid')}
  UNION ALL
  SELECT format('text search configuration %I.%I %s', n.nspname, k.cfgname,
                ${digest(
                  identity('pg_ts_parser', 'k.cfgparser'),
                  `(SELECT pg_catalog.string_agg(format('%s %s', m.maptokentype, m.mapdict::pg_catalog.regdictionary), '|' ORDER BY m.maptokentype, m.mapseqno)
                      FROM pg_catalog.pg_ts_config_map AS m WHERE m.mapcfg = k.oid)`,
                )})
    FROM pg_catalog.pg_ts_config AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.cfgnamespace
   WHERE ${userSchema} AND ${notOfExtension('pg_ts_config', 'k.oid')}`;

/** How the lines of kinds begin that were not always among the definitions. */
export const laterKinds = /^(?:partitioned index|statistics|cast|operator|conversion|text search) /;

/** One line per object, of the relations named by `$1` only: what is not in the dump is not missed; a digest of what is not in its words comes last. Both sides run the same major version. */
export const definitionsQuery = `
  WITH relation AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relkind
      FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE ${userSchema} AND ${notOfExtension('pg_class', 'c.oid')} AND format('%I.%I', n.nspname, c.relname) = ANY ($1))
  ${ofRelations} UNION ALL ${ofRights} UNION ALL ${ofTypes} ORDER BY 1`;
