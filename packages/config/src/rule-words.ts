import { parseDuration } from './parse-duration.ts';

/** What a broken rule does, from mild to strong; the mode of the environment is the ceiling. */
export const ruleActions = ['notify', 'approve', 'auto'] as const;
export type RuleAction = (typeof ruleActions)[number];

const fromMild = ['observe', ...ruleActions] as const;

/** What happens of what the mode of the environment allows and what one rule says: the milder one. Pure. */
export function milderAction(mode: (typeof fromMild)[number], said: RuleAction): (typeof fromMild)[number] {
  return fromMild.indexOf(said) < fromMild.indexOf(mode) ? said : mode;
}

/** What every rule may say beside its metric and its limit. */
export interface RuleWords {
  /** Milliseconds after promotion during which the rule holds; absent: the whole window. */
  withinMs?: number;
  /** True where the rule speaks of the newest intervals instead of everything since the promotion. */
  immediately: boolean;
  /** `warning`: its breach is told and never part of the verdict. Absent: critical. */
  level?: 'warning';
  /** What its breach does at most. Absent: what the mode says. */
  action?: RuleAction;
  /** The rule as written, with single spaces: what messages quote. */
  text: string;
}

const known = ['immediately', 'warning', 'critical', ...ruleActions] as const;

/**
 * Takes the words behind the colon off a rule: `error-rate above 1%: warning`, `error-rate above 10%: immediately, notify`.
 * Throws an Error that names the word that is wrong.
 */
export function takeWords(text: string, shown: string): { head: string; words: Omit<RuleWords, 'withinMs' | 'text'> } {
  const part = /^(?<head>[^:]*?)(?:: (?<tail>[^:]*)| (?<bare>immediately))?$/.exec(text)?.groups;
  const { head = text, tail = part?.bare ?? '' } = part ?? {};
  const given = tail.split(/[,\s]+/).filter((word) => word !== '');
  const unknown = given.find((word) => !(known as readonly string[]).includes(word));
  if (unknown !== undefined)
    throw new Error(`"${shown}": ${unknown.slice(0, 40)} says nothing behind a rule; known: ${known.join(', ')}`);
  const actions = ruleActions.filter((action) => given.includes(action));
  const warning = given.includes('warning');
  if (actions.length > 1) throw new Error(`"${shown}": choose one of ${actions.join(', ')}`);
  if (warning && (actions.length > 0 || given.includes('critical')))
    throw new Error(`"${shown}": a warning is told and does nothing else; leave out one of both words`);
  const [action] = actions;
  return {
    head: head.trim(),
    words: {
      immediately: given.includes('immediately'),
      ...(warning && { level: 'warning' as const }),
      ...(action && { action }),
    },
  };
}

/** The time behind `within`. Throws an Error that names the rule. */
export function positiveDuration(text: string, shown: string): number {
  const value = parsePart(() => parseDuration(text), shown);
  if (value <= 0) throw new Error(`"${shown}": the time after "within" must be longer than nothing`);
  return value;
}

/** Runs a parser of one part and names the rule where it throws. */
export function parsePart<T>(parse: () => T, shown: string): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`"${shown}": ${error instanceof Error ? error.message : String(error)}`);
  }
}
