import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerFact, ReleaseRecord } from '../release-record.ts';
import { backendFindings } from './backend-findings.ts';
import { type AppBack, backendLeft, decideBackendBack, decideBackendDeploy } from './decide-backend.ts';

const fact = (kind: LedgerFact['kind'], word: string): LedgerFact => ({ step: 'backend', kind, word, text: '', at: 0 });
const deployed = [fact('intent', 'deploy'), fact('outcome', 'deployed')];
const backTo = (version: string) => [
  ...deployed,
  fact('intent', 'rollback'),
  { ...fact('outcome', 'rolled-back'), text: version },
];
const back = backTo('v1');

function release(id: number, facts: LedgerFact[] = deployed, more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const before = { deploymentId: `dpl_${id - 1}`, version: `v${id - 1}`, commit: `c${id - 1}`, adopted: false };
  const own = { id, key: `1:production:${id}`, version: `v${id}`, commit: `c${id}`, deploymentId: `dpl_${id}` };
  return { ...own, promotion: 'promoted', rollbackTarget: before, facts, ...more } as ReleaseRecord;
}
const app = (decision: string, reasonCode = ''): AppBack => ({ decision, reasonCode });
const newestFirst = (...releases: ReleaseRecord[]) => releases.toReversed();

test('the deploy command runs once: what is deployed is proven, what nobody knows is asked for', () => {
  const decide = (state: Parameters<typeof decideBackendDeploy>[0], repeatable = false) =>
    decideBackendDeploy(state, { repeatable });
  assert.deepEqual([decide('untouched'), decide('back'), decide('failed')], ['run', 'run', 'run']);
  assert.equal(decide('deployed'), 'prove');
  assert.deepEqual([decide('unknown'), decide('unknown', true)], ['ask', 'run']);
});

test('a release that takes itself back takes the backend to the recorded target, also where it was never promoted', () => {
  const target = { deploymentId: 'dpl_1', version: 'v1', commit: 'c1' };
  const own = '1:production:2';
  for (const [decision, to, promotion] of [
    [app('rolled-back', 'breach'), 'dpl_1', 'promoted'],
    [app('not-needed', 'not_promoted'), '', 'none'],
    [app('not-needed', 'not_moved'), '', 'intended'],
  ] as const) {
    const releases = newestFirst(release(1), release(2, deployed, { promotion }));
    const decided = decideBackendBack({ app: decision, to, own, releases });
    assert.equal(decided.do, 'roll-back', decision.reasonCode);
    assert.deepEqual('target' in decided && [decided.target, decided.from.version], [target, 'v2']);
  }
});

test('a run that is started again and refused leaves the backend of what its first attempt brought, or of a newer release', () => {
  const own = '1:production:2';
  const doOf = (...releases: ReleaseRecord[]) =>
    decideBackendBack({ app: app('not-needed', 'not_promoted'), to: '', own, releases: newestFirst(...releases) }).do;
  const outcome = (step: string, word: string) => ({ ...fact('outcome', word), step });
  const live = [...deployed, outcome('promote', 'promoted')];
  assert.equal(doOf(release(1), release(2, live)), 'nothing');
  assert.equal(doOf(release(1), release(2, deployed, { promotion: 'intended' })), 'nothing', 'nobody knows');
  assert.equal(doOf(release(1), release(2, deployed, { promotion: 'none' }), release(3)), 'nothing');
  const tookBack = [...live, outcome('rollback', 'rolled-back')];
  assert.equal(doOf(release(1), release(2, tookBack)), 'roll-back', 'its commands failed when the app went back');
  assert.equal(doOf(release(1), release(2, [...tookBack, outcome('promote', 'promoted')])), 'nothing');
});

test('where the app stays the backend stays: held, failed, proven, nothing deployed, already back', () => {
  const releases = newestFirst(release(1), release(2));
  const own = '1:production:2';
  const doOf = (given: AppBack, all = releases) => decideBackendBack({ app: given, to: '', own, releases: all }).do;
  for (const stays of [app('held', 'cancelled'), app('failed'), app('not-needed', 'verified'), app('')])
    assert.equal(doOf(stays), 'nothing', stays.reasonCode);
  assert.equal(doOf(app('rolled-back'), newestFirst(release(1), release(2, []))), 'nothing');
  assert.equal(doOf(app('rolled-back'), newestFirst(release(1), release(2, back))), 'nothing');
});

test('by hand it goes back over several releases at once; an app that is back already still takes it along', () => {
  const releases = newestFirst(release(1), release(2), release(3));
  const decided = decideBackendBack({ app: app('already-current'), to: 'dpl_1', releases });
  assert.deepEqual('target' in decided && [decided.target.version, decided.from.version], ['v1', 'v3']);
});

test('what was taken back over several releases is not taken back twice; to another target it is', () => {
  const given = { app: app('already-current'), to: 'dpl_1' };
  const [first, second] = [release(1), release(2)];
  const again = decideBackendBack({ ...given, releases: newestFirst(first, second, release(3, backTo('v1'))) });
  assert.equal(again.do, 'nothing');
  const further = decideBackendBack({ ...given, releases: newestFirst(first, second, release(3, backTo('v2'))) });
  assert.deepEqual('target' in further && [further.target.version, further.from.version], ['v1', 'v2']);
  const halfBack = { app: app('rolled-back'), to: 'dpl_2' };
  const forward = decideBackendBack({ ...halfBack, releases: newestFirst(first, second, release(3, backTo('v1'))) });
  assert.equal(
    'target' in forward && forward.target.version,
    'v2',
    'a person went too far, and comes half the way back',
  );
});

test('a target that the ledger does not know leaves it where it is, and that is a failure where one was deployed', () => {
  const given = { app: app('rolled-back'), to: 'dpl_99' };
  const decided = decideBackendBack({ ...given, releases: newestFirst(release(1), release(2)) });
  assert.deepEqual([decided.do, 'reasonCode' in decided && decided.reasonCode], ['fail', 'backend_target_unknown']);
  assert.equal(decideBackendBack({ ...given, releases: [release(1, [])] }).do, 'nothing');
});

test('what a dead release left of the backend is named where the app is not on it', () => {
  assert.match(backendLeft(release(2), 'rolled-back') ?? '', /still be that of v2: dispatch .* v1 /);
  assert.ok(backendLeft(release(2, deployed, { promotion: 'none' }), 'cancelled') !== undefined);
  assert.equal(backendLeft(release(2), 'cancelled'), undefined, 'the app is still on it');
  assert.equal(backendLeft(release(2, back), 'rolled-back'), undefined);
});

test('one command without the other is refused before anything is touched', () => {
  assert.deepEqual(backendFindings(undefined), []);
  assert.deepEqual(backendFindings({ deploy: 'a', rollback: 'b' }), []);
  for (const half of [{ deploy: 'a' }, { rollback: 'b' }, { status: 'c' }]) {
    const [finding] = backendFindings(half);
    assert.deepEqual([finding?.code, finding?.severity], ['backend_incomplete', 'refuse']);
  }
  assert.match(backendFindings({ deploy: 'a' })[0]?.message ?? '', /has backend\.deploy and no backend\.rollback/);
});
