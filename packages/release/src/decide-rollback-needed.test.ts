import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideRollbackNeeded, mustAskWhatIsServed, type RollbackFacts } from './decide-rollback-needed.ts';
import { releaseModes } from './release-handle.ts';

const good: RollbackFacts = {
  hasRelease: true,
  mode: 'auto',
  jobStatus: 'success',
  promote: { outcome: 'success', decision: 'promoted' },
  health: { outcome: 'success' },
  smoke: { outcome: 'skipped' },
  watch: { outcome: 'success', decision: 'pass' },
  serving: 'new',
  foreignLock: false,
  hasTarget: true,
};
const breach = { outcome: 'failure', decision: 'would-roll-back', reason: '12.5 % above 2 %' } as const;
const unheard = { outcome: '', decision: '' } as const;
const cancelled = { jobStatus: 'cancelled', watch: { outcome: 'cancelled', decision: 'cancelled' } } as const;

const table: { name: string; facts: Partial<RollbackFacts>; act: string; reason: string }[] = [
  { name: 'preflight left nothing', facts: { hasRelease: false }, act: 'not-needed', reason: 'nothing_started' },
  { name: 'never promoted', facts: { promote: unheard, watch: unheard }, act: 'not-needed', reason: 'not_promoted' },
  {
    name: 'cancelled before the promotion',
    facts: { promote: { outcome: 'skipped', decision: '' }, watch: unheard, jobStatus: 'cancelled' },
    act: 'not-needed',
    reason: 'not_promoted',
  },
  { name: 'everything passed', facts: {}, act: 'not-needed', reason: 'verified' },
  {
    name: 'live at once and passed',
    facts: { promote: { outcome: 'success', decision: 'already-current' } },
    act: 'not-needed',
    reason: 'verified',
  },
  {
    name: 'handed off to later runs',
    facts: { watch: { outcome: 'success', decision: 'watch-continues' } },
    act: 'not-needed',
    reason: 'verified',
  },
  ...(['new', 'other', 'mixed', 'unknown'] as const).map((serving) => ({
    name: `breach that a later run saw, production serving: ${serving}`,
    facts: { promote: { outcome: 'success', decision: 'handed-off' }, watch: breach, serving } as const,
    act: serving === 'other' ? 'not-needed' : 'roll-back',
    reason: serving === 'other' ? 'superseded' : 'breach',
  })),
  {
    name: 'a later run without a verdict, in a mode that asks, and a newer release is live',
    facts: {
      mode: 'notify',
      promote: { outcome: 'success', decision: 'handed-off' },
      watch: { outcome: 'failure', decision: '' },
      serving: 'other',
    },
    act: 'not-needed',
    reason: 'superseded',
  },
  {
    name: 'passed in a later run',
    facts: { promote: { outcome: 'success', decision: 'handed-off' }, serving: 'unknown' },
    act: 'not-needed',
    reason: 'verified',
  },
  { name: 'held', facts: { watch: { outcome: 'success', decision: 'held' } }, act: 'not-needed', reason: 'verified' },
  {
    name: 'health failed',
    facts: { health: { outcome: 'failure' }, watch: unheard },
    act: 'roll-back',
    reason: 'health_failed',
  },
  {
    name: 'health failed in mode observe',
    facts: { mode: 'observe', health: { outcome: 'failure' }, watch: unheard },
    act: 'roll-back',
    reason: 'health_failed',
  },
  {
    name: 'smoke tests failed',
    facts: { smoke: { outcome: 'failure' }, watch: unheard },
    act: 'roll-back',
    reason: 'smoke_failed',
  },
  {
    name: 'breach about which people are asked',
    facts: { mode: 'approve', watch: { ...breach, decision: 'asked' } },
    act: 'not-needed',
    reason: 'asked',
  },
  {
    name: 'people approved',
    facts: { mode: 'approve', watch: { ...breach, decision: 'approved' } },
    act: 'roll-back',
    reason: 'approved',
  },
  {
    name: 'people approved while somebody rolls back by hand',
    facts: { mode: 'approve', watch: { ...breach, decision: 'approved' }, foreignLock: true },
    act: 'not-needed',
    reason: 'superseded',
  },
  {
    name: 'nobody answered',
    facts: { mode: 'approve', watch: { ...breach, decision: 'unanswered' } },
    act: 'roll-back',
    reason: 'unanswered',
  },
  {
    name: 'nobody answered, and a newer release went live meanwhile',
    facts: { mode: 'approve', watch: { ...breach, decision: 'unanswered' }, serving: 'other' },
    act: 'not-needed',
    reason: 'superseded',
  },
  {
    name: 'people declined',
    facts: { mode: 'approve', watch: { ...breach, decision: 'declined' } },
    act: 'not-needed',
    reason: 'declined',
  },
  { name: 'breach in mode auto', facts: { watch: breach }, act: 'roll-back', reason: 'breach' },
  {
    name: 'breach in mode approve',
    facts: { mode: 'approve', watch: breach },
    act: 'not-needed',
    reason: 'would_roll_back',
  },
  {
    name: 'breach in mode notify',
    facts: { mode: 'notify', watch: breach },
    act: 'not-needed',
    reason: 'would_roll_back',
  },
  { name: 'breach in mode observe', facts: { mode: 'observe', watch: breach }, act: 'not-needed', reason: 'observed' },
  {
    name: 'breach of a rule that only notifies, in mode auto',
    facts: { watch: { ...breach, decision: 'breach' } },
    act: 'not-needed',
    reason: 'would_roll_back',
  },
  {
    name: 'breach without a way back',
    facts: { watch: breach, hasTarget: false },
    act: 'hold',
    reason: 'no_previous_deployment',
  },
  {
    name: 'breach under the lock of another rollback',
    facts: { watch: breach, foreignLock: true },
    act: 'not-needed',
    reason: 'superseded',
  },
  {
    name: 'the watch was superseded',
    facts: { watch: { outcome: 'failure', decision: 'superseded' } },
    act: 'not-needed',
    reason: 'superseded',
  },
  {
    name: 'the promotion was superseded',
    facts: { promote: { outcome: 'failure', decision: 'superseded' }, watch: unheard },
    act: 'not-needed',
    reason: 'superseded',
  },
  { name: 'cancelled during the watch', facts: cancelled, act: 'roll-back', reason: 'cancelled' },
  {
    name: 'cancelled during the watch, mode notify',
    facts: { ...cancelled, mode: 'notify' },
    act: 'hold',
    reason: 'cancelled',
  },
  {
    name: 'the watch broke',
    facts: { watch: { outcome: 'failure', decision: 'could-not-run' } },
    act: 'roll-back',
    reason: 'no_verdict',
  },
  {
    name: 'the watch broke, mode observe',
    facts: { mode: 'observe', watch: { outcome: 'failure', decision: '' } },
    act: 'hold',
    reason: 'no_verdict',
  },
  {
    name: 'the promotion failed, nothing moved',
    facts: { promote: { outcome: 'failure', decision: 'failed' }, serving: 'other', watch: unheard },
    act: 'not-needed',
    reason: 'not_moved',
  },
  {
    name: 'the promotion is still under way at Vercel',
    facts: { promote: { outcome: 'failure', decision: 'failed' }, serving: 'pending', watch: unheard },
    act: 'hold',
    reason: 'promotion_pending',
  },
  {
    name: 'the promotion failed half-way',
    facts: { promote: { outcome: 'failure', decision: 'failed' }, serving: 'mixed', watch: unheard },
    act: 'roll-back',
    reason: 'promotion_failed',
  },
  {
    name: 'the promotion failed but landed',
    facts: {
      mode: 'observe',
      promote: { outcome: 'failure', decision: 'could-not-run' },
      serving: 'new',
      watch: unheard,
    },
    act: 'roll-back',
    reason: 'promotion_failed',
  },
  {
    name: 'a stage of a rolling release failed',
    facts: { promote: { outcome: 'failure', decision: 'failed' }, serving: 'rolling', watch: unheard },
    act: 'roll-back',
    reason: 'stage_failed',
  },
  {
    name: 'a stage of a rolling release is bad in a mode that only tells',
    facts: {
      mode: 'notify',
      promote: { outcome: 'failure', decision: 'would-roll-back', reason: 'At 30 %: new: 34.1 %' },
      serving: 'rolling',
      watch: unheard,
      jobStatus: 'failure',
    },
    act: 'not-needed',
    reason: 'would_roll_back',
  },
  {
    name: 'cancelled in a stage of a rolling release, in a mode that asks',
    facts: {
      mode: 'approve',
      promote: { outcome: 'cancelled', decision: '' },
      serving: 'rolling',
      watch: unheard,
      jobStatus: 'cancelled',
    },
    act: 'roll-back',
    reason: 'cancelled',
  },
  {
    name: 'queued behind a rolling release',
    facts: { promote: { outcome: 'failure', decision: 'queued' }, serving: 'other', watch: unheard },
    act: 'not-needed',
    reason: 'not_moved',
  },
  {
    name: 'cancelled while promoting, landed',
    facts: {
      promote: { outcome: 'cancelled', decision: 'cancelled' },
      serving: 'new',
      watch: unheard,
      jobStatus: 'cancelled',
    },
    act: 'roll-back',
    reason: 'cancelled',
  },
  {
    name: 'cancelled while promoting, landed, mode approve',
    facts: {
      mode: 'approve',
      promote: { outcome: 'cancelled', decision: 'cancelled' },
      serving: 'new',
      watch: unheard,
      jobStatus: 'cancelled',
    },
    act: 'hold',
    reason: 'cancelled',
  },
  {
    name: 'cancelled while promoting, half-way, mode approve',
    facts: {
      mode: 'approve',
      promote: { outcome: 'cancelled', decision: '' },
      serving: 'mixed',
      watch: unheard,
      jobStatus: 'cancelled',
    },
    act: 'roll-back',
    reason: 'cancelled',
  },
  {
    name: 'cancelled while promoting, nothing moved',
    facts: {
      promote: { outcome: 'cancelled', decision: '' },
      serving: 'other',
      watch: unheard,
      jobStatus: 'cancelled',
    },
    act: 'not-needed',
    reason: 'not_moved',
  },
];

