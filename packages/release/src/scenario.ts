import type { ScenarioStep } from '#config/settings';
import { commandOn } from './command-line.ts';
import type { ChecklistItem } from './rollback-checklist.ts';

/** What is done about one kind of failure, in this order (ARB-08). */
export interface Scenario {
  name: string;
  steps: readonly ScenarioStep[];
}

/** Of the runbooks; a rule under `rollback.rules` with the same name replaces it. */
const usual: readonly Scenario[] = [
  { name: 'high-error-rate', steps: ['rollback'] },
  // What no check sees and a person knows (ARB-06).
  { name: 'critical-feature-broken', steps: ['rollback'] },
  { name: 'database-corruption', steps: ['rollback', 'restore-backup'] },
  { name: 'security-vulnerability', steps: ['rollback', 'patch', 'redeploy'] },
  { name: 'data-loss', steps: ['restore-backup', 'investigate'] },
];

/** The scenarios that a person can dispatch, those of the configuration first. Pure. */
export function scenariosOf(rules: readonly { when: string; do: readonly ScenarioStep[] }[] = []): Scenario[] {
  const own = rules.map((rule) => ({ name: rule.when, steps: rule.do }));
  return [...own, ...usual.filter(({ name }) => !own.some((one) => one.name === name))];
}

/** True where the app of this environment goes back as a step of it; a step for staging never moves production. Pure. */
export function movesTheApp({ steps }: Scenario, { production }: { production: boolean }): boolean {
  return steps.some((step) => isDoneHere(step, production));
}

function isDoneHere(step: ScenarioStep, production: boolean): boolean {
  return step === 'rollback' || (step === 'rollback-staging' && !production);
}

/** `rollback, then restore-backup`, the text of the fact and of the reason. Pure. */
export function describeScenario({ name, steps }: Scenario): string {
  return `${name}: ${steps.join(', then ')}`;
}

/**
 * The steps in their order for people: the run ticks what it did itself, everything else is left to a person with the way to do it.
 * Nothing is ever restored by it: `restore` asks for its own confirmation. Pure.
 */
export function scenarioChecklist(
  { name, steps }: Scenario,
  facts: { environment: string; production: boolean; back: 'done' | 'failed' | 'open'; at: number },
): ChecklistItem[] {
  const { back, production } = facts;
  const here = { done: 'by this run', failed: 'tried by this run', open: 'not begun' }[back];
  const notes: Record<ScenarioStep, string> = {
    rollback: here,
    'rollback-staging': production ? 'a person: the same scenario, dispatched for staging' : here,
    'restore-backup':
      'a person: the action restore, into a new database first; into the live one it asks for the name of the database in confirm. This run restores nothing',
    patch: 'a person: the fix on a commit of its own',
    redeploy: `a person: ${commandOn(facts, 'unlock')}, then release the fix`,
    'fix-forward': 'a person: a newer release that mends it',
    investigate: 'a person: write down here what was found',
    stop: 'a person: no further release until this is closed',
  };
  return steps.map((step, index) => ({
    name: `${name}, step ${index + 1}: ${step}`,
    state: isDoneHere(step, production) ? back : ('open' as const),
    note: notes[step],
    at: facts.at,
  }));
}
