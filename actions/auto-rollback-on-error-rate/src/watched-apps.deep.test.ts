import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { addressOf } from '#vercel/deployment-address';
import { type GroupScene, setGroupScene } from '../../../packages/release/test/group-scene.ts';
import { type Given, planWatch } from './plan-watch.ts';
import { runWatch, watchOnly } from './run-watch.ts';

let scene: GroupScene;
before(async () => {
  scene = await setGroupScene();
});
after(() => scene.close());

/** Sick for whoever asks for it. */
const files = {
  'api/work.js': `export function GET(request) {
  const isSick = request.headers.get('x-sick') === 'yes';
  return Response.json({}, { status: isSick ? 500 : 200 });
}
`,
};

/** A watch of what both serve, while the visitors of `sick` get errors. */
async function watched(sick: 'web' | 'admin' | 'nobody', more: Partial<Given> = {}, deploymentId?: string) {
  await scene.begin();
  const { project, alone } = await scene.group();
  const key = `key-${sick}-${Date.now()}`;
  const pair = await scene.stagePair(key, files);
  await project.promote(pair.web, { apps: { admin: pair.admin } });
  const { vercel } = scene.sandbox.description;
  const hosts = {
    web: (await alone.web.readState()).productionDomains[0] ?? '',
    admin: (await alone.admin.readState()).productionDomains[0] ?? '',
  };
  const over = new AbortController();
  const visit = async (app: 'web' | 'admin') => {
    while (!over.signal.aborted) {
      const headers = { 'x-sick': sick === app ? 'yes' : 'no' };
      const ask = async () => (await fetch(`${addressOf(hosts[app], vercel.apiUrl)}/api/work`, { headers })).status;
      await Promise.all(Array.from({ length: 8 }, ask)).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const lines: string[] = [];
  const runner = createRunner({ environment: {}, write: (line) => void lines.push(line) });
  const { signal, clock } = runner;
  const connection = { apiUrl: vercel.apiUrl, token: vercel.token, team: vercel.teamId, project: vercel.projectId };
  const settings = scene.groupSettings({
    watch: { source: ['vercel-runtime-logs'], rules: ['error-rate above 5% within 10m'], minRequests: 20 },
  });
  const given = {
    vercelToken: vercel.token,
    baseline: 0,
    baseUrl: addressOf(hosts.web, vercel.apiUrl),
    interval: 1_000,
    window: 4_000,
    ...more,
  } as unknown as Given;
  const visitors = [visit('web'), visit('admin')];
  try {
    const plan = planWatch(given, settings);
    const about = {
      plan,
      settings,
      connection: { ...connection, signal, clock },
      deploymentId: deploymentId ?? pair.web,
      key,
      commit: '',
    };
    return { ...(await runWatch(runner, given, about, watchOnly)), lines };
  } finally {
    over.abort();
    await Promise.all(visitors);
  }
}

test('errors of the second project alone fail the watch of a group, by its own requests', async () => {
  const { outcome } = await watched('admin');
  assert.deepEqual([outcome.verdict, outcome.denominator], ['fail', 'function requests of admin'], outcome.summary);
  const [web, admin] = outcome.apps ?? [];
  assert.ok(web && admin);
  assert.deepEqual([web.app, web.errors, admin.app], [undefined, 0, 'admin']);
  assert.ok(web.requests > 0 && admin.requests >= 20 && admin.errors === admin.requests, JSON.stringify(outcome.apps));
  assert.equal(outcome.requests, admin.requests, 'counts of two projects are not added');
});

test('a group without errors is not failed, and each project is told by its own requests', async () => {
  const { outcome } = await watched('nobody');
  assert.notEqual(outcome.verdict, 'fail', outcome.summary);
  assert.deepEqual(
    outcome.apps?.map(({ app, errors, noData }) => [app, errors, noData]),
    [
      [undefined, 0, undefined],
      ['admin', 0, undefined],
    ],
  );
});

test('a further project whose deployment nobody knows is told as not seen, and never passes', async () => {
  const lonely = await scene.stage({ opsRelease: 'a-release-of-nobody' }, 'production', files);
  const { outcome } = await watched('nobody', {}, lonely);
  assert.equal(outcome.verdict, 'no-data', outcome.summary);
  assert.match(outcome.summary, /No deployment of admin is known to go with dpl_/);
});