for (const { name, facts, act, reason } of table) {
  test(`Rollback needed: ${name}`, () => {
    const decision = decideRollbackNeeded({ ...good, ...facts });
    assert.deepEqual([decision.act, decision.reasonCode], [act, reason]);
    assert.notEqual(decision.reason, '');
  });
}

const outcome = fc.constantFrom('success', 'failure', 'cancelled', 'skipped', '') as fc.Arbitrary<'success'>;
const anyFacts: fc.Arbitrary<RollbackFacts> = fc.record({
  hasRelease: fc.boolean(),
  mode: fc.constantFrom(...releaseModes),
  jobStatus: fc.constantFrom('success', 'failure', 'cancelled', ''),
  promote: fc.record({
    outcome,
    decision: fc.constantFrom(
      'promoted',
      'already-current',
      'handed-off',
      'queued',
      'superseded',
      'failed',
      'cancelled',
      '',
    ),
  }),
  health: fc.record({ outcome }),
  smoke: fc.record({ outcome }),
  watch: fc.record({
    outcome,
    decision: fc.constantFrom('pass', 'held', 'would-roll-back', 'superseded', 'could-not-run', ''),
  }),
  serving: fc.constantFrom('new', 'other', 'mixed', 'unknown', 'pending'),
  foreignLock: fc.boolean(),
  hasTarget: fc.boolean(),
});

