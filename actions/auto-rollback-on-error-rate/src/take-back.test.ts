import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Check, resolveCheck } from '#probe/check';
import { quietDependencies, type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { takeBack } from './take-back.ts';

let scene: Scene;
let restored: string;
before(async () => {
  scene = await setScene();
  restored = await scene.goLive();
});
after(() => scene.close());

/** A bad release that is taken back, and the checks of what serves then. */
async function takenBack(check: Check, { listed = true, signal }: { listed?: boolean; signal?: AbortSignal } = {}) {
  const bad = await scene.goLive();
  const { vercel } = scene.sandbox.description;
  const { github } = await scene.connect();
  const back = await takeBack({
    ...quietDependencies,
    github,
    connection: { apiUrl: vercel.apiUrl, token: vercel.token, team: vercel.teamId, project: vercel.projectId },
    settings: scene.settings(),
    plan: { checks: [check] },
    context: { ...quietDependencies, listedHosts: new Set(listed ? [check.url.host] : []), signal },
    key: bad,
    runId: 7,
    runUrl: '',
    commit: scene.commits.at(-1) ?? '',
    target: restored,
    reason: 'above the limit',
  });
  assert.equal(scene.served(), restored);
  assert.deepEqual([back.rollback?.from, back.rollback?.to], [bad, restored]);
  return back;
}

/** Where a check asks; told of each question. */
async function answering(asked: () => number | undefined) {
  const server = createServer((_, response) => {
    const status = asked();
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    check: resolveCheck({ path: '/health' }, { baseUrl: address }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('what serves after the way back is checked, and healthy it is told without a warning', async () => {
  await using app = await answering(() => 200);
  const { decision, warnings } = await takenBack(app.check);
  assert.deepEqual([decision, warnings], ['rolled-back', []]);
});

test('checks that could not run leave the way back taken, with a warning that nothing is proven', async () => {
  await using app = await answering(() => 200);
  const { decision, warnings } = await takenBack(app.check, { listed: false });
  assert.equal(decision, 'rolled-back');
  assert.equal(warnings.length, 1, warnings.join());
  assert.match(warnings[0] ?? '', /not verified that what serves now is healthy: GET \/health .*private/);
});

test('a run that is cancelled during these checks tells the rollback that it took', async () => {
  const cancelled = new AbortController();
  await using app = await answering(() => void cancelled.abort(new Error('cancelled by SIGINT')));
  const { decision, warnings } = await takenBack(app.check, { signal: cancelled.signal });
  assert.equal(decision, 'rolled-back');
  assert.match(warnings.join(), /not verified that what serves now is healthy: cancelled by SIGINT$/);
});
