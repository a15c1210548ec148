import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { EnvironmentSettings } from '#config/settings';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { noteInJournal } from '#observe/log-journal';
import { readAppUrls } from '#probe/app-checks';
import { formatFeatures } from '#probe/features-found';
import { renderJunit } from '#probe/junit';
import { notCriticalFailed } from '#probe/not-critical';
import { type FeatureState, runFeatures } from '#probe/run-features';
import { prepareCommands, runSmokeCommand } from '#probe/smoke-command';
import { runSmokeSuite, type SmokeReport } from '#probe/smoke-suite';
import { inputs } from './inputs.ts';
import { planFeatures } from './plan-features.ts';
import { planSecret } from './plan-secret.ts';
import { type Given, planSuite } from './plan-suite.ts';
import { renderSuite } from './render-suite.ts';

/** Runs the smoke checks in order, then the consumer's own command, and reports each. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { clock, signal, logger, context } = runner;
  const plan = await readPlan(given, settings, context.workspace);
  const { baseUrl } = plan;
  // An address from ops.yml gets no secret and may not be private: only the workflow file may say so (S11, S20).
  const ofApps = [...readAppUrls(given.appUrls).values()];
  const addresses = given.baseUrl === undefined ? [] : [given.baseUrl, ...ofApps];
  const listedHosts = new Set(addresses.map((address) => new URL(address).host));
  const bypassSecret = given.protectionBypassSecret;
  const secret = planSecret(listedHosts, new URL(baseUrl).host, given.secretHosts);
  if (bypassSecret) for (const line of secret.withheld) logger.warning(line);

  const { logs } = given;
  const others = new Set(ofApps.map((address) => new URL(address).host));
  const onSend = (url: URL): void => {
    // What goes to another project is not in the logs of this one.
    if (logs !== undefined && !others.has(url.host)) noteInJournal(logs, { path: url.pathname, at: clock.now() });
  };
  const shared = {
    context: { listedHosts, bypassSecret, secretHosts: secret.hosts, signal, clock, onSend },
    retries: given.retries,
    deadlineMs: given.deadline,
  };
  const setup =
    given.setupCommands === undefined
      ? undefined
      : { commands: given.setupCommands, directory: resolve(context.workspace, given.setupDirectory ?? '.') };
  const onLine = (line: string) => logger.info(cleanText(line, 1000));
  const runnable = (command: string | undefined, prepared: typeof setup) =>
    command === undefined
      ? undefined
      : (leftMs: number) =>
          notingTime(logs, clock, () =>
            runSmokeCommand(
              {
                command,
                environment: settings.environment,
                url: baseUrl,
                workingDirectory: resolve(context.workspace, given.workingDirectory ?? '.'),
                setup: prepared,
                bypassSecret: secret.command ? bypassSecret : undefined,
                variables: named(runner, given.commandVariables ?? []),
                signal,
                onLine,
              },
              leftMs,
            ),
          );
  const report: SmokeReport & { features?: FeatureState[] } =
    'features' in plan
      ? await runFeatures(
          plan.features.map((feature) => ({ ...feature, command: runnable(feature.command, undefined) })),
          shared,
          { prepare: (leftMs) => prepareCommands({ setup, signal, onLine }, leftMs), log: logger.info },
        )
      : await runSmokeSuite({
          ...shared,
          checks: plan.checks,
          command: runnable(plan.command, setup),
          log: logger.info,
        });

  if (given.junit) {
    const file = resolve(context.workspace, given.junit);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, renderJunit({ name: `smoke ${settings.environment}`.trim(), ...report }));
  }
  const { decision, reasonCode, summary, tests } = report;
  const count = (outcome: string): string => String(tests.filter((test) => test.outcome === outcome).length);
  return {
    decision,
    reasonCode,
    summary,
    failed: decision === 'fail' || decision === 'could-not-run',
    warning: decision === 'flaky' || reasonCode === notCriticalFailed,
    details: { baseUrl, tests, durationMs: report.durationMs },
    outputs: {
      passed: count('pass'),
      failed: count('fail'),
      flaky: count('flaky'),
      features: report.features === undefined ? '' : formatFeatures(report.features),
    },
    jobSummary: renderSuite(report, baseUrl),
  };
}

/** Critical features, or a suite, as inputs, ops.yml and a suite file say it. @throws InputError. */
async function readPlan(given: Given, settings: EnvironmentSettings, workspace: string) {
  if (given.tests === 'features') return planFeatures(given, settings);
  const { suite } = given;
  const text = suite && (await readFile(resolve(workspace, suite), 'utf8').catch(() => undefined));
  return await planSuite(given, settings, text);
}

/** What a command of the consumer's sends cannot be told from its users' requests: its time is noted as a whole. */
async function notingTime<T>(logs: string | undefined, clock: Clock, run: () => Promise<T>): Promise<T> {
  const from = clock.now();
  return await run().finally(() => {
    if (logs !== undefined) noteInJournal(logs, { from, until: clock.now() });
  });
}

/** The variables of the job that the workflow names for the command; none of them is handed over otherwise (S13). */
function named(runner: Runner, names: readonly string[]): Record<string, string> {
  const values = names.map((name) => [name, runner.environment(name)] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