test('A later run asks what is served before it takes a release back, and only then', () => {
  const promote = { outcome: 'success', decision: 'handed-off' } as const;
  assert.equal(mustAskWhatIsServed({ ...good, promote, watch: breach }), true);
  assert.equal(mustAskWhatIsServed({ ...good, promote }), false);
  assert.equal(mustAskWhatIsServed({ ...good, watch: breach }), false, 'the job that promoted it has just looked');
});

test('Nothing is moved before a promotion, without a target, or under the lock of another rollback', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { act } = decideRollbackNeeded(facts);
      const untouched = facts.promote.outcome === '' || facts.promote.outcome === 'skipped';
      if (!facts.hasRelease || untouched) assert.equal(act, 'not-needed');
      if (act === 'roll-back') assert.ok(facts.hasTarget && !facts.foreignLock);
    }),
  );
});

test('In mode auto a promoted release is never left without a verdict while there is a way back', () => {
  const promoted: fc.Arbitrary<RollbackFacts> = fc
    .tuple(anyFacts, fc.constantFrom('promoted', 'already-current'))
    .map(([facts, decision]) => ({
      ...facts,
      hasRelease: true,
      mode: 'auto',
      promote: { outcome: 'success', decision },
      foreignLock: false,
      hasTarget: true,
    }));
  fc.assert(
    fc.property(promoted, (facts) => {
      fc.pre(facts.watch.decision !== 'superseded');
      const proven = facts.watch.decision === 'pass' || facts.watch.decision === 'held';
      const broken = facts.health.outcome === 'failure' || facts.smoke.outcome === 'failure';
      assert.equal(decideRollbackNeeded(facts).act, proven && !broken ? 'not-needed' : 'roll-back');
    }),
  );
});
