import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#http/clock';
import { type Bucket, isNoData, type NoData } from '../bucket.ts';
import { type PrometheusSource, prometheus } from './prometheus.ts';

const root = join(import.meta.dirname, '../../../..');
const folders = [...(process.env.PATH ?? '').split(delimiter), join(root, '.tools/prometheus/usr/bin')];
const program = folders.map((folder) => join(folder, 'prometheus')).find((file) => existsSync(file));

/** An app whose counters a real Prometheus scrapes every second. */
describe('a real Prometheus server', {
  skip: program ? false : 'no prometheus program; .ci/install-tools fetches it',
}, () => {
  let app: Server;
  let server: ChildProcess;
  let folder = '';
  let url = '';
  const counters = { ok: 0, failed: 0 };

  before(async () => {
    app = createServer((_, response) => {
      counters.ok += 95;
      counters.failed += 5;
      const lines = [
        '# TYPE http_requests_total counter',
        `http_requests_total{code="200"} ${counters.ok}`,
        `http_requests_total{code="500"} ${counters.failed}`,
        'db_connections 81',
        'db_connections_max 100',
        'nothing_yet_total 0',
      ];
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    url = `http://127.0.0.1:${port}`;
    folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const target = `127.0.0.1:${(app.address() as AddressInfo).port}`;
    const jobs = [
      { job_name: 'app', scrape_interval: '1s', scrape_timeout: '1s', static_configs: [{ targets: [target] }] },
    ];
    // JSON is YAML.
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: jobs }));
    const words = [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    server = spawn(program ?? '', words, { stdio: 'ignore' });
    for (let tries = 0; ; tries += 1) {
      const ready = await fetch(`${url}/-/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready && counters.failed >= 60) break;
      assert.ok(tries < 300, 'Prometheus did not become ready');
      await systemClock.sleep(200);
    }
  });
  after(async () => {
    server?.kill('SIGKILL');
    app?.closeAllConnections();
    app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const make = (more: Partial<PrometheusSource> = {}) =>
    prometheus({
      name: 'prometheus',
      url,
      requests: 'sum(increase(http_requests_total[{interval}]))',
      errors: 'sum(increase(http_requests_total{code=~"5.."}[{interval}])) or vector(0)',
      scrapeMs: 1000,
      clock: systemClock,
      ...more,
    });
  async function read(more: Partial<PrometheusSource> = {}, intervalMs = 4000): Promise<Bucket[] | NoData> {
    const until = Date.now() - 500;
    return await make(more).read(until - 2 * intervalMs, until, intervalMs);
  }
  const reasonOf = (answer: Bucket[] | NoData): string => (isNoData(answer) ? answer.noData : 'buckets');

  test('counts the requests and errors that the app counted (MET-05)', async () => {
    const buckets = await read();
    assert.ok(!isNoData(buckets), JSON.stringify(buckets));
    assert.equal(buckets.length, 2);
    for (const { requests, errors } of buckets) {
      // 100 requests a scrape, 5 of them failed; Prometheus extrapolates to the ends of the interval.
      assert.ok(requests >= 250 && requests <= 550, String(requests));
      assert.ok(Math.abs(errors / requests - 0.05) < 0.005, `${errors} of ${requests}`);
    }
  });

  test('an unknown metric and a label that never came are no data, each with its reason; with "or vector(0)" it is zero', async () => {
    assert.equal(
      reasonOf(
        await read({
          requests: 'sum(increase(no_such_total[{interval}]))',
          errors: 'sum(increase(no_such_total{code="500"}[{interval}]))',
        }),
      ),
      'no_rows',
    );
    assert.equal(
      reasonOf(await read({ errors: 'sum(increase(http_requests_total{code="503"}[{interval}]))' })),
      'no_error_rows',
    );
    const zero = await read({ errors: 'sum(increase(http_requests_total{code="503"}[{interval}])) or vector(0)' });
    assert.ok(!isNoData(zero));
    assert.deepEqual(
      zero.map(({ errors }) => errors),
      [0, 0],
    );
  });

  test('a division by zero is NaN in Prometheus and no data here, never zero (MET-05)', async () => {
    // x % 0 is NaN in PromQL, as 0/0 is.
    const query = 'sum(increase(http_requests_total[{interval}])) % 0';
    assert.equal(reasonOf(await read({ errors: query })), 'not_a_number');
  });

  test('a query that cannot be parsed, several series and swapped queries are mistakes that name their cause', async () => {
    await assert.rejects(read({ requests: 'sum(increase(http_requests_total[{interval}])' }), {
      reasonCode: 'query_refused',
    });
    await assert.rejects(read({ requests: 'increase(http_requests_total[{interval}])' }), {
      reasonCode: /too_many_series|query_refused/,
    });
    const swapped = {
      requests: 'sum(increase(http_requests_total{code="500"}[{interval}]))',
      errors: 'sum(increase(http_requests_total[{interval}]))',
    };
    await assert.rejects(read(swapped), { reasonCode: 'errors_above_requests' });
  });

  test('numbers that stopped before the window are stale, not none', async () => {
    const [from, until] = [Date.now() + 60_000, Date.now() + 120_000];
    const window = {
      requests: 'sum(increase(http_requests_total[{interval}]))',
      errors: 'sum(increase(http_requests_total{code="500"}[{interval}]))',
    };
    const answer = await make(window).read(from + 600_000, until + 600_000, 60_000);
    assert.equal(reasonOf(answer), 'stale_data');
  });

  test('gauges are read beside the counts; one that is not there is left out (MET-12)', async () => {
    const gauges = { 'database-pool': 'db_connections / db_connections_max', memory: 'no_such_gauge' };
    const readings = (await make({ gauges }).readings?.(0, Date.now())) ?? [];
    assert.deepEqual(
      readings.map(({ metric, value }) => [metric, value]),
      [['database-pool', 0.81]],
    );
  });

  test('a token is sent as bearer and no answer of another kind of server is taken for counts', async () => {
    const address = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
    await assert.rejects(read({ url: address, token: 'canary-token' }), { reasonCode: 'source_bad_answer' });
  });
});
