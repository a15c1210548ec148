/**
 * The statements of the doctor: SELECT and SHOW only, every name qualified. Sources: pg_stat_activity, pg_locks,
 * pg_stat_statements, pg_stat_progress_create_index and pg_replication_slots of PostgreSQL 13 to 18.
 */

// Without pg_read_all_stats the server hides what kind a session of another user is: who has a user and a database counts as a client.
// pg_blocking_pids takes an exclusive lock of the lock table for a moment: only for sessions that wait for a lock.
export const sessionsQuery = `
  SELECT a.pid, coalesce(a.datname, '') AS database, coalesce(a.usename, '') AS "user",
         coalesce(a.application_name, '') AS application, coalesce(a.state, 'unknown') AS state,
         coalesce(a.backend_type, CASE WHEN a.usesysid IS NULL OR a.datid IS NULL THEN 'unknown' ELSE 'client backend' END)
           AS "backendType", coalesce(r.rolsuper, false) AS superuser,
         CASE WHEN a.wait_event IS NULL THEN NULL ELSE a.wait_event_type || ': ' || a.wait_event END AS "waitsFor",
         CASE WHEN a.wait_event_type = 'Lock' THEN pg_catalog.pg_blocking_pids(a.pid) ELSE '{}'::int4[] END AS "blockedBy",
         extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)::float8 AS "connectedSeconds",
         extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS "transactionSeconds",
         extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::float8 AS "querySeconds",
         extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change)::float8 AS "stateSeconds",
         coalesce(a.query, '') AS query, coalesce(a.backend_start::text, '') AS "backendStart",
         coalesce(a.query_start::text, '') AS "queryStart"
    FROM pg_catalog.pg_stat_activity AS a LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
   WHERE a.pid <> pg_catalog.pg_backend_pid()
   ORDER BY a.query_start NULLS LAST`;

export const connectionLimitQuery = `
  SELECT pg_catalog.current_setting('max_connections')::int AS maximum,
         pg_catalog.current_setting('superuser_reserved_connections')::int
           + coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int AS reserved`;

// The ages come from the session: pg_locks.waitstart exists since PostgreSQL 14 only.
export const waitingLocksQuery = `
  SELECT l.pid, coalesce(l.relation::pg_catalog.regclass::text, l.locktype) AS object, l.mode,
         extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::float8 AS "waitedSeconds"
    FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
   WHERE NOT l.granted AND (l.database IS NULL OR l.database = 0
         OR l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
   ORDER BY a.query_start`;

/** `schema` is where the extension lives; the columns were renamed in version 1.8 of it (PostgreSQL 13). */
export const slowQueriesQuery = (schema: string, renamed: boolean): string => {
  const suffix = renamed ? '_exec_time' : '_time';
  return `
  SELECT s.query, s.calls::float8 AS calls, s.mean${suffix} AS "meanMs", s.total${suffix} AS "totalMs"
    FROM ${schema}.pg_stat_statements AS s
   WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
   ORDER BY s.mean${suffix} DESC LIMIT 50`;
};

/**
 * Of what applications ask only: a dump's COPY, a new index or a VACUUM says nothing of how fast queries are. `info`: the extension
 * tells since when it counts, from version 1.9 (PostgreSQL 14) on.
 */
export const queryTotalsQuery = (schema: string, { renamed, info }: { renamed: boolean; info: boolean }): string => `
  SELECT coalesce(sum(s.calls), 0)::float8 AS calls,
         coalesce(sum(s.total${renamed ? '_exec_time' : '_time'}), 0)::float8 AS "totalMs",
         ${info ? `(SELECT extract(epoch FROM i.stats_reset)::float8 FROM ${schema}.pg_stat_statements_info AS i)` : 'NULL::float8'} AS since
    FROM ${schema}.pg_stat_statements AS s
   WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
     AND s.query ~* '^\\s*(select|insert|update|delete|merge|with)\\M'`;

