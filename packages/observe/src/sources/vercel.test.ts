import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployFiles } from '#sandbox/deploy-files';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import type { VercelConnection } from '#vercel/project';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { type Bucket, isNoData } from '../bucket.ts';
import { OwnRequests } from '../own-requests.ts';
import { createSource, type SourceParts, sourceNames } from './registry.ts';
import { vercelObservability } from './vercel-observability.ts';

const token = 'canary-vercel-token-1';
const parts = (address: string): SourceParts => {
  const vercel: VercelConnection = { apiUrl: address, token, project: 'prj_contract', clock: contractClock };
  return { vercel, deploymentId: 'dpl_contract', rounds: [], own: new OwnRequests(), clock: contractClock };
};

let deployment = '';
const prepare = async (sandbox: Sandbox): Promise<void> => {
  sandbox.vercel.behaviour.observabilityPlus = true;
  const files = { 'index.html': '<h1>notes</h1>' };
  deployment = (await deployFiles(sandbox, files, { target: 'production' })).id;
};
const sandboxed =
  (source: 'vercel-runtime-logs' | 'vercel-observability', more: Partial<VercelConnection> = {}) =>
  (sandbox: Sandbox) => {
    const { apiUrl, token, teamId: team, projectId } = sandbox.description.vercel;
    const vercel: VercelConnection = { apiUrl, token, team, project: projectId, clock: contractClock, ...more };
    return createSource(source, { ...parts(apiUrl), vercel, deploymentId: deployment });
  };
const counted = 'requests are counted by their status: there are no two numbers in settings';
const mistakesOf = (source: 'vercel-runtime-logs' | 'vercel-observability') => {
  const withToken = (called: string, token: string, reason: string, says: RegExp) => ({
    ...{ called, reason, says },
    make: sandboxed(source, { token }),
  });
  return {
    wrongCredentials: [
      withToken(
        'the address of a deploy hook',
        'https://api.vercel.com/v1/integrations/deploy/prj_1/2',
        'wrong_credential',
        /vercel-token is no access token; it is the address of a deploy hook/,
      ),
      withToken('the id of the project', 'prj_0000', 'wrong_credential', /the id of a Vercel project/),
      withToken('the id of the team', 'team_0000', 'wrong_credential', /the id of a Vercel team/),
      withToken('an API key of the AI Gateway', 'vck_0000', 'wrong_credential', /an API key of Vercel/),
      withToken('a token that is not known', 'vcp_0000', 'vercel_token_rejected', /account\/tokens/),
      {
        called: 'the ids of project and team in each other’s place',
        make: (sandbox: Sandbox) => {
          const { projectId, teamId } = sandbox.description.vercel;
          return sandboxed(source, { project: teamId, team: projectId })(sandbox);
        },
        reason: 'ids_swapped',
        says: /vercel-project is the id of a team .* and vercel-team is the id of a project/,
      },
    ],
    wrongSite: {
      called: 'another team',
      make: sandboxed(source, { team: 'team_0000' }),
      reason: 'wrong_team|project_not_found',
      says: /vercel-team/,
    },
  };
};

describeSource({
  name: 'vercel-runtime-logs',
  ...mistakesOf('vercel-runtime-logs'),
  prepare,
  make: sandboxed('vercel-runtime-logs'),
  secret: (sandbox) => sandbox.description.vercel.token,
  asks: { service: 'vercel', route: '/v1/projects/:project/deployments/:deployment/runtime-logs' },
  tells: {
    intervalMs: 100,
    nothingMeans: 'zero requests',
    serve(sandbox, { requests, errors, start, end }) {
      // The stream is open: rows of the interval may come before its end.
      const about = { at: (start + end) / 2, deploymentId: deployment };
      for (let index = 0; index < requests; index += 1)
        sandbox.monitoring.traffic.add({
          ...about,
          status: index < errors ? 500 : 200,
          requestId: `${about.at}-${index}`,
        });
    },
    swapped: { not: counted },
    unitMistake: { not: counted },
    stale: { not: 'a stream of what happens now: rows of before belong to no interval of the watch' },
  },
  notANumber: { not: 'a row whose status is no number says nothing of how a request ended, and is left out' },
});

/** As where Vercel offers only one of its two endpoints. */
function gone(sandbox: Sandbox, route: string): void {
  const body = { error: { code: 'not_found', message: 'Not found' } };
  sandbox.faults.order({ service: 'vercel', route, times: 20, fault: { status: 404, body } });
}

const observabilityTells = {
  intervalMs: 60_000,
  nothingMeans: 'zero requests' as const,
  swapped: { not: counted },
  unitMistake: { not: counted },
  stale: {
    not: 'a minute without a row had no requests; a probe of ours that is not counted tells the difference, below',
  },
};

describeSource({
  name: 'vercel-observability',
  ...mistakesOf('vercel-observability'),
  prepare,
  make(sandbox) {
    gone(sandbox, '/metrics/v1');
    return sandboxed('vercel-observability')(sandbox);
  },
  secret: (sandbox) => sandbox.description.vercel.token,
  asks: { service: 'vercel', route: '/v2/observability/query' },
  tells: observabilityTells,
  notANumber: ({ start }) => ({
    data: [{ timestamp: new Date(start).toISOString(), httpStatus: '200', vercel_request_count_sum: 'many' }],
    summary: [],
  }),
});

