import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composite, runnerFixture } from './local-runner-fixture.ts';

test('a step that ignores signals gets SIGTERM after 7.5 s and SIGKILL after 2.5 s more', {
  timeout: 60_000,
}, async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite('- { id: deaf, uses: $/n }'),
    'n/action.yml': 'runs: { using: node24, main: main.js }',
    'n/main.js': `const start = Date.now();
      for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => console.log(name, Date.now() - start));
      setInterval(() => {}, 1000); console.log('up')`,
  });
  const controller = new AbortController();
  const times = new Map<string, number>();
  let cancelledAt = 0;
  const report = await fixture.run('a', {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind !== 'line') return;
      times.set(event.text.split(' ')[0] ?? '', event.at - cancelledAt);
      if (event.text !== 'up') return;
      cancelledAt = Date.now();
      controller.abort();
    },
  });
  const terminatedAfter = times.get('SIGTERM') ?? 0;
  const endedAfter = (report.steps[0]?.endedAt ?? 0) - cancelledAt;
  assert.equal(report.conclusion, 'cancelled');
  assert.ok(terminatedAfter > 7_400 && terminatedAfter < 12_500, `SIGTERM after ${terminatedAfter} ms`);
  assert.ok(endedAfter - terminatedAfter > 2_000 && endedAfter < 15_000, `killed after ${endedAfter} ms`);
});
