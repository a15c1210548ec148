const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Longest duration that a timer of Node can hold is 24.8 days; a lock or a retention may be longer, ten years is a typing error. */
const longest = 10 * 365 * milliseconds.d;

/** Reads `15m`, `90s`, `250ms`, `1h`, `7d` or `2w` as milliseconds. Throws an Error that says what is allowed. */
export function parseDuration(text: string): number {
  const match = /^\s*(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|h|d|w)\s*$/.exec(text);
  if (!match) {
    throw new Error(
      `"${shorten(text)}" is not a duration: write a number and a unit (ms, s, m, h, d, w), e.g. 90s or 15m`,
    );
  }
  const value = Math.round(Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds]);
  if (value > longest) throw new Error(`"${shorten(text)}" is longer than ten years`);
  return value;
}

/** Writes milliseconds the way people write them: `90s`, `15m`, `1h`; what fits no whole unit stays in `ms`. */
export function formatDuration(value: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (value >= milliseconds[unit] && value % milliseconds[unit] === 0) return `${value / milliseconds[unit]}${unit}`;
  }
  return `${value}ms`;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
