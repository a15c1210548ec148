import { asRecord } from '../http/answer.ts';

/** Slack's documented limits, and the undocumented one of all blocks together. */
const mostBlocks = 50;
const mostTextOfBlocks = 13_200;
const longestText = { section: 3_000, field: 2_000, header: 150, button: 75 };
const mostElements = { context: 10, actions: 25, fields: 10 };
const longestId = 255;

/** Slack's error code for blocks that break a limit; undefined when they keep all of them. */
export function refuseBlocks(value: unknown): 'invalid_blocks' | 'msg_blocks_too_long' | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > mostBlocks) return 'invalid_blocks';
  if (!value.every(isBlock)) return 'invalid_blocks';
  const total = value.reduce((sum: number, block) => sum + textLength(block), 0);
  return total > mostTextOfBlocks ? 'msg_blocks_too_long' : undefined;
}

function isBlock(value: unknown): boolean {
  const block = asRecord(value);
  if (!block || typeof block.type !== 'string') return false;
  if (typeof block.block_id === 'string' && block.block_id.length > longestId) return false;
  switch (block.type) {
    case 'section': {
      const fields = block.fields ?? [];
      if (block.text === undefined && block.fields === undefined) return false;
      return (
        (block.text === undefined || isText(block.text, longestText.section)) &&
        Array.isArray(fields) &&
        fields.length <= mostElements.fields &&
        fields.every((field) => isText(field, longestText.field))
      );
    }
    case 'header':
      return isText(block.text, longestText.header) && asRecord(block.text)?.type === 'plain_text';
    case 'context':
      return isList(block.elements, mostElements.context, (element) => {
        const { type } = asRecord(element) ?? {};
        return type === 'image' || isText(element, longestText.section);
      });
    case 'actions':
      return isList(block.elements, mostElements.actions, (element) => {
        const item = asRecord(element);
        return item?.type !== 'button' || isText(item.text, longestText.button);
      });
    default:
      return true;
  }
}

function isText(value: unknown, longest: number): boolean {
  const text = asRecord(value);
  const known = text?.type === 'mrkdwn' || text?.type === 'plain_text';
  return known && typeof text?.text === 'string' && text.text.length > 0 && text.text.length <= longest;
}

function isList(value: unknown, most: number, passes: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= most && value.every(passes);
}

function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + textLength(one), 0);
  const record = asRecord(value);
  if (!record) return 0;
  return Object.entries(record).reduce(
    (sum, [name, inner]) => sum + (name === 'text' && typeof inner === 'string' ? inner.length : textLength(inner)),
    0,
  );
}
