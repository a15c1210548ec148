import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideSuperseded, type SupersedingFacts } from './decide-superseded.ts';

const own = { key: '1:production:100', runId: 100, openedAt: 1_000, commit: 'c'.repeat(40), version: 'v1.0.0' };
const base: SupersedingFacts = { own, promoted: [], comparison: 'ahead', requireAncestor: false };
const newer = { key: '1:production:101', runId: 101, openedAt: 900, version: 'v1.1.0' };

const table: { name: string; facts: Partial<SupersedingFacts>; reason?: string; notes?: number }[] = [
  { name: 'newer code and nothing else', facts: {} },
  { name: 'nothing in production yet', facts: { comparison: undefined } },
  { name: 'a re-run of v1.0.0 after v1.1.0', facts: { promoted: [newer] }, reason: 'newer_release' },
  { name: 'an older run that was promoted', facts: { promoted: [{ ...newer, runId: 99 }] } },
  { name: 'our own earlier attempt', facts: { promoted: [{ ...newer, key: own.key }] } },
  {
    name: 'without run ids the later opened one is newer',
    facts: { promoted: [{ ...newer, runId: 0, openedAt: 2_000 }] },
    reason: 'newer_release',
  },
  { name: 'without run ids an earlier opened one', facts: { promoted: [{ ...newer, runId: 0, openedAt: 500 }] } },
  { name: 'older code than production', facts: { comparison: 'behind' }, reason: 'older_commit' },
  { name: 'the same commit', facts: { comparison: 'identical' } },
  { name: 'diverged is said', facts: { comparison: 'diverged' }, notes: 1 },
  {
    name: 'diverged is refused where an ancestor is required',
    facts: { comparison: 'diverged', requireAncestor: true },
    reason: 'diverged',
  },
  {
    name: 'older code with a reason is said',
    facts: { comparison: 'behind', allowOlder: 'v2 corrupts carts' },
    notes: 1,
  },
  { name: 'an empty reason is none', facts: { comparison: 'behind', allowOlder: '' }, reason: 'older_commit' },
];

for (const { name, facts, reason, notes } of table) {
  test(`Superseded: ${name}`, () => {
    const decision = decideSuperseded({ ...base, ...facts });
    assert.equal(decision.reasonCode, reason);
    assert.equal(decision.superseded, reason !== undefined);
    assert.equal(decision.notes.length, notes ?? 0);
    if (reason !== undefined) assert.match(decision.message ?? '', /allow-older/);
  });
}

test('Of two runs exactly one supersedes the other, in whatever order they start', () => {
  const run = fc.record({ runId: fc.integer({ min: 1, max: 50 }), openedAt: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(run, run, (a, b) => {
      fc.pre(a.runId !== b.runId);
      const first = { ...own, ...a, key: 'a' };
      const second = { ...own, ...b, key: 'b' };
      const stopped = [
        decideSuperseded({ ...base, own: first, promoted: [second] }).superseded,
        decideSuperseded({ ...base, own: second, promoted: [first] }).superseded,
      ];
      assert.deepEqual(stopped, [a.runId < b.runId, b.runId < a.runId]);
    }),
  );
});
