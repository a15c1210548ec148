import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideIncident } from './decide-incident.ts';

const record = (fields: object) => ({
  decision: undefined,
  reason: undefined,
  promotion: 'none' as const,
  rolledBack: false,
  unwatched: false,
  version: 'v1',
  ...fields,
});

const cases: { what: string; record?: object; told?: object; needed: boolean }[] = [
  { what: 'a rollback', told: { decision: 'rolled-back' }, needed: true },
  { what: 'a rollback that failed', told: { decision: 'rollback-failed' }, needed: true },
  { what: 'a rollback by hand that failed, which has no entry of its own', told: { decision: 'failed' }, needed: true },
  { what: 'a failure before promotion', record: {}, told: { decision: 'failed' }, needed: false },
  { what: 'a failure after promotion', record: { promotion: 'promoted' }, told: { decision: 'failed' }, needed: true },
  { what: 'a cancellation before promotion', record: {}, told: { decision: 'cancelled' }, needed: false },
  {
    what: 'a cancellation after promotion',
    record: { promotion: 'promoted' },
    told: { decision: 'cancelled' },
    needed: true,
  },
  {
    what: 'a cancellation after which it was taken back',
    record: { promotion: 'promoted', rolledBack: true },
    told: { decision: 'cancelled' },
    needed: false,
  },
  { what: 'a refusal', record: {}, told: { decision: 'refused' }, needed: false },
  { what: 'a superseded release', record: { promotion: 'promoted' }, told: { decision: 'superseded' }, needed: false },
  { what: 'a job that died before its promotion', record: {}, needed: false },
  { what: 'a job that died while promoting', record: { promotion: 'intended' }, needed: true },
  { what: 'a job that died before it opened an entry', needed: false },
  {
    what: 'a release that was left unwatched',
    record: { promotion: 'promoted', unwatched: true, decision: 'held' },
    needed: true,
  },
];

for (const { what, record: fields, told, needed } of cases) {
  test(`${what} ${needed ? 'calls people' : 'calls nobody'}`, () => {
    assert.equal(decideIncident(fields && record(fields), told ?? {}) !== undefined, needed);
  });
}

test('what is told comes from the job, else from the ledger, and what serves from the result', () => {
  const story = decideIncident(record({ promotion: 'intended', reason: 'from the ledger' }), {
    result: JSON.stringify({ serving: { deploymentId: 'dpl_1', since: 5 } }),
  });
  assert.deepEqual(story, {
    decision: 'cancelled',
    reasonCode: 'job_lost',
    what: 'from the ledger',
    version: 'v1',
    serving: { deploymentId: 'dpl_1', since: 5 },
  });
});

test('what is missing has its cause named: a lost job, or outputs that GitHub dropped (S15)', () => {
  const story = decideIncident(record({ promotion: 'promoted' }), { decision: 'rolled-back' });
  assert.match(story?.what ?? '', /lost, or GitHub dropped its outputs because they hold a masked value/);
});
