import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideMove, isOurs, type MoveView, roleIn, type Sent } from './decide-move.ts';

const request = fc.record({
  type: fc.constantFrom('promote' as const, 'rollback' as const),
  jobStatus: fc.constantFrom('pending', 'in-progress', 'succeeded', 'failed', 'skipped'),
  toDeploymentId: fc.constantFrom('dpl_target', 'dpl_old', 'dpl_other'),
  requestedAt: fc.integer({ min: 0, max: 20_000 }),
});
const view: fc.Arbitrary<MoveView> = fc.record({
  type: fc.constantFrom('promote' as const, 'rollback' as const),
  target: fc.constant('dpl_target'),
  sent: fc.constantFrom<Sent>('not-yet', 'accepted', 'queued', 'unanswered', 'conflict'),
  before: fc.option(request as fc.Arbitrary<NonNullable<MoveView['before']>>, { nil: undefined }),
  since: fc.integer({ min: 0, max: 10_000 }),
  last: fc.option(request as fc.Arbitrary<NonNullable<MoveView['last']>>, { nil: undefined }),
  blocked: fc.boolean(),
  served: fc.array(
    fc.record({ host: fc.constant('app.example.com'), by: fc.constantFrom('dpl_target', 'dpl_old', undefined) }),
    { minLength: 1, maxLength: 3 },
  ),
  rolling: fc.constantFrom('none' as const, 'canary' as const, 'queued' as const, 'other' as const),
  now: fc.integer({ min: 0, max: 30_000 }),
  sentAt: fc.integer({ min: 0, max: 30_000 }),
  readAt: fc.integer({ min: 0, max: 30_000 }),
  deadlineAt: fc.integer({ min: 0, max: 30_000 }),
});

test('success is claimed only when every domain is on the target', () => {
  fc.assert(
    fc.property(view, (given) => {
      const next = decideMove(given);
      if (next.do !== 'end' || (next.outcome !== 'moved' && next.outcome !== 'already-current')) return;
      assert.ok(given.served.every(({ by }) => by === given.target));
    }),
  );
});

test('nothing is sent again while ours may still be under way, and nothing at all once the deadline has passed', () => {
  fc.assert(
    fc.property(view, (given) => {
      if (decideMove(given).do !== 'send') return;
      assert.ok(given.now < given.deadlineAt);
      assert.ok(!isOurs(given));
      assert.ok(given.sent !== 'accepted' && given.sent !== 'queued');
    }),
  );
});

test('a request without an answer is sent again only after a look at the project, long enough after it', () => {
  fc.assert(
    fc.property(view, fc.nat(4_000), ({ sentAt, ...given }, looked) => {
      const served = [{ host: 'app.example.com', by: 'dpl_old' }];
      const now = sentAt + 30_000;
      const blind: MoveView = { ...given, sent: 'unanswered', last: undefined, served, rolling: 'none', now, sentAt };
      const next = decideMove({ ...blind, readAt: sentAt + looked, deadlineAt: now + 1 });
      assert.equal(next.do, looked < 2_000 ? 'wait' : 'send');
    }),
  );
});

test('what somebody else has sent and Vercel carries out is not sent again, unless it has shown as running for too long', () => {
  fc.assert(
    fc.property(view, fc.constantFrom('pending', 'in-progress'), fc.nat(12_000), (given, jobStatus, waited) => {
      const { type, target: toDeploymentId, now } = given;
      const last = { type, jobStatus, toDeploymentId, requestedAt: 1 } as NonNullable<MoveView['last']>;
      const served = [{ host: 'app.example.com', by: 'dpl_old' }];
      const twin: MoveView = { ...given, sent: 'not-yet', last, served, rolling: 'none' };
      const next = decideMove({ ...twin, sentAt: now - waited, readAt: now, deadlineAt: now + 1 });
      assert.equal(next.do, waited < 10_000 ? 'wait' : 'send');
      assert.equal(
        decideMove({ ...twin, last: { ...last, toDeploymentId: 'dpl_other' }, deadlineAt: now + 1 }).do,
        'send',
      );
    }),
  );
});

test('every view past its deadline ends, with a message that names the target', () => {
  fc.assert(
    fc.property(view, (given) => {
      const next = decideMove({ ...given, now: given.deadlineAt });
      assert.ok(next.do === 'end' && next.message.includes('dpl_target'));
    }),
  );
});

test('the way back is not there while another canary answers visitors, whatever the domains show', () => {
  fc.assert(
    fc.property(view, (given) => {
      const next = decideMove({ ...given, type: 'rollback', rolling: 'other' });
      if (next.do === 'end') assert.ok(next.outcome !== 'moved' && next.outcome !== 'already-current', next.message);
    }),
  );
});

test('what a deployment is to a rolling release', () => {
  const active = {
    state: 'ACTIVE',
    canaryDeploymentId: 'dpl_a',
    currentDeploymentId: 'dpl_b',
    queuedDeploymentId: 'dpl_c',
  };
  const roles = ['dpl_a', 'dpl_b', 'dpl_c'].map((id) => roleIn(active, id));
  assert.deepEqual(roles, ['canary', 'other', 'queued']);
  assert.deepEqual([roleIn({ ...active, state: 'ABORTED' }, 'dpl_a'), roleIn(undefined, 'dpl_a')], ['none', 'none']);
});

test('a request is ours only by type, target and time', () => {
  const base: MoveView = {
    type: 'promote',
    target: 'dpl_target',
    sent: 'accepted',
    before: undefined,
    since: 5_000,
    last: { type: 'promote', jobStatus: 'pending', toDeploymentId: 'dpl_target', requestedAt: 5_100 },
    blocked: false,
    served: [],
    rolling: 'none',
    now: 5_200,
    sentAt: 5_050,
    readAt: 5_050,
    deadlineAt: 9_000,
  };
  const last = base.last as NonNullable<MoveView['last']>;
  assert.ok(isOurs(base));
  assert.ok(!isOurs({ ...base, last: { ...last, type: 'rollback' } }));
  assert.ok(!isOurs({ ...base, last: { ...last, toDeploymentId: 'dpl_other' } }));
  assert.ok(!isOurs({ ...base, last: { ...last, requestedAt: 4_999 } }));
  assert.ok(!isOurs({ ...base, before: last }));
});
