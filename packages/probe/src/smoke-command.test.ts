import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderJunit } from './junit.ts';
import { runSmokeCommand } from './smoke-command.ts';

test('what the command was given in confidence is neither in its lines nor in its JUnit, in any usual encoding', async () => {
  const bypassSecret = 'bYpass/"&+0123456789';
  const TEST_PASSWORD = 'correct-horse\nbattery-staple';
  const lines: string[] = [];
  const script = [
    'const s = process.env.VERCEL_AUTOMATION_BYPASS_SECRET',
    'const all = [s, encodeURIComponent(s), JSON.stringify(s), Buffer.from(s).toString("base64"), Buffer.from(s).toString("hex")]',
    'console.log(all.join("\\n"), process.env.TEST_PASSWORD, process.env.REGION)',
    'console.error(s)',
  ].join('; ');
  const done = await runSmokeCommand(
    {
      command: `node -e '${script}'`,
      environment: 'production',
      url: 'http://127.0.0.1:1',
      workingDirectory: tmpdir(),
      bypassSecret,
      variables: { TEST_PASSWORD, REGION: 'europe-west' },
      onLine: (line) => void lines.push(line),
    },
    20_000,
  );
  assert.equal(done.outcome, 'pass', JSON.stringify(done));
  const junit = renderJunit({ name: 'smoke', tests: [done], startedAt: 0, durationMs: 1 });
  for (const text of [lines.join('\n'), JSON.stringify(done), junit]) {
    const bytes = Buffer.from(bypassSecret);
    for (const form of ['Ypass', '0123456789', 'correct-horse', 'battery-staple', bytes.toString('hex').slice(0, 20)])
      assert.equal(text.includes(form), false, `${form} in ${text}`);
    assert.equal(text.includes(bytes.toString('base64').slice(0, 16)), false, text);
    assert.match(text, /europe-west/);
    assert.match(text, /\*\*\*/);
  }
});

test('what the command needs is prepared before it, in its own folder, without its secret', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'smoke-setup-'));
  try {
    const lines: string[] = [];
    const run = (commands: string, deadlineMs = 20_000) =>
      runSmokeCommand(
        {
          command: `cat ${directory}/prepared`,
          environment: 'production',
          url: 'http://127.0.0.1:1',
          workingDirectory: tmpdir(),
          setup: { commands, directory },
          bypassSecret: 'bypass-123456',
          variables: { TEST_PASSWORD: 'correct-horse' },
          onLine: (line) => void lines.push(line),
        },
        deadlineMs,
      );
    const failed = await run('echo registry is down\nfalse | true\ntouch prepared');
    assert.deepEqual(
      [failed.name, failed.outcome, failed.reasonCode],
      ['setup-commands', 'could-not-run', 'setup_failed'],
    );
    assert.match(failed.message, /^exit code 1, so the smoke command was not run$/);
    assert.match(failed.output ?? '', /registry is down/);
    const hangs = await run('sleep 30', 1000);
    assert.deepEqual([hangs.outcome, hangs.reasonCode], ['could-not-run', 'setup_failed']);
    assert.match(hangs.message, /^not finished within 1 s/);

    const secrets = '[$VERCEL_AUTOMATION_BYPASS_SECRET$TEST_PASSWORD$GITHUB_ENV$INPUT_COMMAND]';
    const done = await run(`pwd\necho "${secrets}" > prepared`);
    assert.equal(done.outcome, 'pass', JSON.stringify(done));
    assert.deepEqual(lines.slice(-2), [await realpath(directory), '[]']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
