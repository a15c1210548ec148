/**
 * What stands behind `postgresql-<major>-` in the name of the package that brings an extension. Debian's packages and those of the
 * PostgreSQL project bear the same names. Sources: Debian 12 (`apt-cache search ^postgresql-15-`), and for pgvector
 * https://apt.postgresql.org (Debian has it from 13 on). An extension that stands nowhere here is in no package that we know of.
 */
const packageNames: Readonly<Record<string, string>> = {
  vector: 'pgvector',
  postgis: 'postgis-3',
  postgis_raster: 'postgis-3',
  postgis_sfcgal: 'postgis-3',
  postgis_tiger_geocoder: 'postgis-3',
  postgis_topology: 'postgis-3',
  address_standardizer: 'postgis-3',
  address_standardizer_data_us: 'postgis-3',
  pgrouting: 'pgrouting',
  pointcloud: 'pointcloud',
  pointcloud_postgis: 'pointcloud',
  ogr_fdw: 'ogr-fdw',
  q3c: 'q3c',
  pg_cron: 'cron',
  pg_partman: 'partman',
  pg_repack: 'repack',
  pgaudit: 'pgaudit',
  set_user: 'set-user',
  pgtap: 'pgtap',
  plpgsql_check: 'plpgsql-check',
  hypopg: 'hypopg',
  pg_qualstats: 'pg-qualstats',
  pg_stat_kcache: 'pg-stat-kcache',
  pg_wait_sampling: 'pg-wait-sampling',
  rum: 'rum',
  jsquery: 'jsquery',
  pg_similarity: 'similarity',
  icu_ext: 'icu-ext',
  hll: 'hll',
  tdigest: 'tdigest',
  ip4r: 'ip4r',
  prefix: 'prefix',
  semver: 'semver',
  debversion: 'debversion',
  unit: 'unit',
  numeral: 'numeral',
  periods: 'periods',
  orafce: 'orafce',
  first_last_agg: 'first-last-agg',
  mysql_fdw: 'mysql-fdw',
  tds_fdw: 'tds-fdw',
};

/** Languages are named the other way round: `postgresql-plperl-15`. */
const languages: Readonly<Record<string, string>> = {
  plperl: 'plperl',
  plperlu: 'plperl',
  plpython3u: 'plpython3',
  pltcl: 'pltcl',
  pltclu: 'pltcl',
};

/** What the server's own package brings (PostgreSQL 17, appendix F, and the same of the majors before). */
const ofTheServer = new Set(
  `adminpack amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch hstore
   insert_username intagg intarray isn lo ltree moddatetime old_snapshot pageinspect pg_buffercache pg_freespacemap pg_prewarm
   pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw refint seg sslinfo
   tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2`.split(/\s+/),
);

/** The package (apt) that brings an extension for a major version; undefined: none that is known. Pure. */
export function extensionPackage(extension: string, major: number): string | undefined {
  if (ofTheServer.has(extension)) return `postgresql-${major}`;
  if (Object.hasOwn(languages, extension)) return `postgresql-${languages[extension]}-${major}`;
  return Object.hasOwn(packageNames, extension) ? `postgresql-${major}-${packageNames[extension]}` : undefined;
}

/** The packages of several, each once; and the extensions that are in none. Pure. */
export function extensionPackages(
  extensions: readonly string[],
  major: number,
): { packages: string[]; unknown: string[] } {
  const named = extensions.map((name) => ({ name, found: extensionPackage(name, major) }));
  return {
    packages: [...new Set(named.flatMap(({ found }) => found ?? []))].toSorted(),
    unknown: named.flatMap(({ name, found }) => (found === undefined ? [name] : [])),
  };
}
