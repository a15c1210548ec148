import { cleanText } from '#http/text';

export interface SlackBlock {
  type: string;
  [key: string]: unknown;
}

/** A message: `text` for notifications and screen readers, blocks for the channel. */
export interface SlackMessage {
  text: string;
  blocks: SlackBlock[];
}

/** Slack's limits (slack-and-paging.md §2): longer texts are refused as invalid_blocks or msg_blocks_too_long. */
export const limits = {
  section: 3000,
  header: 150,
  blocks: 50,
  /** Text of all blocks together; undocumented, about 13.2k (slackapi/bolt-js#2509). */
  allBlocks: 12_000,
  /** Most replies for one list of details. */
  replies: 5,
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

/** Text for a `plain_text` element, which Slack does not parse: cleaned and cut. */
export function plainText(text: string, maxLength: number): string {
  return cleanText(text, maxLength) || '…';
}

function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text
    .slice(0, maxLength - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A link; the label can hold neither `|` nor `>`. What is no http or https address stays text. */
export function slackLink(address: string, label: string): string {
  const url = URL.parse(address);
  const shown = slackText(label, 200).replaceAll('|', '/');
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return shown;
  // URL.href has encoded < and >; | would end the address.
  return `<${url.href.replaceAll('&', '&amp;').replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')}|${shown}>`;
}

/** Escaped lines in as few texts of at most 3,000 characters as they need; after the fifth the rest is named, not sent. */
export function splitLines(text: string, most: number = limits.replies): string[] {
  const parts: string[] = [];
  let part = '';
  for (const line of text.split(/\r?\n/).map((one) => slackText(one, limits.section - 1))) {
    if (part.length + line.length + 1 > limits.section) {
      parts.push(part);
      part = line;
    } else part = part === '' ? line : `${part}\n${line}`;
  }
  if (part.trim() !== '') parts.push(part);
  if (parts.length <= most) return parts;
  return [...parts.slice(0, most - 1), '… the rest was left out; the job summary has all of it'];
}

/** The message as Slack takes it: blocks beyond its limits would lose everything, the text alone is then sent. */
export function fitMessage(message: SlackMessage): { text: string; blocks?: SlackBlock[] } {
  const { text, blocks } = message;
  const tooMuch = blocks.length === 0 || blocks.length > limits.blocks || textLength(blocks) > limits.allBlocks;
  return tooMuch ? { text } : { text, blocks };
}

function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + (name === 'text' && typeof inner === 'string' ? inner.length : textLength(inner)),
    0,
  );
}
