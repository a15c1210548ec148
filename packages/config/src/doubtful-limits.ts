import { parseRule, type Rule } from './rules.ts';

/** One failure in a thousand requests: hardly anybody rolls back for less, but 0.02 is easily written as 0.02%. */
const strangelyLow = 0.001;
/** A share without a unit that would be plausible as per cent: 0.5 for 0.5%. */
const strangelyHigh = 0.2;

/** Rules whose limit is valid but looks like a mistaken unit, one sentence each. Pure. */
export function doubtfulLimits(rules: readonly string[]): string[] {
  return rules.flatMap((text) => {
    const share = shareOf(parseRule(text));
    if (share === undefined) return [];
    const percent = Number((share * 100).toPrecision(6));
    if (share < strangelyLow) {
      const meant = Number((share * 10_000).toPrecision(6));
      return [
        `"${text}" fails at one error in ${Math.round(1 / share)} requests; where ${meant}% is meant, write ${meant}%`,
      ];
    }
    return share >= strangelyHigh && !text.includes('%')
      ? [`"${text}" means ${percent}%: a bare number is a share; where ${share}% is meant, write ${share}%`]
      : [];
  });
}

function shareOf({ metric, above }: Rule): number | undefined {
  if (metric !== 'error-rate') return undefined;
  return above.kind === 'share' ? above.value : above.atLeast;
}
