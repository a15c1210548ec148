import { cleanText } from '#http/text';

/** Foreign text as Markdown that shows exactly this text: no markup, HTML, mention, link or reference is formed (S14). */
export function escapeMarkdown(text: string, maxLength = 2000): string {
  return (
    cleanText(text, maxLength)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/[\\`*_{}[\]()#+\-!|~$]/g, '\\$&')
      // GitHub links @name, #1, GH-1 and bare addresses even when their first character is escaped.
      .replace(/@(?=\w)/g, '@&#8203;')
      .replace(/(?<=\\#|\bGH\\-)(?=\d)/gi, '&#8203;')
      .replace(/\b(https?|ftp):\/\//gi, '$1:&#8203;//')
      .replace(/\bwww\./gi, 'www&#8203;.')
  );
}

/** Foreign text as a code span, in which nothing but the fence itself has a meaning. */
export function codeSpan(text: string, maxLength = 500): string {
  const clean = cleanText(text, maxLength);
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  const pad = clean === '' || clean.startsWith('`') || clean.endsWith('`') ? ' ' : '';
  // Inside a table a pipe ends the cell even within a code span.
  return `${fence}${pad}${clean.replaceAll('|', '\\|')}${pad}${fence}`;
}

/** A table; the cells are Markdown already (escapeMarkdown, codeSpan, link), line ends become spaces. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\s*[\r\n]+\s*/g, ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A link to an http or https address; for any other address only its text. */
export function link(label: string, address: string): string {
  const shown = escapeMarkdown(label);
  if (!URL.canParse(address)) return shown;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return shown;
  return `[${shown}](${url.href.replace(/[()<>\\\s|]/g, (character) => encodeURIComponent(character).replace('(', '%28').replace(')', '%29'))})`;
}
