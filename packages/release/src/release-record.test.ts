import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatReleaseHandle, parseReleaseHandle, type ReleaseHandle, releaseKey } from './release-handle.ts';
import { formatFact, parseFact, toReleaseRecord } from './release-record.ts';

const payload = {
  schemaVersion: 1,
  key: '1:production:42',
  runId: 42,
  commit: 'c'.repeat(40),
  version: 'v1.0.0',
  as: 'production',
  rollbackTarget: { deploymentId: 'dpl_old', adopted: true },
  autoAssign: false,
  mode: 'auto',
  firstDeployment: false,
};
const deployment = {
  id: 7,
  ref: 'c'.repeat(40),
  sha: 'c'.repeat(40),
  task: 'ops-actions',
  environment: 'production',
  payload: payload as unknown,
  description: '',
  createdAt: 1_000,
};

function record(...descriptions: string[]) {
  const statuses = descriptions.map((description, index) => ({
    id: index,
    state: 'in_progress',
    description,
    createdAt: index,
  }));
  return toReleaseRecord(deployment, statuses);
}

test('The whole story of an entry is read back from its statuses', () => {
  const told = record(
    'ops:release:intent:attempt-1',
    'ops:slack:outcome:C1/123.45',
    'ops:deploy:outcome:ready dpl_new',
    'ops:promote:intent:dpl_new',
    'ops:promote:outcome:promoted dpl_new promoted',
    'somebody else wrote this',
    'ops:rollback:outcome:rolled-back dpl_new -> dpl_old',
    'ops:release:outcome:rolled-back breach',
  );
  assert.equal(told?.deploymentId, 'dpl_new');
  assert.equal(told?.promotion, 'promoted');
  assert.equal(told?.promotedAt, 4);
  assert.equal(told?.rolledBack, true);
  assert.deepEqual([told?.decision, told?.reason, told?.closedAt], ['rolled-back', 'breach', 7]);
  assert.deepEqual(told?.slack, { channel: 'C1', ts: '123.45' });
  assert.equal(told?.facts.length, 7);
});

test('An entry that a later attempt opened again has no decision yet', () => {
  const told = record('ops:release:outcome:failed build_failed', 'ops:release:intent:attempt-2');
  assert.equal(told?.decision, undefined);
  assert.equal(told?.promotion, 'none');
});

test('A way back that was found later stands over the payload; a promotion without outcome is intended', () => {
  const told = record(
    'ops:target:outcome:dpl_other',
    'ops:promote:intent:dpl_new',
    'ops:watch:outcome:unwatched cancelled',
  );
  assert.equal(told?.rollbackTarget?.deploymentId, 'dpl_other');
  assert.equal(told?.promotion, 'intended');
  assert.equal(told?.unwatched, true);
});

test('Entries of other tools are none of ours; a payload sent as text is read; a newer schema is named, and read as far as it goes', () => {
  assert.equal(toReleaseRecord({ ...deployment, task: 'deploy' }, []), undefined);
  assert.equal(toReleaseRecord({ ...deployment, payload: {} }, []), undefined);
  assert.equal(toReleaseRecord({ ...deployment, payload: JSON.stringify(payload) }, [])?.key, payload.key);
  const newer = toReleaseRecord({ ...deployment, payload: { ...payload, schemaVersion: 2, mode: 'telepathy' } }, []);
  assert.deepEqual([newer?.newerSchema, newer?.mode, newer?.rollbackTarget?.deploymentId], [2, 'auto', 'dpl_old']);
});

test('A fact survives writing and reading, within GitHub’s 140 characters', () => {
  const word = fc.stringMatching(/^[a-z0-9_./-]{1,30}$/);
  fc.assert(
    fc.property(fc.constantFrom('promote', 'rollback', 'lock'), word, fc.string(), (step, name, text) => {
      const written = formatFact(step, 'outcome', name, text);
      assert.ok(written.length <= 140);
      const read = parseFact(written, 1);
      assert.deepEqual([read?.step, read?.kind, read?.word], [step, 'outcome', name]);
      assert.doesNotMatch(written, /[\r\n]/);
    }),
  );
});

const handle: ReleaseHandle = {
  schemaVersion: 1,
  key: releaseKey({ repositoryId: 1, environment: 'production', runId: 42 }),
  environment: 'production',
  production: true,
  as: 'production',
  ledgerId: 7,
  repository: 'acme/shop',
  runId: 42,
  commit: 'c'.repeat(40),
  version: 'v1.0.0',
  openedAt: 1_000,
  autoAssign: true,
  url: 'https://shop.example.com',
  mode: 'auto',
  firstDeployment: false,
};

test('A handle survives its way through an output; a foreign, newer or broken one is refused by name', () => {
  assert.deepEqual(parseReleaseHandle(formatReleaseHandle(handle)), handle);
  assert.throws(() => parseReleaseHandle('yes'), /not JSON/);
  assert.throws(
    () => parseReleaseHandle(JSON.stringify({ ...handle, schemaVersion: 2 })),
    /schemaVersion 2.*one version/,
  );
  assert.throws(
    () => parseReleaseHandle(JSON.stringify({ ...handle, ledgerId: 'x', mode: 'maybe' })),
    /ledgerId.*mode/s,
  );
});
