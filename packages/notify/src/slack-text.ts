import { cleanText } from '#http/text';

/** Slack's limits (slack-and-paging.md §2): longer texts are refused as invalid_blocks or msg_blocks_too_long. */
export const limits = {
  section: 3000,
  header: 150,
  contextElements: 10,
  buttons: 25,
  buttonText: 75,
  buttonUrl: 3000,
  blocks: 50,
  /** All blocks together; undocumented, about 13.2k (slackapi/bolt-js#2509). */
  allBlocks: 12_000,
  text: 40_000,
} as const;

/**
 * The one escaper for text that goes to Slack (S14): `&`, `<`, `>` in this order, so that a commit message can never page
 * a channel; control and direction characters removed; cut to `maxLength` characters after escaping, never inside an entity.
 */
export function slackText(text: string, maxLength: number = limits.section): string {
  const escaped = cleanText(text, maxLength * 2)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  return cut(escaped, maxLength);
}

/** Several lines, each escaped by itself. */
export function slackLines(lines: readonly string[], maxLength: number = limits.section): string {
  return cut(lines.map((line) => slackText(line)).join('\n'), maxLength);
}

function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text
    .slice(0, maxLength - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A link; the label can hold neither `|` nor `>`. Only http and https addresses become links. */
export function slackLink(url: string, label: string): string {
  if (!/^https?:\/\/[^\s<>|]+$/.test(url)) return slackText(label);
  return `<${url.replaceAll('&', '&amp;')}|${slackText(label, 200).replaceAll('|', '/')}>`;
}