describeSource({
  name: 'vercel-observability by the newer endpoint, where the documented one is gone',
  ...mistakesOf('vercel-observability'),
  prepare,
  make(sandbox) {
    gone(sandbox, '/v2/observability/query');
    return sandboxed('vercel-observability')(sandbox);
  },
  secret: (sandbox) => sandbox.description.vercel.token,
  asks: { service: 'vercel', route: '/metrics/v1' },
  tells: observabilityTells,
  notANumber: ({ start }) => ({
    series: [
      { timestamp: new Date(start).toISOString(), dimensions: { httpStatus: '200' }, values: { value: 'many' } },
    ],
    summary: [],
    meta: {},
  }),
});

test('1000 lines of the logs with 27 answers of 500 are 2.7 %, of this deployment only (MET-03)', async () => {
  const sandbox = await startSandbox({ postgres: false });
  const { traffic } = sandbox.monitoring;
  const source = await prepare(sandbox).then(() => sandboxed('vercel-runtime-logs')(sandbox));
  try {
    await source.open();
    const from = Date.now();
    for (const [deploymentId, failed] of [
      ['dpl_other', 900],
      [deployment, 27],
    ] as const) {
      for (let index = 0; index < 1_000; index += 1)
        traffic.add({
          at: from,
          deploymentId,
          status: index < failed ? 500 : 200,
          requestId: `${deploymentId}-${index}`,
        });
    }
    let buckets: Bucket[] = [];
    for (let tries = 0; (buckets[0]?.requests ?? 0) < 1_000; tries += 1) {
      assert.ok(tries < 3_000, 'the rows did not arrive');
      await contractClock.sleep(10);
      const answer = await source.read(from, from + 100, 100);
      assert.ok(!isNoData(answer));
      buckets = answer;
    }
    assert.deepEqual(
      buckets.map(({ requests, errors }) => [requests, errors, errors / requests]),
      [[1_000, 27, 0.027]],
    );
  } finally {
    await source.close();
    await sandbox.close();
  }
});

test('nothing counted although our own probes went through is no data, not zero errors; what was counted before is stale (trap 15)', async () => {
  const minute = 60_000;
  const sandbox = await startSandbox({ postgres: false });
  try {
    await prepare(sandbox);
    const start = 1_700_000_040_000;
    const reasons: string[] = [];
    for (const earlier of [0, 50]) {
      const projectId = sandbox.vercel.project.id;
      sandbox.monitoring.traffic.add({ at: start - 10 * minute, status: 200, projectId }, earlier);
      const own = new OwnRequests();
      own.sent('/api/health', start + 1);
      const { apiUrl, token: key, teamId: team, projectId: project } = sandbox.description.vercel;
      const source = vercelObservability({ connection: { apiUrl, token: key, team, project }, own });
      await source.open();
      const answer = await source.read(start, start + 5 * minute, minute);
      assert.ok('noData' in answer);
      reasons.push(`${answer.noData}: ${answer.message}`);
    }
    assert.deepEqual(reasons, [
      'no_rows: Vercel counted nothing, not even the probes of this watch',
      'stale_data: Vercel counted until 9 minutes before this window, and nothing of this window',
    ]);
  } finally {
    await sandbox.close();
  }
});

test('an unknown source is an error that names the known ones, never a default', async () => {
  await assert.rejects(createSource('sentri', parts('http://127.0.0.1')), {
    reasonCode: 'unknown_source',
    message: `"sentri" is not a source; known are ${sourceNames.join(', ')}`,
  });
  await assert.rejects(createSource('constructor', parts('http://127.0.0.1')), { reasonCode: 'unknown_source' });
});

test('a source says what it needs', async () => {
  const bare = { rounds: [], own: new OwnRequests(), clock: contractClock };
  await assert.rejects(createSource('vercel-runtime-logs', bare), /vercel-token and vercel-project/);
  await assert.rejects(createSource('http-json', bare), /source-url/);
});

test('our own requests are told apart by path and time, each once', () => {
  const own = new OwnRequests();
  own.sent('/api/health', 1_000_000);
  assert.equal(own.take('/api/notes', 1_000_000, 'dpl_green'), false);
  assert.equal(own.take('/api/health', 1_020_000, 'dpl_green'), false);
  assert.equal(own.take('/api/health', 1_000_300, 'dpl_green'), true);
  assert.equal(own.take('/api/health', 1_000_300, 'dpl_green'), false);
});

test("a request to one deployment's own address takes no user's request out of the logs of another", () => {
  const own = new OwnRequests();
  own.sent('/', 1_000_000, 'dpl_blue');
  assert.equal(own.take('/', 1_000_300, 'dpl_green'), false);
  own.sent('/', 1_000_100);
  assert.deepEqual([own.take('/', 1_000_300, 'dpl_green'), own.take('/', 1_000_300, 'dpl_green')], [true, false]);
  assert.equal(own.countBetween(999_000, 1_001_000), 2, 'what the project counts is both');
  assert.equal(own.take('/', 1_000_300, 'dpl_blue'), true);
});
