import type { RemovedName } from '#postgres/statement-finding';

/** One place in the source that names what a migration takes away. */
export interface NameUse {
  removed: RemovedName;
  /** Path in the repository. */
  path: string;
  /** 1-based. */
  line: number;
  /** The file is generated from the database: it says what was there, not who uses it. */
  generated: boolean;
}

/** A file of more is data, not code that somebody wrote. */
export const longestSource = 1024 * 1024;

/** Places that are kept for each name; the rest is counted. */
const keptPlaces = 200;

const noCode =
  /(?:^|\/)(?:migrations|node_modules|\.git|dist)\/|^vendor\/|\.(?:md|map|lock|svg|snap)$|(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml)$/;
const generatedTypes =
  /(?:^|\/)(?:database[.-]types|types[_.-]db|database\.generated|supabase\/(?:database\.)?types|types\/(?:supabase|database))\.ts$|\.(?:gen|generated)\.[jt]s$/;

/** Whether a file can hold code that uses a name: not the migrations themselves, nothing installed, built or written for people. Pure. */
export function isSource(path: string, migrations: string): boolean {
  const folder = migrations.replace(/^\.?\/+|\/+$/g, '');
  return !noCode.test(path) && (folder === '' || folder === '.' || !path.startsWith(`${folder}/`));
}

/** Looks through files one by one for names that go. */
export interface UseFinder {
  look(path: string, text: string): void;
  result(): FoundUses;
}

export interface FoundUses {
  /** Files that were read. */
  files: number;
  uses: NameUse[];
  /** Places beyond what is kept, of each name that has some. */
  more: ReadonlyMap<RemovedName, number>;
}

/**
 * Finds whole words: as the database writes them, in capitals, and as generated clients spell them (`dueAt` for `due_at`,
 * `FocusSessions` for the table `focus_sessions`). A column counts only in files that name its table as well. Pure but for what it
 * was shown.
 */
export function useFinder(removed: readonly RemovedName[]): UseFinder {
  const spelled = new Map<string, RemovedName[]>();
  for (const one of removed)
    for (const word of spellings(one.name, one.table === undefined))
      spelled.set(word, [...(spelled.get(word) ?? []), one]);
  const names = wordsPattern([...spelled.keys()]);
  const tables = new Map(
    removed.flatMap(({ table }) =>
      table === undefined ? [] : [[table, wordsPattern(spellings(table, true))] as const],
    ),
  );
  const kept = new Map<RemovedName, number>();
  const more = new Map<RemovedName, number>();
  const found: FoundUses = { files: 0, uses: [], more };
  return {
    look(path, text) {
      found.files += 1;
      const seen = new Set<string>();
      const named = new Map<string, boolean>();
      const namesTable = (table: string): boolean => {
        const known = named.get(table) ?? tables.get(table)?.test(text) ?? false;
        named.set(table, known);
        return known;
      };
      const lines = lineCounter(text);
      for (const match of text.matchAll(new RegExp(names, 'gu'))) {
        for (const one of spelled.get(match[0]) ?? []) {
          if (one.table !== undefined && !namesTable(one.table)) continue;
          const line = lines(match.index);
          const place = `${line} ${one.table ?? ''} ${one.name}`;
          if (seen.has(place)) continue;
          seen.add(place);
          const count = kept.get(one) ?? 0;
          if (count >= keptPlaces) more.set(one, (more.get(one) ?? 0) + 1);
          else {
            kept.set(one, count + 1);
            found.uses.push({ removed: one, path, line, generated: generatedTypes.test(path) });
          }
        }
      }
    },
    result: () => found,
  };
}

function spellings(name: string, table: boolean): string[] {
  const words = name.split('_').filter((word) => word !== '');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  return [...new Set([name, name.toUpperCase(), camel, ...(table ? [pascal] : [])])].filter((word) => word !== '');
}

function wordsPattern(words: readonly string[]): RegExp {
  // Longer ones first, for a name may begin with another one.
  const escaped = words
    .toSorted((a, b) => b.length - a.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${escaped.join('|')})(?![\\p{L}\\p{N}_])`, 'u');
}

/** Lines of ascending offsets. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    for (let next = text.indexOf('\n', at); next !== -1 && next < offset; next = text.indexOf('\n', at)) {
      line += 1;
      at = next + 1;
    }
    return line;
  };
}

const shownPlaces = 6;

/** `src/notes.ts:12, src/list.ts:3 and 4 more`, generated types named as such and last; `more` are beyond `uses`. Pure. */
export function describePlaces(uses: readonly NameUse[], more = 0): string {
  const sorted = uses.toSorted((a, b) => Number(a.generated) - Number(b.generated));
  const shown = sorted
    .slice(0, shownPlaces)
    .map(({ path, line, generated }) => `${path}:${line}${generated ? ' (generated types)' : ''}`);
  const rest = sorted.length - shown.length + more;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
