import type { DatabaseContents } from './database-contents.ts';

/**
 * The table of contents of a dump (`pg_restore --list`) in the order in which `--clean` can drop it: it goes through backwards, and a
 * key of a part cannot be dropped before the one of its partitioned table, with which it goes. Undefined where nothing need be moved. Pure.
 */
export function parentsLast(
  contents: string,
  { relations, definitions }: Pick<DatabaseContents, 'relations' | 'definitions'>,
): string[] | undefined {
  const partitioned = relations.filter(({ kind }) => kind === 'partitioned').map(({ name }) => name);
  if (partitioned.length === 0) return undefined;
  const parentOf = (name: string) =>
    partitioned.find((parent) =>
      definitions.some((line) => line.replace(/ [0-9a-f]{32}$/, '') === `partition ${name} of ${parent}`),
    );
  const depthOf = (name: string): number => {
    const parent = parentOf(name);
    return parent === undefined ? 0 : 1 + depthOf(parent);
  };
  const depths = partitioned.map((name) => ({ entry: `CONSTRAINT ${unquoted(name)} `, depth: depthOf(name) }));
  const depthOfLine = (line: string) =>
    depths.find(({ entry }) => line.replace(key, 'CONSTRAINT ').startsWith(entry))?.depth ?? Infinity;
  const lines = contents.split('\n').filter((line) => /^\d+;/.test(line));
  const keys = lines.filter((line) => key.test(line)).map((line) => ({ line, depth: depthOfLine(line) }));
  const ordered = keys.toSorted((a, b) => (a.depth === b.depth ? 0 : b.depth - a.depth)).map(({ line }) => line);
  return lines.map((line) => (key.test(line) ? (ordered.shift() ?? line) : line));
}

/** Not of foreign keys and checks, which have kinds of their own. */
const key = /^\d+; \d+ \d+ CONSTRAINT /;

/** `public."A ""b"""` as a list of contents writes it: `public A "b"`. */
function unquoted(name: string): string {
  const [, schema = '', table = ''] = /^((?:"(?:[^"]|"")+"|[^".]+))\.(.+)$/s.exec(name) ?? [];
  const bare = (word: string) => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word);
  return `${bare(schema)} ${bare(table)}`.replaceAll(/[\r\n]/g, ' ');
}
