import type { ReleaseNews } from '#notify/render-release';
import { notCriticalFailed } from '#probe/not-critical';
import type { OutcomeFacts, StepFacts } from '#release/decide-release-outcome';
import type { StepOutcome } from '#release/decide-rollback-needed';
import type { ReleaseMode } from '#release/release-handle';
import { outcomeOfCheck } from './checks-of-way-back.ts';
import type { Given } from './services.ts';

/** What the steps of deploy left behind, from the inputs. Pure. */
export function readSteps(given: Given, mode: ReleaseMode): OutcomeFacts {
  const step = (outcome?: string, decision?: string, reason?: string, summary?: string): StepFacts => ({
    outcome: (outcome ?? '') as StepOutcome,
    decision: decision ?? '',
    reason: reason ?? '',
    summary: summary ?? '',
  });
  return {
    mode,
    jobStatus: given.jobStatus ?? '',
    stopAfter: given.stopAfter ?? '',
    preflight: step(given.preflightOutcome, given.preflightDecision, given.preflightReason, given.preflightSummary),
    migrate: step(given.migrateOutcome, given.migrateDecision, given.migrateReason, given.migrateSummary),
    deploy: step(given.deployOutcome, given.deployDecision, given.deployReason, given.deploySummary),
    functions: step(
      ['', 'skipped', undefined].includes(given.functionsOutcome)
        ? given.functionsAfterOutcome
        : given.functionsOutcome,
      given.functionsDecision,
      given.functionsReason,
      given.functionsSummary,
    ),
    backend: step(given.backendOutcome, given.backendDecision, given.backendReason, given.backendSummary),
    stagedHealth: step(given.stagedHealthOutcome, '', given.stagedHealthReason, given.stagedHealthSummary),
    stagedSmoke: step(given.stagedSmokeOutcome, '', given.stagedSmokeReason, given.stagedSmokeSummary),
    promote: step(given.promoteOutcome, given.promoteDecision, given.promoteReason, given.promoteSummary),
    health: step(given.healthOutcome, '', given.healthReason, given.healthSummary),
    smoke: step(given.smokeOutcome, '', given.smokeReason, given.smokeSummary),
    watch: step(given.watchOutcome, given.watchDecision, given.watchReason, given.watchSummary),
    contract: step(given.contractOutcome, given.contractDecision, given.contractReason, given.contractSummary),
    rollback: step(given.rollbackOutcome, given.rollbackDecision, given.rollbackReason, given.rollbackSummary),
    backendBack: given.rollbackBackend ?? '',
    databaseBack: step(given.databaseOutcome, given.databaseDecision, given.databaseReason, given.databaseSummary),
    restored: { health: outcomeOfCheck(given.restoredHealth), smoke: outcomeOfCheck(given.restoredSmoke) },
    unverifiedBack: given.rollbackUnverified ?? '',
  };
}

/** The steps as people follow them in the message and the summary. Pure. */
export function toPhases(steps: OutcomeFacts): ReleaseNews['phases'] {
  const rows: [string, StepFacts][] = [
    ['Preflight', steps.preflight],
    ['Migrate', steps.migrate],
    ['Deploy', steps.deploy],
    ['Test staged', worse(steps.stagedHealth, steps.stagedSmoke)],
    ['Promote', steps.promote],
    ['Test production', worse(steps.health, steps.smoke)],
    ['Watch', steps.watch],
  ];
  const { backend, functions, contract, rollback, databaseBack } = steps;
  // As the functions below.
  if (backend !== undefined && backend.decision !== '') rows.splice(3, 0, ['Backend', backend]);
  // A release without functions has no such line.
  if (functions !== undefined && functions.decision !== '') rows.splice(3, 0, ['Edge functions', functions]);
  if (contract !== undefined && contract.decision !== '') rows.push(['Contract', contract]);
  if (rollback.decision !== '' && rollback.decision !== 'not-needed') rows.push(['Roll back', rollback]);
  if (databaseBack !== undefined && !['', 'skipped'].includes(databaseBack.outcome))
    rows.push(['Take migrations back', databaseBack]);
  // A run that goes on with a watch did not do what came before: its message says nothing about that.
  const told = steps.preflight.outcome === '' ? rows.filter(([, step]) => step.outcome !== '') : rows;
  return told.map(([name, step]) => ({
    name,
    state: stateOf(step),
    ...(step.summary === '' ? {} : { detail: step.summary }),
  }));
}

function worse(first: StepFacts, second: StepFacts): StepFacts {
  if (second.outcome === 'failure' || first.outcome === '') return second;
  return first.outcome !== 'failure' && second.reason === notCriticalFailed ? second : first;
}

/** What checks said that decide nothing: people are told of it in the message itself. Pure. */
export function alertsOf({ stagedHealth, stagedSmoke, health, smoke }: OutcomeFacts): string | undefined {
  const told = [health, smoke, stagedHealth, stagedSmoke].filter(({ reason }) => reason === notCriticalFailed);
  return told[0]?.summary;
}

function stateOf({ outcome }: StepFacts): ReleaseNews['phases'][number]['state'] {
  if (outcome === 'success') return 'done';
  return outcome === 'failure' || outcome === 'cancelled' ? 'failed' : 'skipped';
}