export const statementsExtensionQuery = `
  SELECT pg_catalog.quote_ident(n.nspname) AS schema,
         EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS c
                  WHERE c.attrelid = pg_catalog.to_regclass(pg_catalog.quote_ident(n.nspname) || '.pg_stat_statements')
                    AND c.attname = 'mean_exec_time') AS renamed,
         pg_catalog.to_regclass(pg_catalog.quote_ident(n.nspname) || '.pg_stat_statements_info') IS NOT NULL AS info
    FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
   WHERE e.extname = 'pg_stat_statements'`;

/**
 * `$1` are schemas. The exact size takes a lock on each table; the estimate reads only what the last VACUUM or ANALYZE
 * noted, and works while a table is locked.
 */
export const tablesQuery = (exact: boolean): string => `
  SELECT n.nspname AS schema, c.relname AS "table",
         ${exact ? 'pg_catalog.pg_total_relation_size(c.oid)' : notedSize}::float8 AS bytes, ${!exact} AS estimated,
         greatest(coalesce(s.n_live_tup, 0), c.reltuples, 0)::float8 AS "liveRows",
         coalesce(s.n_dead_tup, 0)::float8 AS "deadRows", c.relrowsecurity AS "rowSecurity",
         (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid) AS policies
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid = c.oid
   WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY ($1::text[])
   ORDER BY bytes DESC, 1, 2`;

/** `$1` are schemas. */
export const policiesQuery = `
  SELECT schemaname AS schema, tablename AS "table", policyname AS policy, cmd AS command, roles::text[] AS roles,
         permissive = 'PERMISSIVE' AS permissive
    FROM pg_catalog.pg_policies WHERE schemaname = ANY ($1::text[]) ORDER BY 1, 2, 3`;

const notedSize = `((c.relpages
           + coalesce((SELECT t.relpages FROM pg_catalog.pg_class AS t WHERE t.oid = c.reltoastrelid), 0)
           + coalesce((SELECT pg_catalog.sum(x.relpages) FROM pg_catalog.pg_index AS i
                         JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid), 0))
           * pg_catalog.current_setting('block_size')::float8)`;

export const invalidIndexesQuery = `
  SELECT n.nspname AS schema, t.relname AS "table", c.relname AS index,
         EXISTS (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.relid = t.oid) AS building
    FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
   WHERE NOT (i.indisvalid AND i.indisready) ORDER BY 1, 2, 3`;

export const unvalidatedConstraintsQuery = `
  SELECT n.nspname AS schema, t.relname AS "table", c.conname AS "constraint"
    FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
   WHERE NOT c.convalidated ORDER BY 1, 2, 3`;

export const replicasQuery = `
  SELECT coalesce(application_name, '') AS application, coalesce(state, 'unknown') AS state,
         extract(epoch FROM replay_lag)::float8 AS "lagSeconds",
         CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
              ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::float8 END AS "lagBytes"
    FROM pg_catalog.pg_stat_replication`;

export const idleSlotsQuery = `
  SELECT slot_name AS slot,
         CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
              ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::float8 END AS "retainedBytes"
    FROM pg_catalog.pg_replication_slots WHERE NOT active`;

export const serverQuery = `
  SELECT pg_catalog.current_setting('server_version') AS version,
         extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_postmaster_start_time())::float8 AS "uptimeSeconds",
         pg_catalog.pg_database_size(pg_catalog.current_database())::float8 AS "databaseBytes",
         pg_catalog.pg_is_in_recovery() AS "inRecovery",
         EXISTS (SELECT 1 FROM pg_catalog.pg_db_role_setting AS s
                  WHERE s.setdatabase = d.oid AND s.setrole = 0
                    AND s.setconfig && ARRAY['default_transaction_read_only=on', 'default_transaction_read_only=true']) AS "readOnly",
         coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '') AS comment,
         (SELECT pg_catalog.max(pg_catalog.age(datfrozenxid))::float8 FROM pg_catalog.pg_database) AS "oldestTransactionAge",
         pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesAllSessions"
    FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`;
