import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { readSlackTexts } from '../../../test/scenarios/people.ts';

const installed = (await listPostgres()).some((found) => found.server);

let scene: Scene;
let app: Server;
let address = '';
/** What the app counts in every minute, and whether it is well. */
let counts: { requests: number; errors: number } | undefined = { requests: 1000, errors: 0 };
let healthy = true;
let breaker = 'closed';

before(async () => {
  scene = await setScene();
  app = createServer((request, response) => {
    if (request.url?.startsWith('/api/health')) {
      const body = JSON.stringify({ circuit_breakers: { openai: breaker } });
      return void response.writeHead(healthy ? 200 : 500).end(body);
    }
    if (counts === undefined) return void response.writeHead(503).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(counts));
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
});
after(async () => {
  app.close();
  await scene.close();
  await removeWorkspaces();
});

const config = (environment: string, more = '') => `
environments:
  ${environment}: { url: '${address}' }
health: /api/health
incidents: { severities: { P1: {}, P3: {} } }
watch:
  source: http-json
  http-json: { url: '${address}/counts?from={from}&until={until}', requests: $.requests, errors: $.errors }
notifications: { routes: { team: { slack: ${scene.sandbox.description.slack.channelId} }, pager: { pagerduty: notes } } }
alerts:
  - { when: error-rate above 1%, level: P3, route: team }
  - { when: error-rate above 5%, level: P1, route: pager }
${more}`;

async function check(environment: string, inputs: Record<string, string> = {}, more = ''): Promise<Ending> {
  const { github, slack } = scene.sandbox.description;
  return await runBundle({
    action: 'check-alerts',
    files: { '.github/ops.yml': config(environment, more) },
    inputs: {
      environment,
      window: '5m',
      'base-url': address,
      'github-token': github.token,
      'slack-bot-token': slack.token,
      'slack-channel': slack.channelId,
      'slack-api-url': slack.apiUrl,
      ...inputs,
    },
    environment: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_REPOSITORY_ID: '1',
      GITHUB_SHA: scene.commits.at(-1) ?? '',
    },
  });
}

/** What people were told of an environment, oldest first. */
async function told(environment: string): Promise<string[]> {
  const texts = await readSlackTexts(scene.sandbox.description.slack);
  return texts.filter((text) => text.includes(`${environment}: `)).toSorted();
}

test('a message when it begins, when it gets worse and when it is over; none in between', async () => {
  counts = { requests: 1000, errors: 0 };
  const calm = await check('notes');
  assert.deepEqual([calm.code, calm.outputs.decision], [0, 'ok'], calm.log);
  counts = { requests: 1000, errors: 30 };
  const begun = await check('notes');
  assert.deepEqual(
    [begun.code, begun.outputs.decision, begun.outputs.firing],
    [0, 'firing', '["error-rate above 1%"]'],
    begun.log,
  );
  assert.match(begun.log, /::warning/);
  const lasting = await check('notes');
  assert.match(lasting.outputs.summary ?? '', /beyond error-rate above 1%; nothing new to tell/);
  counts = { requests: 1000, errors: 90 };
  await check('notes');
  counts = { requests: 1000, errors: 1 };
  const over = await check('notes');
  assert.deepEqual([over.outputs.decision, (await check('notes')).outputs.decision], ['ok', 'ok']);
  const texts = await told('notes');
  assert.equal(texts.length, 3, texts.join('\n'));
  assert.match(texts.join('\n'), /P3, notes: error-rate above 1%: error rate 3\.0 %/);
  assert.match(texts.join('\n'), /P1, notes: error-rate above 5%.*pagerduty of route pager/s);
  assert.match(texts.join('\n'), /notes: error-rate is within its limits again/);
});

test('a reminder when its time has come', async () => {
  counts = { requests: 1000, errors: 30 };
  await check('reminded', { 'remind-after': '1s' });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await check('reminded', { 'remind-after': '1s' });
  assert.match((await told('reminded')).join('\n'), /reminded: still error-rate above 1%/);
});

test('a source that does not answer is told and never fine', async () => {
  counts = { requests: 1000, errors: 0 };
  await check('blind');
  counts = undefined;
  const blind = await check('blind');
  assert.deepEqual([blind.outputs.decision, blind.outputs['reason-code']], ['no-data', 'source_blind'], blind.log);
  await check('blind');
  const texts = await told('blind');
  assert.deepEqual([texts.length, /blind: no data about error-rate/.test(texts[0] ?? '')], [1, true], texts.join('\n'));
});

test('a run that died between message and record, run again: one message', async () => {
  counts = { requests: 1000, errors: 30 };
  const { repository } = scene.sandbox.description.github;
  const fault = { status: 500, body: {} };
  const route = `/repos/${repository}/deployments`;
  scene.sandbox.faults.order({ service: 'github', method: 'POST', route, times: 20, fault });
  const died = await check('died');
  assert.deepEqual([died.code, died.outputs.decision], [1, 'could-not-run'], died.log);
  scene.sandbox.faults.clear();
  const again = await check('died');
  assert.equal(again.outputs.decision, 'firing', again.log);
  assert.equal((await told('died')).length, 1);
});

test('where nobody can be told the run is red, and the next one tells', async () => {
  counts = { requests: 1000, errors: 30 };
  const silent = await check('silent', { 'slack-bot-token': '' });
  assert.deepEqual([silent.code, silent.outputs.decision], [1, 'not-told'], silent.log);
  const heard = await check('silent');
  assert.deepEqual([heard.code, heard.outputs.decision], [0, 'firing'], heard.log);
  assert.equal((await told('silent')).length, 1);
});

