import { withoutControls } from '#http/text';

/**
 * Later steps get a result as a variable of their environment, and Linux starts no process with one of 128 KiB or more
 * (MAX_ARG_STRLEN, execve(2)): too long a result would keep the step from running that closes the release.
 */
const longestResult = 100_000;

/** From what nothing of ours reaches to what always fits; a list keeps its newest entries, which stand last. */
const bounds = [
  { text: 8000, list: Number.POSITIVE_INFINITY },
  { text: 2000, list: 500 },
  { text: 500, list: 100 },
  { text: 100, list: 20 },
] as const;

/** JSON whose texts have no control or direction characters and at most 8,000 characters; beyond 100,000 bytes in all, shorter texts and lists. */
export function boundedJson(value: object): string {
  let json = '';
  for (const { text, list } of bounds) {
    json = JSON.stringify(value, (_name, part: unknown) => {
      if (typeof part === 'string') return cut(withoutControls(part), text);
      return Array.isArray(part) && part.length > list ? part.slice(-list) : part;
    });
    if (Buffer.byteLength(json) <= longestResult) return json;
  }
  return json;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
}
