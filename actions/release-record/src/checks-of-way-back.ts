import type { StepOutcome } from '#release/decide-rollback-needed';
import type { Given } from './services.ts';

type Checks = Pick<
  Given,
  'healthOutcome' | 'healthDecision' | 'healthSummary' | 'smokeOutcome' | 'smokeDecision' | 'smokeSummary'
>;

/**
 * What health gate and smoke tests say about the deployment that was restored. A check that could not run, for want of what
 * `setup-commands` install, says neither that it is sick nor that it is well. Pure.
 */
export function checksOfWayBack(given: Checks): {
  /** What the checks found, where one of them failed. */
  sick: string | undefined;
  /** Why nothing is proven, where none failed and one could not run. */
  unverified: string | undefined;
  health: StepOutcome;
  smoke: StepOutcome;
} {
  const all = [
    { outcome: given.healthOutcome, decision: given.healthDecision, summary: given.healthSummary },
    { outcome: given.smokeOutcome, decision: given.smokeDecision, summary: given.smokeSummary },
  ].map(({ outcome = '', decision, summary = '' }) => {
    const ran = decision !== 'could-not-run';
    return { ran, red: outcome === 'failure', summary, outcome: (ran ? outcome : '') as StepOutcome };
  });
  const failed = all.filter(({ red, ran }) => red && ran);
  const blind = all.filter(({ red, ran }) => red && !ran);
  const said = (some: typeof all) => some.map(({ summary }) => summary).join(' ');
  return {
    sick: failed.length > 0 ? said(failed) : undefined,
    unverified: failed.length === 0 && blind.length > 0 ? said(blind) : undefined,
    health: all[0]?.outcome ?? '',
    smoke: all[1]?.outcome ?? '',
  };
}

/** The same words of a check of the rollback that a release called. Pure. */
export function outcomeOfCheck(decision: string | undefined): StepOutcome {
  if (decision === 'pass' || decision === 'flaky') return 'success';
  return decision === 'fail' ? 'failure' : '';
}
