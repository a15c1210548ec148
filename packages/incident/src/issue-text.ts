import { cleanText } from '#http/text';

/** The one escaper of issues (S14): foreign text becomes a code span, in which no mention, link, HTML or reference is formed. */
export function quoted(text: string, maxLength = 500): string {
  const clean = cleanText(text, maxLength).replaceAll('`', "'").replaceAll('|', '¦').trim();
  return clean === '' ? '` `' : `\`${clean}\``;
}

/** A command or several lines that a person copies; the fence is longer than any inside. */
export function codeBlock(lines: readonly string[]): string {
  const clean = lines.map((line) => cleanText(line, 500));
  const longest = Math.max(2, ...clean.flatMap((line) => [...line.matchAll(/`+/g)].map((run) => run[0].length)));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...clean, fence].join('\n');
}
