import { vercelConnection } from '#action-kit/connections';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { noteInJournal } from '#observe/log-journal';
import { readAppUrls } from '#probe/app-checks';
import { runHealthGate } from '#probe/health-gate';
import { notCriticalFailed } from '#probe/not-critical';
import { hostsOfSecret } from '#probe/secret-hosts';
import { vercelQuestions } from './ask-vercel.ts';
import { inputs } from './inputs.ts';
import { planGate } from './plan-gate.ts';
import { historyOf, renderGate, STANDARD_CHECK } from './render-gate.ts';

/** Repeats health checks until they pass N times in a row, and asserts which deployment or commit serves. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { clock, signal, logger } = runner;
  const plan = planGate(given, settings);
  const connection = vercelConnection(runner, given, settings);
  const vercel = connection && vercelQuestions(connection, settings.apps);

  const { baseUrl, listedHosts } = plan;
  const host = baseUrl === undefined ? '' : new URL(baseUrl).host;
  const bypassSecret = given.protectionBypassSecret;
  const secretHosts = bypassSecret ? await hostsOfSecret(listedHosts, host, vercel, logger.warning) : undefined;
  const expected = { deploymentId: given.expectDeployment, commit: given.expectCommit };
  const { logs } = given;
  const others = new Set([...readAppUrls(given.appUrls).values()].map((address) => new URL(address).host));
  const onSend = (url: URL): void => {
    // What goes to another project is not in the logs of this one.
    if (logs !== undefined && !others.has(url.host)) noteInJournal(logs, { path: url.pathname, at: clock.now() });
  };
  const asksVercel = given.expectDeployment !== undefined || given.commitPath === undefined;
  const report = await runHealthGate({
    ...plan,
    context: {
      listedHosts: new Set([...listedHosts, ...(secretHosts ?? [])]),
      bypassSecret,
      secretHosts,
      signal,
      clock,
      onSend,
    },
    serving:
      given.expectDeployment || given.expectCommit
        ? {
            expected,
            host,
            read: asksVercel && vercel ? (signal) => vercel.serving(host, signal) : undefined,
            commitPath: given.commitPath,
          }
        : undefined,
    log: logger.info,
  });

  const checks = historyOf(report);
  const { decision, reasonCode, durationMs } = report;
  return {
    decision,
    reasonCode,
    summary: plan.standardCheck ? `${report.summary}. ${STANDARD_CHECK.replaceAll('`', '')}` : report.summary,
    failed: decision !== 'pass',
    warning: reasonCode === notCriticalFailed,
    details: { checks, rounds: report.rounds.length, durationMs, standardCheck: plan.standardCheck },
    outputs: { checks: JSON.stringify(checks), 'secret-hosts': [...(secretHosts ?? [])].join('\n') },
    jobSummary: renderGate(report, host, plan.standardCheck),
  };
}
