import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub } from '#github/client';
import { hurriedClock } from '../test/hurried-clock.ts';
import { quietDependencies } from '../test/scene.ts';
import { bad, environment, good, runId, scene } from '../test/two-releases.ts';
import { readOpenLocks } from './lock.ts';
import { closeMigrationRecord, openMigrationRecord } from './migration-record.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
import { takeBack } from './take-back.ts';

/** What a release or a dispatch left in the ledger after it had applied a file that removes something. */
async function dropSince(github: GitHub, more: { key?: string } = {}): Promise<void> {
  const given = { environment, production: true, ref: scene.commits.at(-1) ?? '', ...more };
  const file = { file: '900_drop.sql', version: '900', sql: 'drop table a', phase: 'contract' as const };
  const id = await openMigrationRecord(github, given, { direction: 'forward', files: [file], held: [] });
  await closeMigrationRecord(github, id, { word: 'applied', newest: '900' });
}

function byHand(more: Partial<Parameters<typeof rollBackByHand>[1]> = {}): Parameters<typeof rollBackByHand>[1] {
  return {
    settings: scene.settings({ environment }),
    key: `1:${environment}:${runId}`,
    runId,
    commit: scene.commits.at(-1) ?? '',
    target: 'previous',
    reason: 'by hand',
    dryRun: false,
    lockExpiryMs: 3_600_000,
    promoteInstead: false,
    ...more,
  };
}

test('A target across a contract migration is refused before anything is touched; a typed reason takes it', async () => {
  const services = await scene.connect();
  const deps = { ...services, ...quietDependencies };
  await dropSince(services.github);
  const since = Date.now();
  for (const target of ['previous', good]) {
    const refused = await rollBackByHand(deps, byHand({ target }));
    assert.equal(refused.decision, 'refused');
    assert.ok('reasonCode' in refused);
    assert.equal(refused.reasonCode, 'crosses_contract');
    assert.match(refused.message, /900_drop\.sql.* Next: .*mode: rollback.*allow-unsafe/);
  }
  const written = scene.sandbox.requests().filter((one) => one.at >= since && one.method !== 'GET');
  assert.deepEqual(written, [], 'nothing was touched');
  assert.equal(scene.served(), bad);
  const taken = await rollBackByHand(deps, byHand({ target: good, allowUnsafe: 'v1 reads no table a' }));
  assert.equal(taken.decision, 'rolled-back');
  assert.match(taken.warnings.join(), /Schema unsafe: .*900_drop\.sql.*taken all the same: v1 reads no table a/);
});

test('Where the ledger is silent the schema is unknown: said by hand, refused where a deployment names a contract file', async () => {
  const clock = hurriedClock(10);
  const deps = { ...(await scene.connect({ clock })), ...quietDependencies, clock };
  const silence = () =>
    scene.sandbox.faults.order({
      service: 'github',
      method: 'GET',
      route: '/repos',
      times: 50,
      fault: { status: 500 },
    });
  const named = await scene.goLive({ opsContracts: '900' });
  silence();
  const refused = await rollBackByHand(deps, byHand({ target: bad }));
  assert.ok('reasonCode' in refused);
  assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'schema_unknown']);
  assert.equal(scene.served(), named);
  scene.sandbox.faults.clear();
  const later = await scene.goLive();
  silence();
  const back = await rollBackByHand(deps, byHand({ target: named }));
  assert.equal(back.decision, 'rolled-back', JSON.stringify(back));
  assert.match(back.warnings.join(), /Schema unknown/);
  assert.notEqual(scene.served(), later);
});

test('A release that applied a contract file does not take itself back over it: locked, told, nothing moved', async () => {
  const services = await scene.connect();
  const handle = await scene.open({ runId, environment, target: good });
  await dropSince(services.github, { key: handle.key });
  const outcome = await takeBack(
    { ...services, ...quietDependencies },
    {
      handle,
      deploymentId: bad,
      settings: scene.settings({ environment }),
      outcomes: {
        jobStatus: 'failure',
        promote: { outcome: 'success', decision: 'promoted' },
        health: { outcome: 'failure' },
        smoke: { outcome: 'skipped' },
        watch: { outcome: 'skipped', decision: '' },
      },
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    },
  );
  assert.ok(outcome.act === 'hold', JSON.stringify(outcome));
  assert.equal(outcome.reasonCode, 'crosses_contract');
  assert.match(outcome.message, /900_drop\.sql.*Nothing was moved; the environment is locked.* Next: .*--allow-unsafe/);
  assert.equal(scene.served(), bad);
  assert.equal((await readOpenLocks(services.github, environment)).length, 1);
});
