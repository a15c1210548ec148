/** What is restored into the scratch cluster, and what is not. */
export interface RestorePlan {
  /** Lines for `pg_restore --use-list`. */
  list: string[];
  /** Lines of rights, restored after the rest. */
  grants: string[];
  /** Lines of event triggers, which are compared by their text. */
  eventTriggers: string[];
  /** `KIND schema name` of objects that are in the backup and not restored here; said in the manifest. */
  leftOut: string[];
}

/** Only a superuser may create these, and the restore has none (S24); or they reach outside the cluster. */
const superuserKinds = new Set([
  'ACCESS METHOD',
  'EVENT TRIGGER',
  'FOREIGN DATA WRAPPER',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'PROCEDURAL LANGUAGE',
  'PUBLICATION',
  'PUBLICATION TABLE',
  'PUBLICATION TABLES IN SCHEMA',
  'SUBSCRIPTION',
  'SUBSCRIPTION TABLE',
  'TEXT SEARCH PARSER',
  'TEXT SEARCH TEMPLATE',
  'TRANSFORM',
]);

/** Restored onto wrappers without a handler, which reach nothing; left out where the names of the wrappers are not known. */
const foreignKinds = new Set(['FOREIGN TABLE', 'SERVER', 'USER MAPPING']);

/** Nothing depends on these; owners are roles that exist in the scratch cluster as names only. */
const ignoredKinds = new Set(['COMMENT', 'SECURITY LABEL']);

const tableKinds = new Set(['TABLE', 'TABLE DATA', 'SEQUENCE', 'SEQUENCE SET']);

const rowKinds = ['TABLE DATA', 'SEQUENCE SET', 'MATERIALIZED VIEW DATA', 'BLOB', 'BLOBS', 'BLOB METADATA'];

const knownKinds = [
  ...superuserKinds,
  ...foreignKinds,
  ...ignoredKinds,
  ...tableKinds,
  'ACL',
  'DEFAULT ACL',
  'EXTENSION',
  'SCHEMA',
].sort((a, b) => b.length - a.length);

/**
 * Chooses from a table of contents (`pg_restore --list`: `ID; catalog oid KIND schema name owner`) what an unprivileged
 * role can restore. Pure. Schemas in `existing` and extensions are made beforehand; `missing` extensions cannot be.
 */
export function planRestore(
  contents: string,
  given: {
    existing: ReadonlySet<string>;
    missing: readonly string[];
    missingTables: ReadonlySet<string>;
    structureOnly?: boolean;
    foreignToo?: boolean;
    /** How lines begin, after their numbers, that point to what is not in the backup. */
    dangling?: readonly string[];
  },
): RestorePlan {
  const list: string[] = [];
  const grants: string[] = [];
  const eventTriggers: string[] = [];
  const leftOut = given.missing.map((name) => `EXTENSION ${name}`);
  for (const line of contents.split('\n')) {
    const [, rest] = /^\d+; \d+ \d+ (.+)$/.exec(line) ?? [];
    if (rest === undefined) continue;
    if (given.dangling?.some((beginning) => rest.startsWith(beginning)) === true) {
      leftOut.push(rest.slice(0, rest.lastIndexOf(' ')));
      continue;
    }
    const kind = knownKinds.find((known) => rest.startsWith(`${known} `));
    const [schema = '', ...words] = rest.slice((kind ?? '').length + 1).split(' ');
    const name = words.slice(0, -1).join(' ');
    if (kind === 'EVENT TRIGGER') eventTriggers.push(line);
    if (given.structureOnly === true && rowKinds.some((known) => rest.startsWith(`${known} `))) continue;
    if (kind === undefined) list.push(line);
    else if (kind === 'ACL' || kind === 'DEFAULT ACL') grants.push(line);
    else if (ignoredKinds.has(kind) || kind === 'EXTENSION') continue;
    else if (kind === 'SCHEMA' && given.existing.has(name)) continue;
    else if (
      superuserKinds.has(kind) ||
      (foreignKinds.has(kind) && given.foreignToo !== true) ||
      given.missingTables.has(`${schema}.${name}`)
    )
      leftOut.push(schema === '-' ? `${kind} ${name}` : `${kind} ${schema}.${name}`);
    else list.push(line);
  }
  return { list, grants, eventTriggers, leftOut: leftOut.sort() };
}
