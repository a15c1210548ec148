import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { cleanText } from '#http/text';
import { renderJunit } from '#probe/junit';
import { runSmokeCommand } from '#probe/smoke-command';
import { runSmokeSuite } from '#probe/smoke-suite';
import { inputs } from './inputs.ts';
import { planSuite } from './plan-suite.ts';
import { renderSuite } from './render-suite.ts';

/** Runs the smoke checks in order, then the consumer's own command, and reports each. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { clock, signal, logger, context } = runner;
  const { suite } = given;
  const suiteText = suite && (await readFile(resolve(context.workspace, suite), 'utf8').catch(() => undefined));
  const plan = await planSuite(given, settings, suiteText);
  const { baseUrl, command } = plan;
  // An address from ops.yml gets no secret and may not be private: only the workflow file may say so (S11, S20).
  const listedHosts = new Set(given.baseUrl === undefined ? [] : [new URL(given.baseUrl).host]);
  const bypassSecret = listedHosts.size > 0 ? given.protectionBypassSecret : undefined;
  if (given.protectionBypassSecret && !bypassSecret) {
    logger.warning('The bypass secret is not sent: name the tested address in base-url.');
  }

  const report = await runSmokeSuite({
    checks: plan.checks,
    context: { listedHosts, bypassSecret, signal, clock },
    retries: given.retries,
    deadlineMs: given.deadline,
    command:
      command === undefined
        ? undefined
        : (leftMs) =>
            runSmokeCommand(
              {
                command,
                environment: settings.environment,
                url: baseUrl,
                workingDirectory: resolve(context.workspace, given.workingDirectory ?? '.'),
                bypassSecret,
                variables: named(runner, given.commandVariables ?? []),
                signal,
                onLine: (line) => logger.info(cleanText(line, 1000)),
              },
              leftMs,
            ),
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
    warning: decision === 'flaky',
    details: { baseUrl, tests, durationMs: report.durationMs },
    outputs: { passed: count('pass'), failed: count('fail'), flaky: count('flaky') },
    jobSummary: renderSuite(report, baseUrl),
  };
}

/** The variables of the job that the workflow names for the command; none of them is handed over otherwise (S13). */
function named(runner: Runner, names: readonly string[]): Record<string, string> {
  const values = names.map((name) => [name, runner.environment(name)] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
