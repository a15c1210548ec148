/** How a committed file differs from what the database says; lines are definitions, never values. */
export interface TypesDifference {
  /** Lines that only the database has, in their order. */
  added: string[];
  /** Lines that only the file has. */
  removed: string[];
}

/** Undefined: they say the same. How it is formatted does not count: a formatter of the project may have touched the file. Pure. */
export function compareTypes(committed: string, fresh: string): TypesDifference | undefined {
  if (bare(committed) === bare(fresh)) return undefined;
  return { added: linesOnlyIn(fresh, committed), removed: linesOnlyIn(committed, fresh) };
}

/** Without white space, ends of statements and members, kinds of quotes, and the bar before the first member of a union. */
function bare(text: string): string {
  return text
    .replaceAll("'", '"')
    .replace(/[\s;,]/g, '')
    .replace(/([:=(<])\|/g, '$1')
    .replace(/"([A-Za-z_$][\w$]*)"(\??:)/g, '$1$2');
}

function linesOnlyIn(text: string, other: string): string[] {
  const left = new Map<string, number>();
  for (const line of other.split('\n')) left.set(bare(line), (left.get(bare(line)) ?? 0) + 1);
  return text.split('\n').flatMap((line) => {
    const key = bare(line);
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return key === '' || count > 0 ? [] : [line.trim()];
  });
}
