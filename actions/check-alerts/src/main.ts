import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { onServerTime } from '#action-kit/server-time';
import { loadSettings } from '#action-kit/settings';
import { createGitHub, GitHubError } from '#github/client';
import { decideAlertNews, settleNews } from '#observe/alerts/decide-alert-news';
import { judgeAlert } from '#observe/alerts/judge-alert';
import { keepAlertRecord, readAlertRecord } from '#release/alert-record';
import { inputs } from './inputs.ts';
import { planCheck } from './plan-check.ts';
import { readFacts } from './read-facts.ts';
import { renderCheck } from './render-check.ts';
import { tellAlerts } from './tell-alerts.ts';

/** Judges the alerts of one environment once, tells what changed and keeps how they stand. It moves nothing. */
export async function main(started: Runner): Promise<Result> {
  const given = readInputs(started, inputs);
  const settings = await loadSettings(started, given);
  const runner = await onServerTime(started, given);
  const plan = planCheck(given, settings);
  for (const value of Object.values(plan.httpJson?.headers ?? {})) runner.mask(value);
  const { environment, production } = settings;
  const { context, logger, clock } = runner;
  for (const note of plan.notes) logger.warning(note);
  if (plan.alerts.length === 0) {
    const summary = `${environment}: ops.yml has no alert that can be judged`;
    return { decision: 'nothing-to-judge', reasonCode: 'no_alerts', summary, failed: false };
  }
  const { githubToken: token } = given;
  if (token === undefined || context.repository === '')
    throw new InputError([{ name: 'github-token', message: 'is needed: the ledger keeps what people were told' }]);
  const github = createGitHub(gitHubConnection(runner, token));
  let step = 'read';
  try {
    const before = await readAlertRecord(github, environment);
    const facts = await readFacts(runner, given, settings, plan, before);
    const findings = plan.alerts.map((alert) => judgeAlert(alert, facts));
    for (const { key, state, said } of findings) logger.info(`${key}: ${state}. ${said}`);
    const now = clock.now() / 1000;
    const remindSeconds = given.remindAfter / 1000;
    const { states, news } = decideAlertNews(before.alerts, findings, { now, remindSeconds });
    const { told, missed } = await tellAlerts(runner, given, settings, news, plan.alerts);
    for (const line of missed) logger.warning(line);
    const alerts = settleNews(states, told, now);
    step = 'kept';
    const { checks: { uptime } = before, openings = before.openings } = facts;
    await keepAlertRecord(github, before, { alerts, uptime, openings }, { environment, production, ref: context.sha });
    const untold = told.some(({ delivered }) => !delivered);
    const messages = told.filter(({ delivered }) => delivered).length;
    return renderCheck({ environment, findings, states: alerts, messages, missed, untold, notes: plan.notes });
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const after = step === 'kept' ? '; the next run may tell the same again' : '; nothing was judged';
    const summary = `how the alerts of ${environment} stand could not be ${step}: ${error.message}${after}`;
    return { decision: 'could-not-run', reasonCode: error.reasonCode, summary, failed: true };
  }
}
