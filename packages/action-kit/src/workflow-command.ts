import { cleanText } from '#http/text';

/** `%`, CR and LF as the runner decodes them in the data of a command. */
export function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** As escapeData, and `:` and `,`, which end a property. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** One command line of the runner's protocol, e.g. `::error title=x::message`. */
export function formatCommand(command: string, data: string, properties: Record<string, string> = {}): string {
  const list = Object.entries(properties).filter(([, value]) => value !== '');
  const written = list.map(([name, value]) => `${name}=${escapeProperty(value)}`).join(',');
  return `::${command}${written === '' ? '' : ` ${written}`}::${escapeData(data)}`;
}

// Longer than any line of ours; a longer one is foreign output without line ends.
const LONGEST_LINE = 8192;

/**
 * Text that the runner cannot take for a command (S14): control characters are removed line by line, and the two forms that the
 * runner reads, `::` at the start of a line and `##[` anywhere (runner 2.336, ActionCommand.cs), are pulled apart by a space.
 */
export function harmlessLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/).map((line) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const clean = cleanText(line, LONGEST_LINE).replaceAll('##[', '## [');
    return `${indent.slice(0, 40)}${clean.startsWith('::') ? `: ${clean.slice(1)}` : clean}`;
  });
}

/** As harmlessLines, for text that becomes the data of a command: line ends stay, the command itself is escaped. */
export function harmlessText(text: string): string {
  return harmlessLines(text).join('\n');
}
