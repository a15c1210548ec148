import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { startUsers } from './people.ts';
import { fastOps, opsFile, releaseFixture, shortWatch, sickInPublic } from './release-fixture.ts';
import { bad, good, watch } from './suffering-users.ts';

const release = { strategy: 'blue-green', 'keep-previous': '1s' };

/** Answers like a Prometheus: 5.2 s at the 95th percentile while green serves, else 0.2 s; nothing ever fails. */
async function slowPrometheus() {
  const slow = { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://local');
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(searchParams.get(name)));
    const times: number[] = [];
    for (let at = start as number; at <= (end as number) + 1e-6; at += step as number) times.push(at);
    const series = (part: string, value: (at: number) => number) => ({
      metric: { ops_actions_part: part },
      values: times.map((at) => [at, String(value(at))]),
    });
    const result = [
      series('requests', () => 300),
      series('errors', () => 0),
      series('p95', (at) => (at > slow.from && at <= slow.until ? 5.2 : 0.2)),
    ];
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mark(edge: keyof typeof slow) {
      slow[edge] = Math.min(slow[edge], Date.now() / 1000);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the validation of green', { concurrency: 2 }, () => {
  test('returns to blue for its error rate', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch }, files: { 'api/ping.js': good } });
    const blue = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const users = startUsers(`${fixture.address}/api/ping`, 30);
    const files = { 'api/ping.js': bad, '.github/ops.yml': opsFile({ release, watch }) };
    const ended = await fixture.release({ version: 'v1.1.0', files });
    await users.stop();
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'breach',
      conclusion: 'failure',
      says: /Error rate \d.* of \d+ requests.*"error-rate above 5% within 4s"/,
      serves: blue,
    });
    assert.equal(fixture.accepted('rollback'), 1);
  });

  test('returns to blue for its response times', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    await using prometheus = await slowPrometheus();
    const blue = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const query = (name: string) => `sum(increase(${name}[{interval}]))`;
    const ops = {
      release,
      watch: { source: 'prometheus', window: '12s', interval: '1s', rules: ['p95 above 5s within 15m'] },
      observe: {
        prometheus: {
          url: prometheus.url,
          requests: query('requests'),
          errors: query('errors'),
          p95: 'max(p95)',
          'scrape-interval': '500ms',
        },
      },
    };
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { '.github/ops.yml': opsFile(ops) },
      onEvent(event) {
        const step = event.kind === 'step-started' ? event.path.join('/') : '';
        if (step === 'deploy/watch') prometheus.mark('from');
        if (step === 'deploy/restored') prometheus.mark('until');
      },
    });
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'breach',
      conclusion: 'failure',
      says: /P95 5200 ms.*"p95 above 5s within 15m"/,
      serves: blue,
    });
    assert.equal(fixture.accepted('rollback'), 1);
  });

  for (const critical of [true, false]) {
    test(`${critical ? 'returns to blue for' : 'only tells of'} a broken flow that is ${critical ? '' : 'not '}critical`, async () => {
      const ops = {
        release,
        watch: shortWatch,
        health: { ...fastOps.health, checks: [{ path: '/' }] },
        smoke: {
          checks: [
            { name: 'home', path: '/' },
            { name: 'login', path: '/api/health', critical },
          ],
        },
      };
      await using fixture = await releaseFixture({ ops });
      const blue = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
      const green = await fixture.release({ version: 'v1.1.0', files: { 'api/health.js': sickInPublic } });
      if (critical) {
        expectEnd(fixture, green, {
          decision: 'rolled-back',
          reason: 'smoke_failed',
          conclusion: 'failure',
          says: /the smoke tests failed after the promotion/,
          serves: blue,
        });
        assert.equal(fixture.accepted('rollback'), 1);
        return;
      }
      assert.deepEqual([green.decision, green.conclusion], ['released', 'success'], green.lastLine);
      assert.equal(fixture.accepted('rollback'), 0);
      assert.match(green.lastLine, /1 of 2 smoke tests passed; alert only, not critical: login: /);
      assert.match((await fixture.slack()).join('\n'), /alert only, not critical: login: /);
    });
  }
});
