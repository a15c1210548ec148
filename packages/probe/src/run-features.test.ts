import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import type { SmokeTest } from './decide-smoke.ts';
import { formatFeatures, parseFeatures } from './features-found.ts';
import { runFeatures } from './run-features.ts';
import { prepareCommands, runSmokeCommand } from './smoke-command.ts';

const suite = { context: { listedHosts: new Set<string>(), clock: systemClock }, retries: 0, deadlineMs: 8000 };
const ended = (exitCode: number): SmokeTest => {
  const outcome = exitCode === 0 ? 'pass' : 'fail';
  const message = `exit code ${exitCode}`;
  return { name: 'make try', outcome, reasonCode: `exit_${exitCode}`, message, durationMs: 1, attempts: [] };
};
const feature = (name: string, exitCode: number) => ({ name, checks: [], command: async () => ended(exitCode) });

test('every feature is told by its name, whatever came of those before it (PDW-05)', async () => {
  const lines: string[] = [];
  const report = await runFeatures([feature('login', 0), feature('publishing', 7), feature('import', 0)], suite, {
    log: (line) => void lines.push(line),
  });
  assert.deepEqual(
    report.features.map(({ name, decision }) => [name, decision]),
    [
      ['login', 'pass'],
      ['publishing', 'fail'],
      ['import', 'pass'],
    ],
  );
  assert.equal(report.decision, 'fail');
  assert.equal(report.summary, 'Critical features: failed: publishing (make try: exit code 7)');
  assert.deepEqual(
    report.tests.map(({ name }) => name),
    ['login: make try', 'publishing: make try', 'import: make try'],
  );
  assert.equal(lines.length, 3);
  assert.deepEqual(parseFeatures(formatFeatures(report.features)).publishing, {
    decision: 'fail',
    summary: 'make try: exit code 7',
  });
  assert.deepEqual(parseFeatures(undefined), {});
});

test('what the commands need is prepared once; where that fails none of them could run', async () => {
  let prepared = 0;
  const run = async (commands: string) =>
    await runFeatures([feature('login', 0), feature('publishing', 0)], suite, {
      prepare: (leftMs) => {
        prepared += 1;
        return prepareCommands({ setup: { commands, directory: '.' } }, leftMs);
      },
    });
  const good = await run('true');
  assert.deepEqual([good.decision, prepared], ['pass', 1]);
  assert.equal(good.summary, '2 critical features work: login, publishing');
  const bad = await run('exit 3');
  assert.equal(bad.decision, 'could-not-run');
  assert.match(bad.summary, /could not run: login \(setup-commands: exit code 3.*publishing \(setup-commands/);
});

test('a feature that hangs takes no time from the others', async () => {
  const hanging = (name: string, script: string) => ({
    name,
    checks: [],
    command: (leftMs: number) =>
      runSmokeCommand({ command: script, environment: '', url: 'http://a.example', workingDirectory: '.' }, leftMs),
  });
  const report = await runFeatures(
    [hanging('login', 'sleep 30'), hanging('publishing', 'true')],
    { ...suite, deadlineMs: 1000 },
    {},
  );
  assert.deepEqual(
    report.features.map(({ decision }) => decision),
    ['fail', 'pass'],
  );
  assert.ok(report.durationMs < 5000);
});

test('no feature at all never passes', async () => {
  assert.equal((await runFeatures([], suite, {})).decision, 'could-not-run');
});
