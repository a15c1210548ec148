import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Scene, setScene } from '../test/scene.ts';
import { closeLock, readOpenLocks, takeLock } from './lock.ts';
import { endMaintenance, type MaintenanceRequest, startMaintenance } from './maintenance.ts';
import { unlock } from './unlock.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

test('Without a lock one is taken that remembers auto-assign, so that unlock gives back what was there before the pause', async () => {
  const services = await scene.connect();
  const { github, project } = services;
  await scene.goLive();
  await project.setAutoAssign(false);
  const about: MaintenanceRequest = {
    environment: 'production',
    production: true,
    reason: 'the first release is sick',
    key: 'by hand',
    ref: scene.commits.at(-1) ?? '',
    lockExpiryMs: 60_000,
  };
  const started = await startMaintenance(services, about);
  assert.equal(started.isPaused, true);
  assert.match(started.message, /no release starts until its lock expires at \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
  assert.equal(scene.sandbox.vercel.project.paused, true);
  const again = await startMaintenance(services, about);
  assert.equal(again.isPaused, true);
  const [lock, ...more] = await readOpenLocks(github, 'production');
  assert.deepEqual([lock?.reason, lock?.autoAssign, more.length], ['maintenance: the first release is sick', false, 0]);
  // Vercel switches it on with the pause's end; the lock keeps it off.
  assert.match((await endMaintenance(services, about)).message, /stays locked\. Next: .*unlock/);
  assert.equal((await project.readState()).autoAssign, false);
  const lifted = { environment: 'production', production: true, reason: 'mended', key: 'me', autoAssignDefault: true };
  await unlock(services, lifted);
  assert.equal((await project.readState()).autoAssign, false, 'as before the pause');
  assert.match(
    (await endMaintenance(services, about)).message,
    /it is not locked\. Auto-assignment .* is off, as before/,
  );
  assert.equal((await project.readState()).autoAssign, false, 'Vercel had switched it on');
});

test('Where GitHub does not answer, the pause goes on: auto-assign may not come on under a lock that nobody has read', async () => {
  const { github, project } = await scene.connect();
  await startMaintenance({ github, project }, { ...place('unread'), reason: 'sick' });
  scene.sandbox.faults.order({ service: 'github', route: '/repos', times: 9, fault: { status: 403, body: {} } });
  await assert.rejects(endMaintenance(await scene.connect(), place('unread')));
  scene.sandbox.faults.clear();
  assert.equal(scene.sandbox.vercel.project.paused, true);
  assert.equal((await project.readState()).autoAssign, false);
  await endMaintenance({ github, project }, place('unread'));
});

for (const original of [false, true]) {
  test(`Where the lock was lifted during the pause, auto-assign is ${original ? 'on' : 'off'} afterwards, as the lock recorded it`, async () => {
    const { github, project } = await scene.connect();
    await scene.goLive();
    await project.setAutoAssign(original);
    const about = place(`lifted-${original}`);
    // Of an incident long before, with another original.
    const old = { ...about, schemaVersion: 1, autoAssign: !original, expiresAfterMs: 60_000, reason: 'old' } as const;
    const taken = await takeLock(github, old);
    assert.ok(taken.held);
    await closeLock(github, taken.lock, 'released');
    await startMaintenance({ github, project }, { ...about, key: 'newer', reason: 'sick' });
    for (const lock of await readOpenLocks(github, about.environment)) await closeLock(github, lock, 'expired');
    await endMaintenance({ github, project }, about);
    assert.equal((await project.readState()).autoAssign, original);
  });
}

function place(environment: string): Omit<MaintenanceRequest, 'reason'> {
  return { environment, production: true, key: 'by hand', ref: scene.commits.at(-1) ?? '', lockExpiryMs: 60_000 };
}
