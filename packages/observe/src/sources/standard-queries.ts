export const poolMetric = 'database-pool';

/**
 * How much of what ordinary users can take is taken, for whoever names a limit and no query of his own. Every role may read it:
 * pg_stat_activity would hide other users' sessions. Counts the workers of queries and of the server, too.
 */
export const poolQuery = `SELECT (SELECT pg_catalog.sum(numbackends) FROM pg_catalog.pg_stat_database)::float8
  / (pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int) AS value`;
