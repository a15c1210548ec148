import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import type { Finished } from './finished.ts';
import { openLedger } from './ledger.ts';
import { readLocks, readOpenLocks, takeLock } from './lock.ts';
import { preflight } from './preflight.ts';
import { readRecentReleases } from './read-environment.ts';
import { reconcile } from './reconcile.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
import { formatRollbackNote } from './rollback-note.ts';
import { unlock } from './unlock.ts';

let scene: Scene;
let number = 0;
let environment = '';
let [good, bad] = ['', ''];
let released: ReleaseHandle;

before(async () => {
  scene = await setScene({ vercel: { aliasDelayMs: 1 } });
});
after(() => scene.close());

/** An environment whose newest release is live and proven. */
beforeEach(async () => {
  number += 1;
  environment = `production-${number}`;
  const { github, project } = await scene.connect();
  good = await scene.goLive({ opsVersion: 'v1.0.0' });
  bad = await scene.goLive({ opsVersion: 'v1.1.0' });
  await project.setAutoAssign(true);
  released = await scene.open({ runId: 9_000 + number, environment, target: good, version: 'v1.1.0' });
  await openLedger(github, released).record('promote', 'outcome', 'promoted', bad);
  await openLedger(github, released).record('release', 'outcome', 'released');
});

const keyOf = () => `${scene.sandbox.description.github.repository}:${environment}:by-hand-17329000000${number + 10}`;

/** What a laptop does to Vercel while GitHub does not answer. */
async function rollBackSilently(
  description = formatRollbackNote({ key: keyOf(), reason: 'checkout fails', operator: 'ada' }),
) {
  const { project } = await scene.connect();
  await project.rollBack(good, { description });
  await project.setAutoAssign(false);
}

