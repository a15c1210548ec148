import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
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
