import type { DatabaseContents } from './database-contents.ts';
import { laterKinds } from './definitions-query.ts';
import { compareListing, type DumpListing } from './dump-listing.ts';
import { compareSequences } from './read-sequences.ts';

export interface Comparison {
  /** `empty`: there was nothing to compare on either side. */
  outcome: 'equal' | 'different' | 'empty' | 'nothing-compared';
  relations: number;
  rows: number;
  /** At most ten, by name, without values. */
  differences: string[];
  /** What is odd in the source itself. */
  remarks: string[];
}

const shown = 10;

/**
 * Compares a restored database with what its source held when it was dumped. Pure. A source that holds relations and a
 * comparison that covers none of them is `nothing-compared`, never equal (trap 31). What no scratch server can show (owners,
 * what only a superuser can make) is compared with what the dump says of itself.
 */
export function compareContents(source: DatabaseContents, restored: DatabaseContents, dump?: DumpListing): Comparison {
  const sequences = compareSequences(source.sequences ?? [], restored.sequences ?? []);
  const isAsked = (line: string) => source.hasLaterKinds === true || !laterKinds.test(line);
  const restoredLines = restored.definitions.filter(isAsked);
  const differences = [
    ...compareNames(
      source.relations.map((relation) => `${relation.kind} ${relation.name}`),
      restored.relations.map((relation) => `${relation.kind} ${relation.name}`),
    ),
    ...(source.marksDerived === true
      ? compareNames(source.definitions.filter(isOwn), restoredLines.filter(isOwn))
      : compareNames(
          source.definitions,
          restoredLines.map((line) => line.replace(derived, '')),
        )),
    ...compareRows(source, restored),
    ...sequences.differences,
    ...compareLargeObjects(source, restored),
    ...(dump === undefined ? [] : compareListing(source, dump)),
  ];
  const rows = source.tables.reduce((sum, table) => sum + table.rows, 0);
  const more = differences.length - shown;
  return {
    outcome: outcomeOf(source, restored, differences.length),
    relations: source.relations.length,
    rows,
    differences: more > 0 ? [...differences.slice(0, shown), `and ${more} more`] : differences,
    remarks: sequences.remarks,
  };
}

function outcomeOf(source: DatabaseContents, restored: DatabaseContents, differences: number): Comparison['outcome'] {
  if (differences > 0) return 'different';
  if (source.relations.length > 0) return restored.relations.length > 0 ? 'equal' : 'nothing-compared';
  // Rights on the schema public are there from the start.
  return source.definitions.every((line) => line.startsWith('grant ')) && source.largeObjects === 0 ? 'empty' : 'equal';
}

/** How lines begin of what the server makes from another definition, under a name that it chooses anew. */
const derived = /^derived /;

function isOwn(line: string): boolean {
  return !derived.test(line);
}

function compareNames(source: readonly string[], restored: readonly string[]): string[] {
  const before = new Set(source);
  const after = new Set(restored);
  return [
    ...source.filter((name) => !after.has(name)).map((name) => `missing after the restore: ${withoutDigest(name)}`),
    ...restored.filter((name) => !before.has(name)).map((name) => `not in the source: ${withoutDigest(name)}`),
  ];
}

function compareRows(source: DatabaseContents, restored: DatabaseContents): string[] {
  const after = new Map(restored.tables.map((table) => [table.name, table]));
  return source.tables.flatMap((table) => {
    const other = after.get(table.name);
    if (other === undefined) return [`rows of ${table.name} were not restored`];
    if (other.rows !== table.rows) return [`${table.name}: ${table.rows} rows in the source, ${other.rows} restored`];
    return other.checksum === table.checksum
      ? []
      : [`${table.name}: ${table.rows} rows on both sides, with other contents`];
  });
}

function compareLargeObjects(source: DatabaseContents, restored: DatabaseContents): string[] {
  if (source.largeObjects !== restored.largeObjects) {
    return [`large objects: ${source.largeObjects} in the source, ${restored.largeObjects} restored`];
  }
  const [before, after] = [source.largeObjectData, restored.largeObjectData];
  if (before === undefined || after === undefined) return [];
  if (before.bytes !== after.bytes) {
    return [`large objects: ${before.bytes} bytes in the source, ${after.bytes} restored`];
  }
  return before.checksum === after.checksum ? [] : ['large objects: as many bytes on both sides, with other contents'];
}

function withoutDigest(line: string): string {
  return line.replace(/ [0-9a-f]{32}$/, '');
}

/** The part of what a database holds that a dump of these tables brings back. Pure. */
export function onlyTables(contents: DatabaseContents, tables: readonly string[]): DatabaseContents {
  const kinds = /^(?:column|constraint|(?:partitioned )?index|trigger|policy|row security|grant \S+ on) /;
  const belongs = (line: string) => {
    const rest = line.replace(kinds, '');
    return rest !== line && tables.some((table) => rest.startsWith(`${table}.`) || rest.startsWith(`${table} `));
  };
  return {
    ...withoutLargeObjects(contents),
    tables: contents.tables.filter(({ name }) => tables.includes(name)),
    definitions: contents.definitions.filter(belongs),
    sequences: [],
    archived: (contents.archived ?? []).filter(({ relation }) => tables.includes(relation)),
    eventTriggers: [],
  };
}

function withoutLargeObjects({ largeObjectData: _, ...contents }: DatabaseContents): DatabaseContents {
  return { ...contents, largeObjects: 0 };
}

/** The part that a restore of the structure alone brings back. Pure. */
export function onlyStructure(contents: DatabaseContents): DatabaseContents {
  return { ...withoutLargeObjects(contents), tables: [], sequences: [] };
}
