import { InputError, type InputValues } from '#action-kit/inputs';
import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { openLedger } from '#release/ledger';
import type { RollBackOutcome } from '#release/roll-back';
import { describeScenario, type Scenario, scenarioChecklist, scenariosOf } from '#release/scenario';
import type { inputs } from './inputs.ts';

type Place = Pick<EnvironmentSettings, 'environment' | 'production'>;

/** The scenario that was named (ARB-08). @throws InputError where there is none of that name. */
export function chosenScenario(
  { scenario: name }: Pick<InputValues<typeof inputs>, 'scenario'>,
  { release }: Pick<EnvironmentSettings, 'release'>,
): Scenario | undefined {
  if (name === undefined) return undefined;
  const all = scenariosOf(release.scenarios);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const allowed = all.map((one) => one.name).join(', ');
  throw new InputError([{ name: 'scenario', given: name, message: 'is no scenario of this environment', allowed }]);
}

/** The app stays as it is: the run is red, has the steps in their order and leaves all of them to people. Pure. */
export function withoutTheApp(
  { clock }: Pick<Runner, 'clock'>,
  settings: Place,
  scenario: Scenario,
  dryRun: boolean,
): Result {
  const result: Result = {
    decision: dryRun ? 'planned' : 'refused',
    reasonCode: 'scenario_leaves_the_app',
    summary: `${describeScenario(scenario)}. The app is no part of it and was not moved; a person does this now, in this order.`,
    failed: !dryRun,
  };
  return withScenario(result, scenario, { ...settings, back: 'open', at: clock.now() });
}

/** Result and summary with the steps of the scenario in their order. Pure. */
export function withScenario(
  result: Result,
  scenario: Scenario | undefined,
  facts: Place & { back: 'done' | 'failed' | 'open'; at: number },
): Result {
  if (scenario === undefined) return result;
  const { environment, production, back, at } = facts;
  const steps = scenarioChecklist(scenario, { environment, production, back, at });
  const lines = steps.map(({ name, state, note }) => {
    return `- [${state === 'done' ? 'x' : ' '}] ${escapeMarkdown(name)}: ${escapeMarkdown(note)}`;
  });
  return {
    ...result,
    details: { ...result.details, scenario: { name: scenario.name, steps: scenario.steps, checklist: steps } },
    jobSummary: [result.jobSummary, `### Scenario ${escapeMarkdown(scenario.name)}`, lines.join('\n')]
      .filter(Boolean)
      .join('\n\n'),
  };
}

/** The lock is the record of a rollback by hand: which scenario it is a step of stands there, too. Never throws. */
export async function recordScenario(
  { logger }: Pick<Runner, 'logger'>,
  github: GitHub,
  { name, steps }: Scenario,
  { lockId }: Pick<RollBackOutcome, 'lockId'>,
): Promise<void> {
  if (lockId === undefined) return;
  const word = name.replaceAll(/\s+/g, '-');
  await openLedger(github, { ledgerId: lockId })
    .record('scenario', 'intent', word, steps.join(', '))
    .catch((error: Error) => logger.warning(`The scenario was not recorded: ${cleanText(error.message, 300)}`));
}
