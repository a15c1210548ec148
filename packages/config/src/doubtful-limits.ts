import { parseMetricRule } from './metric-rule.ts';
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

/**
 * Rules that take a release back at a limit below the one at which people are only told, one sentence each (ARB-13). `alerts` are
 * the texts of alerts outside a release. Pure.
 */
export function disorderedLimits(rules: readonly string[], alerts: readonly string[] = []): string[] {
  const all = rules.map((text) => parseRule(text));
  const acting = all.filter(({ level, action }) => level !== 'warning' && action !== 'notify');
  const telling = [
    ...all
      .filter((rule) => !acting.includes(rule))
      .map((rule) => ({ metric: rule.metric as string, limit: limitOf(rule), text: rule.text })),
    ...alerts.map((text) => ({ ...parseMetricRule(text), text })).filter(({ comparison }) => comparison === 'above'),
  ];
  return acting.flatMap((rule) => {
    const limit = limitOf(rule);
    const about = telling.filter((each) => each.metric === rule.metric && each.limit !== undefined);
    if (limit === undefined || about.some((each) => (each.limit ?? 0) <= limit)) return [];
    const [first] = about.toSorted((a, b) => (a.limit ?? 0) - (b.limit ?? 0));
    return first ? [`"${rule.text}" acts before "${first.text}" tells anybody: is that meant?`] : [];
  });
}

/** The absolute limit; undefined of a multiple, whose limit the baseline decides. */
function limitOf(rule: Rule): number | undefined {
  if (!('above' in rule)) return rule.comparison === 'above' ? rule.limit : undefined;
  if (rule.above.kind === 'baseline-multiple') return undefined;
  return rule.above.kind === 'share' ? rule.above.value : rule.above.ms;
}

function shareOf(rule: Rule): number | undefined {
  if (rule.metric !== 'error-rate') return undefined;
  return rule.above.kind === 'share' ? rule.above.value : rule.above.atLeast;
}
