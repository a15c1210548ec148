/** Reads `2%` or `0.02` as the share 0.02. A bare `2` is refused, for it could mean 2 % or 200 %. Throws an Error. */
export function parseRate(given: string | number): number {
  const text = String(given).trim();
  const match = /^(\d{1,3}(?:\.\d{1,9})?)\s*(%?)$/.exec(text);
  const number = Number(match?.[1]);
  const share = match?.[2] === '%' ? number / 100 : number;
  const ambiguous = match?.[2] !== '%' && number >= 1;
  if (!match || share > 1 || ambiguous) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    throw new Error(`"${shown}" is not a rate: write per cent, e.g. 2%, or a share below 1, e.g. 0.02`);
  }
  // 2.3 / 100 is 0.022999999999999996: twelve digits are enough for any share.
  return Number(share.toPrecision(12));
}

/** Writes the share 0.02 as `2%`. */
export function formatRate(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}