async function reconciled(endedRuns: number[] = [], more: { die?: () => void } = {}) {
  const { github, project } = await scene.connect();
  const told: Finished[] = [];
  const since = scene.sandbox.requests().length;
  const outcome = await reconcile(
    {
      github,
      project,
      ...quietDependencies,
      tell: async (finished) => {
        more.die?.();
        told.push(finished);
      },
    },
    {
      settings: scene.settings({ environment }),
      repository: github.repository,
      repositoryId: String(scene.sandbox.repositoryId),
      endedRuns,
    },
  );
  const writes = scene.sandbox
    .requests()
    .slice(since)
    .filter(({ method }) => method !== 'GET');
  return {
    outcome,
    told,
    github: writes.filter(({ service }) => service === 'github'),
    moves: writes.filter(({ path }) => /\/(promote|rollback)\//.test(path)),
  };
}

async function entry() {
  const { github } = await scene.connect();
  const [found, ...others] = await readRecentReleases(github, environment);
  assert.equal(others.length, 0);
  return found;
}

test('lock, entry and people get what GitHub did not see, once, and production stays where it is', async () => {
  await rollBackSilently();
  const { outcome, told, moves } = await reconciled();
  assert.deepEqual([told.length, moves.length, scene.served()], [1, 0, good]);
  const [finished] = told;
  assert.deepEqual([finished?.decision, finished?.reasonCode, finished?.key], ['rolled-back', 'imported', keyOf()]);
  assert.match(
    finished?.what ?? '',
    /was rolled back to v1\.0\.0 \(dpl_\w+\) at \d{4}-\S+Z by ada, Vercel user sandbox-user while GitHub .*: checkout fails\. The lock and the record were completed now; nothing was moved/,
  );
  assert.deepEqual([outcome.finished, outcome.warnings, outcome.alarming], [told, [], false]);

  const { github, project } = await scene.connect();
  const [lock, ...more] = await readOpenLocks(github, environment);
  assert.equal(more.length, 0);
  assert.deepEqual(
    [lock?.key, lock?.target, lock?.from, lock?.autoAssign, lock?.rollback],
    [keyOf(), { deploymentId: good, version: 'v1.0.0' }, bad, true, 'rolled-back'],
  );
  assert.match(lock?.reason ?? '', /^checkout fails \(while GitHub was silent, \d{4}-.*Z\)$/);
  assert.equal((lock?.expiresAt ?? 0) - (lock?.createdAt ?? 0), 24 * 3_600_000);
  const left = await entry();
  assert.equal(left?.rolledBack, true);
  assert.match(
    left?.facts.at(-1)?.text ?? '',
    new RegExp(`^${bad} -> ${good} imported \\d{4}-\\d\\d-\\d\\dT[\\d:]+Z$`),
  );

  const next = await preflight(
    { github, openProject: async () => project },
    {
      settings: scene.settings({ environment }),
      key: 'next',
      runId: 1,
      commit: released.commit,
      version: 'v1.2.0',
      workspace: scene.workspace,
      vercelApiUrl: scene.sandbox.description.vercel.apiUrl,
      dryRun: false,
      resume: false,
      bypassSecretGiven: false,
      recipients: [],
      throwAway: false,
      findings: [],
    },
  );
  assert.equal(next.decision, 'refused');
  assert.ok(next.findings.some(({ message }) => message.includes('is locked') && message.includes('checkout fails')));

  const again = await reconciled();
  assert.deepEqual([again.told, again.github, again.outcome.warnings], [[], [], []]);
  const lifted = await unlock(
    { github, project },
    { environment, production: true, reason: 'mended', key: 'me', autoAssignDefault: false },
  );
  assert.equal(lifted.autoAssign, true, 'as the release found it');
  assert.deepEqual((await reconciled()).github, []);
});

test('what GitHub has already is not written twice: it came back in the middle', async () => {
  const { github } = await scene.connect();
  const payload = { schemaVersion: 1 as const, environment, production: true, ref: released.commit, key: keyOf() };
  await rollBackSilently();
  await takeLock(github, {
    ...payload,
    reason: 'r',
    runId: 0,
    target: { deploymentId: good },
    from: bad,
    expiresAfterMs: 60_000,
  });
  const first = await reconciled();
  assert.equal(first.told.length, 1);
  assert.equal((await readLocks(github, environment)).length, 1);
  assert.deepEqual([(await entry())?.rolledBack, (await reconciled()).github], [true, []]);
});

test('an import that dies before people know tells them again, and two at once write one lock', async () => {
  await rollBackSilently();
  const died = reconciled([], {
    die: () => {
      throw new Error('gone');
    },
  });
  await assert.rejects(died, /gone/);
  const [one, two] = await Promise.all([reconciled(), reconciled()]);
  assert.deepEqual([one.told.length >= 1 || two.told.length >= 1, one.moves.length + two.moves.length], [true, 0]);
  const { github } = await scene.connect();
  assert.equal((await readOpenLocks(github, environment)).length, 1);
  assert.deepEqual((await reconciled()).github, []);
});

test('two imports that begin together hold one lock', async () => {
  await rollBackSilently();
  await Promise.all([reconciled(), reconciled()]);
  const { github } = await scene.connect();
  const open = await readOpenLocks(github, environment);
  assert.deepEqual(
    open.map(({ rollback }) => rollback),
    ['rolled-back'],
  );
  assert.deepEqual((await reconciled()).github, []);
});

test('a rollback of somebody in the dashboard, with or without a text like ours, is left as it is', async () => {
  const texts = ['orders were lost', 'x (acme/other:production:by-hand-1732900000000)', `x (99:${environment}:4)`];
  for (const text of texts) {
    const { project } = await scene.connect();
    await project.promote(bad, {});
    await rollBackSilently(text);
    const { told, github } = await reconciled();
    assert.deepEqual([told, github], [[], []], text);
  }
});

test('hostile text in a note stays text', async () => {
  const reason = `::stop-commands::x </details> @team \u001b[31m'; touch x #\u202e`;
  await rollBackSilently(formatRollbackNote({ key: keyOf(), reason, operator: '::add-mask::' }));
  const { told } = await reconciled();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the purpose
  assert.doesNotMatch(JSON.stringify(told), /[\u001b\u202e]|\\u001b|\\u202e/);
  const { github } = await scene.connect();
  const [lock] = await readOpenLocks(github, environment);
  assert.match(lock?.reason ?? '', /^::stop-commands::x <\/details> @team '; touch x # \(/);
});

test('a note that bears the key of another rollback is not believed, and said', async () => {
  const { github } = await scene.connect();
  const payload = { schemaVersion: 1 as const, environment, production: true, ref: released.commit, key: keyOf() };
  await takeLock(github, {
    ...payload,
    reason: 'r',
    runId: 0,
    target: { deploymentId: 'dpl_other' },
    expiresAfterMs: 60_000,
  });
  await rollBackSilently();
  const { told, outcome, github: writes } = await reconciled();
  assert.deepEqual([told, writes], [[], []]);
  assert.match(outcome.warnings.join(), /bears the key of lock \d+, which names dpl_other: nothing was imported/);
});

test('a note of an earlier rollback is none of the one without', async () => {
  await rollBackSilently();
  await reconciled();
  const { github, project } = await scene.connect();
  await unlock({ github, project }, { environment, production: true, reason: 'm', key: 'me', autoAssignDefault: true });
  const { rollbackDescription: old } = scene.sandbox.vercel.project;
  assert.ok(old);
  await project.promote(bad, {});
  await project.rollBack(good, {});
  scene.sandbox.vercel.project.rollbackDescription = { ...old, createdAt: old.createdAt - 60_000 };
  assert.equal((await project.readState()).pinnedRollback?.description, undefined);
  assert.deepEqual((await reconciled()).told, []);
});

test('a run that goes on is left alone; a dead release that took itself back is closed by its lock', async () => {
  const { github, project } = await scene.connect();
  await project.promote(bad, {});
  const dead = await scene.open({
    runId: 9_500 + number,
    environment,
    target: good,
    version: 'v1.2.0',
    commit: scene.commits[1] ?? '',
  });
  await openLedger(github, dead).record('promote', 'intent', bad);
  await rollBackSilently(formatRollbackNote({ key: dead.key, reason: 'v1.2.0: error rate' }));
  assert.deepEqual((await reconciled()).github, [], 'its run may go on');
  const { told, moves } = await reconciled([dead.runId]);
  assert.deepEqual([told.map(({ decision }) => decision), moves.length, scene.served()], [['rolled-back'], 0, good]);
  const [lock] = await readOpenLocks(github, environment);
  assert.deepEqual([lock?.key, lock?.rollback], [dead.key, 'rolled-back']);
  assert.deepEqual((await reconciled([dead.runId])).github, []);
});

test('a dead release that somebody took back meanwhile ends as rolled back', async () => {
  const { github, project } = await scene.connect();
  const version = 'v1.2.0';
  const id = await scene.stage({ opsVersion: version });
  const dead = await scene.open({ runId: 9_600 + number, environment, target: bad, version });
  const ledger = openLedger(github, dead);
  await ledger.record('promote', 'intent', id);
  await project.promote(id, {});
  await ledger.record('promote', 'outcome', 'promoted', id);
  await rollBackSilently();
  const { told, moves } = await reconciled([dead.runId]);
  const ends = told.map(({ key, decision }) => [key, decision]);
  assert.deepEqual(ends, [
    [keyOf(), 'rolled-back'],
    [dead.key, 'rolled-back'],
  ]);
  const [newest] = await readRecentReleases(github, environment);
  assert.deepEqual([newest?.key, newest?.decision, newest?.rolledBack], [dead.key, 'rolled-back', true]);
  assert.deepEqual([moves.length, scene.served()], [0, good]);
  assert.deepEqual((await reconciled([dead.runId])).github, []);
});

test('of two rollbacks in one silence both releases that were left say so', async () => {
  const { github, project } = await scene.connect();
  const worse = await scene.goLive({ opsVersion: 'v1.2.0' });
  // GitHub's times are whole seconds.
  await quietDependencies.clock.sleep(1_100);
  const newest = await scene.open({ runId: 9_800 + number, environment, target: bad, version: 'v1.2.0' });
  await openLedger(github, newest).record('promote', 'outcome', 'promoted', worse);
  await openLedger(github, newest).record('release', 'outcome', 'released');
  await project.rollBack(bad, { description: formatRollbackNote({ key: keyOf(), reason: 'first' }) });
  await rollBackSilently();
  const { told, outcome } = await reconciled();
  assert.match(told[0]?.what ?? '', /checkout fails\. v1\.2\.0 had been taken back before, unseen, too\. The lock/);
  const releases = await readRecentReleases(github, environment);
  assert.deepEqual(
    releases.map(({ version, rolledBack }) => [version, rolledBack]),
    [
      ['v1.2.0', true],
      ['v1.1.0', true],
    ],
  );
  assert.deepEqual([told.length, outcome.warnings, (await reconciled()).github], [1, [], []]);
});

test('unlock writes the rollback down before it is lifted', async () => {
  await rollBackSilently();
  const { github, project } = await scene.connect();
  const { lifted, message } = await unlock(
    { github, project },
    { environment, production: true, reason: 'mended', key: 'me', autoAssignDefault: false },
  );
  assert.match(message, / is unlocked \(.*The rollback to dpl_\w+ while GitHub was silent is written down now\.$/);
  assert.deepEqual(
    lifted.map(({ key }) => key),
    [keyOf()],
  );
  assert.equal((await entry())?.rolledBack, true, 'no way back later');
  assert.equal((await project.readState()).autoAssign, true);
  assert.deepEqual((await reconciled()).github, []);
});

test('unlock writes down what a run of GitHub did a moment ago, too', async () => {
  const runId = 9_700 + number;
  const key = `${scene.sandbox.repositoryId}:${environment}:${runId}`;
  await rollBackSilently(formatRollbackNote({ key, reason: 'checkout fails' }));
  const { github, project } = await scene.connect();
  const { lifted } = await unlock(
    { github, project },
    { environment, production: true, reason: 'mended', key: 'me', autoAssignDefault: true },
  );
  assert.deepEqual(
    lifted.map((lock) => [lock.key, lock.runId]),
    [[key, runId]],
  );
  assert.equal((await entry())?.rolledBack, true, 'no way back later');
});

test('the second "previous" is told that it is done, whether or not GitHub saw the first', async () => {
  await rollBackSilently();
  const { github, project } = await scene.connect();
  const silent = { ...github, listDeployments: () => Promise.reject(new Error('503')) };
  const previous = async (through: typeof github) =>
    await rollBackByHand(
      { github: through, project, ...quietDependencies },
      {
        settings: scene.settings({ environment }),
        key: `${github.repository}:${environment}:by-hand-1732900000999`,
        runId: 0,
        commit: released.commit,
        target: 'previous',
        reason: 'broken',
        dryRun: false,
        lockExpiryMs: 60_000,
        promoteInstead: false,
      },
    );
  for (const through of [silent, github]) {
    const outcome = await previous(Object.assign(Object.create(github), through));
    assert.deepEqual(
      [outcome.decision, 'reasonCode' in outcome && outcome.reasonCode],
      ['already-current', 'already_rolled_back'],
    );
  }
  assert.equal(scene.served(), good);
});