test('our own checks: two failed rounds in a row, counted over runs, and the rest is named as not judged', async () => {
  counts = { requests: 1000, errors: 0 };
  const more =
    '  - { when: health-failures 2 times in a row }\n  - { when: availability below 99.9% }\n  - { when: data-loss }';
  const calm = await check('probed', {}, more);
  assert.match(calm.log, /Not judged: this version judges no alert of the form .data-loss/);
  healthy = false;
  const once = await check('probed', {}, more);
  const twice = await check('probed', {}, more);
  healthy = true;
  const stateOf = (ending: Ending, key: string) =>
    (ending.result.alerts as { key: string; state: string; said: string }[]).find((each) => each.key === key);
  assert.equal(stateOf(once, 'health-failures in a row')?.state, 'undecided');
  assert.equal(stateOf(twice, 'health-failures in a row')?.state, 'firing', twice.log);
  assert.match(stateOf(twice, 'availability below')?.said ?? '', /2 of 3 checks failed/);
  const well = await check('probed', {}, more);
  assert.equal(stateOf(well, 'health-failures in a row')?.state, 'ok');
  assert.match((await told('probed')).join('\n'), /probed: health-failures is within its limits again/);
});

test('checks that could not be sent are no data, and say why', async () => {
  counts = { requests: 1000, errors: 0 };
  const more = '  - { when: health-failures 2 times in a row }';
  const sent = await check('unsent', {}, more);
  assert.equal(sent.outputs.decision, 'ok', sent.log);
  // An address of this machine is asked only where the workflow file names it.
  const unsent = await check('unsent', { 'base-url': '' }, more);
  assert.deepEqual(
    [unsent.outputs.decision, unsent.outputs['reason-code']],
    ['no-data', 'checks_not_sent'],
    unsent.log,
  );
  assert.match(
    (await told('unsent')).join('\n'),
    /no data about health-failures.*none of our own checks could be sent: /s,
  );
});

test('a query of ops.yml is judged beside the counts, and without its connection string that is said', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  counts = { requests: 1000, errors: 0 };
  const more = `  - { when: auth-failures above 10 per 1m }
observe:
  sql: { values: { auth-failures: "SELECT count(*) AS value FROM audit WHERE at >= {from} AND at < {until}" } }`;
  const cluster = await startCluster();
  try {
    const rows = `CREATE TABLE audit AS SELECT now() - interval '3 minutes' AS at FROM generate_series(1, 11)`;
    const url = await createDatabase(cluster, rows);
    const fired = await check('queried', { 'database-url': url }, more);
    assert.deepEqual(
      [fired.outputs.decision, fired.outputs.firing],
      ['firing', '["auth-failures above 10 per 1m"]'],
      fired.log,
    );
    assert.match(
      (await told('queried')).join(),
      /queried: auth-failures above 10 per 1m: auth-failures 11 is above the limit/,
    );
  } finally {
    await cluster.stop();
  }
  const blind = await check('queried', {}, more);
  assert.deepEqual([blind.outputs.decision, blind.outputs['reason-code']], ['no-data', 'no_source'], blind.log);
});

test('an app that counts 12 errors among 1000 requests has 1.2 %, and ten times the traffic proves it beyond push-to-main', async () => {
  const { github, slack } = scene.sandbox.description;
  const run = () =>
    runBundle({
      action: 'check-alerts',
      files: {
        '.github/ops.yml': `extends: push-to-main
environments: { production: { url: '${address}' } }
slack: ${slack.channelId}
notifications: { routes: { team: { slack: ${slack.channelId} } } }
watch: { source: http-json, http-json: { url: '${address}/counts?from={from}&until={until}', requests: $.requests, errors: $.errors } }`,
      },
      inputs: {
        environment: 'production',
        'github-token': github.token,
        'slack-bot-token': slack.token,
        'slack-api-url': slack.apiUrl,
      },
      environment: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.repository,
        GITHUB_SHA: scene.commits.at(-1) ?? '',
      },
    });
  counts = { requests: 1000, errors: 12 };
  const near = await run();
  assert.match(near.log, /error-rate above: undecided\. error rate 1\.2 % \(180 of 15000 requests/);
  counts = { requests: 10_000, errors: 120 };
  const beyond = await run();
  assert.deepEqual([beyond.outputs.decision, beyond.outputs.firing], ['firing', '["error-rate above 1%"]'], beyond.log);
  assert.match((await told('production')).join('\n'), /P1, production: error-rate above 1%: error rate 1\.2 %/);
});

test('a breaker of the health body is remembered from run to run', async () => {
  counts = { requests: 1000, errors: 0 };
  const more = `  - { when: circuit-breaker-opens 1 times in 5m }
observe:
  json-values: { circuit-breaker-opens: { url: '${address}/api/health', value: $.circuit_breakers } }`;
  assert.equal((await check('broken', {}, more)).outputs.decision, 'ok');
  breaker = 'open';
  assert.equal((await check('broken', {}, more)).outputs.firing, '["circuit-breaker-opens 1 times in 5m"]');
  const still = await check('broken', {}, more);
  breaker = 'closed';
  assert.match(still.log, /circuit breakers opened 1 times in 5 minutes; open now: openai/);
});

test('without alerts nothing is asked', async () => {
  const { github } = scene.sandbox.description;
  const none = await runBundle({
    action: 'check-alerts',
    files: { '.github/ops.yml': 'environments: { none: {} }' },
    inputs: { environment: 'none', 'github-token': github.token },
  });
  assert.deepEqual([none.code, none.outputs.decision], [0, 'nothing-to-judge'], none.log);
});
