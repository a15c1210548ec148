import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mermaidChart } from '#observe/render-chart';
import type { LedgerFact } from '#release/release-record';
import { decideIncident } from './decide-incident.ts';

const record = (fields: object) => ({
  decision: undefined,
  reason: undefined,
  promotion: 'none' as const,
  rolledBack: false,
  unwatched: false,
  version: 'v1',
  facts: [] as LedgerFact[],
  ...fields,
});
/** An undo behind a failing app, with what became of it. */
const undo = (...after: LedgerFact[]) => [
  fact('intent', 'apply'),
  fact('outcome', 'applied'),
  fact('intent', 'rollback'),
  ...after,
];
function fact(kind: LedgerFact['kind'], word: string): LedgerFact {
  return { step: 'migrate', kind, word, text: '', at: 1 };
}

const cases: { what: string; record?: object; told?: object; needed: boolean }[] = [
  { what: 'a rollback', told: { decision: 'rolled-back' }, needed: true },
  { what: 'a rollback that failed', told: { decision: 'rollback-failed' }, needed: true },
  { what: 'a rollback by hand that failed, which has no entry of its own', told: { decision: 'failed' }, needed: true },
  { what: 'a failure before promotion', record: {}, told: { decision: 'failed' }, needed: false },
  { what: 'a failure after promotion', record: { promotion: 'promoted' }, told: { decision: 'failed' }, needed: true },
  {
    what: 'a failure behind which the undo of its migrations failed, too',
    record: { facts: undo(fact('outcome', 'backup-verified'), fact('outcome', 'failed')) },
    told: { decision: 'failed' },
    needed: true,
  },
  { what: 'a job that died in that undo', record: { facts: undo() }, needed: true },
  {
    what: 'a failure whose migrations were taken back',
    record: { facts: undo(fact('outcome', 'rolled-back')) },
    told: { decision: 'failed' },
    needed: false,
  },
  {
    what: 'a failure whose undo found no restore point',
    record: { facts: undo(fact('outcome', 'not-started')) },
    told: { decision: 'failed' },
    needed: false,
  },
  {
    what: 'a failed migration',
    record: { facts: [fact('intent', 'apply'), fact('outcome', 'failed')] },
    told: { decision: 'failed' },
    needed: false,
  },
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
  {
    what: 'a breach that is left to people',
    record: { promotion: 'promoted' },
    told: { decision: 'would-roll-back' },
    needed: false,
  },
  {
    what: 'a breach that people have a time to mend',
    record: { promotion: 'promoted' },
    told: { decision: 'would-roll-back', result: '{"fixForward":{"until":1769263500,"after":"propose"}}' },
    needed: true,
  },
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

test('what was measured and its chart come from the result; a line that is no part of a chart drops it', () => {
  const told = (chart: string[]) => {
    const measured = [{ name: 'errors', value: '13 of 120 requests (10.8 %)' }];
    return decideIncident(record({}), { decision: 'rolled-back', result: JSON.stringify({ measured, chart }) });
  };
  const start = 1_700_000_000;
  const buckets = [0, 1].map((index) => ({
    start: start + index * 30,
    end: start + 30 + index * 30,
    requests: 60,
    errors: 6,
  }));
  const facts = { buckets, baseline: [], startedAt: start, verdict: 'fail', limit: 0.02, unit: 'share' } as const;
  const chart = mermaidChart(facts);
  assert.ok(chart.length > 4);
  assert.deepEqual([told(chart)?.measured?.[0]?.name, told(chart)?.chart], ['errors', chart]);
  for (const line of ['```', 'click a "https://example.com"', '  line [1, 2]\n```', '</details>', '@team'])
    assert.equal(told([...chart, line])?.chart, undefined, line);
});

test('what is missing has its cause named: a lost job, or outputs that GitHub dropped (S15)', () => {
  const story = decideIncident(record({ promotion: 'promoted' }), { decision: 'rolled-back' });
  assert.match(story?.what ?? '', /lost, or GitHub dropped its outputs because they hold a masked value/);
});
