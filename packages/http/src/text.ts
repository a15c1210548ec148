// C0 and C1 controls, line and paragraph separators, and the characters that reorder or hide text (bidi, zero width, BOM, tags).
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: an ANSI sequence starts with ESC
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** Foreign text without ESC sequences, control and direction characters; line ends and tabs stay, nothing is cut. */
export function withoutControls(text: string): string {
  return text.replace(ANSI, '').replace(UNSAFE, (character) => (/[\n\t]/.test(character) ? character : ''));
}

/** Foreign text as one bounded line without control, ESC and bidi characters (S14); longer text ends in `…`. */
export function cleanText(text: string, maxLength = 2000): string {
  // Cut first: a hostile megabyte should not be scanned whole. Twice the length leaves room for what is removed.
  const flat = text
    .slice(0, maxLength * 2 + 16)
    .replace(ANSI, '')
    .replace(/[\r\n\t]+/g, ' ')
    .replace(UNSAFE, '')
    .trim()
    .toWellFormed();
  if (flat.length <= maxLength && text.length <= maxLength * 2 + 16) return flat;
  return `${flat.slice(0, Math.max(0, maxLength - 1)).toWellFormed()}…`;
}
