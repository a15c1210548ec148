import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { settleEnvironment } from '#release/finish-release';
import { renderLastLine } from '#release/last-line';
import { databaseAlone } from './database-alone.ts';
import { readDatabase } from './read-database.ts';
import { readRollback } from './read-rollback.ts';
import { type Given, githubOf, projectOf } from './services.ts';
import { settingsOf, withoutRelease } from './without-release.ts';

/** The end of a rollback by hand that moved nothing: a plan or "already there" as it was said, a red one with what serves now. */
export async function nothingMoved(runner: Runner, given: Given): Promise<Result> {
  const { rollbackDecision = '', rollbackReason = '', rollbackSummary = '' } = given;
  const reasonCode = rollbackReason === '' ? 'not_started' : rollbackReason;
  const database = readDatabase(given);
  if (database !== undefined) return await databaseAlone(runner, given, database);
  const what = rollbackSummary === '' ? 'the rollback did not start; nothing was changed' : rollbackSummary;
  if (
    ['planned', 'already-current', 'functions-restored'].includes(rollbackDecision) &&
    given.rollbackOutcome !== 'failure'
  ) {
    return { decision: rollbackDecision, reasonCode, summary: what, failed: false };
  }
  const settings = await settingsOf(runner, given);
  const { environment } = settings;
  const project = await projectOf(runner, given, settings);
  const handle = withoutRelease(runner, settings, '');
  const { serving, servesNothing, warnings } = await settleEnvironment(
    { github: githubOf(runner, given), project },
    handle,
    { moved: false, names: [] },
  );
  // Mistakes in the inputs are found before anything is touched, like every other refusal.
  const decision =
    rollbackDecision === '' || rollbackDecision === 'refused' || reasonCode === 'bad_input' ? 'refused' : 'failed';
  for (const warning of warnings) runner.logger.warning(warning);
  const summary = renderLastLine({
    decision,
    reasonCode,
    what,
    environment,
    production: settings.production,
    version: 'The rollback',
    serving,
    servesNothing,
    // Lifting a lock is not what mends a refused rollback.
    locked: false,
    now: runner.clock.now(),
  });
  const { scenario: checklist } = readRollback(given.rollbackResult);
  const steps = checklist === undefined ? {} : { checklist };
  return { decision, reasonCode, summary, failed: true, details: { serving: serving ?? null, warnings, ...steps } };
}
