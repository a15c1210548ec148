/** A status of GitHub holds 140 characters, and our own words before it take some. */
const longestText = 100;

/** `health@3 notes@7`, by name, in as many texts as it takes: what a release's record says its app goes with. Pure. */
export function formatFunctionSet(functions: readonly { slug: string; version: number }[]): string[] {
  const texts: string[] = [];
  for (const { slug, version } of functions.toSorted((a, b) => (a.slug < b.slug ? -1 : 1))) {
    const one = `${slug}@${version}`;
    const last = texts.at(-1);
    if (last !== undefined && `${last} ${one}`.length <= longestText) texts[texts.length - 1] = `${last} ${one}`;
    else texts.push(one);
  }
  return texts;
}
