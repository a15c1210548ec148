import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VercelDeployment } from '#vercel/project';
import {
  assessCandidates,
  choosePrevious,
  chooseRollbackTarget,
  type EnvironmentHistory,
  listCandidates,
} from './choose-rollback-target.ts';
import type { ReleaseRecord } from './release-record.ts';
import { readWantedTarget, resolveTarget } from './resolve-target.ts';

function deployment(id: string, createdAt: number, more: Partial<VercelDeployment> = {}): VercelDeployment {
  return {
    id,
    url: `${id.replace('_', '-')}.vercel.app`,
    readyState: 'READY',
    readySubstate: 'PROMOTED',
    target: 'production',
    projectId: 'prj_1',
    createdAt,
    aliases: [],
    isRollbackCandidate: true,
    meta: {},
    ...more,
  };
}

function release(deploymentId: string, decision: string | undefined, more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const runId = Number(/\d+/.exec(deploymentId)?.[0] ?? 1);
  return {
    id: runId,
    environment: 'production',
    key: `1:production:${runId}`,
    runId,
    commit: String(runId).repeat(40).slice(0, 40),
    version: `v1.${runId}.0`,
    openedAt: runId * 1000,
    as: 'production',
    mode: 'auto',
    firstDeployment: false,
    deploymentId,
    promotion: 'promoted',
    promotedAt: runId * 1000,
    rolledBack: decision === 'rolled-back',
    decision,
    unwatched: false,
    facts: [],
    ...more,
  };
}

function history(deployments: VercelDeployment[], releases: ReleaseRecord[], current?: string): EnvironmentHistory {
  return {
    projectId: 'prj_1',
    as: 'production',
    environment: 'production',
    vercelTarget: 'production',
    currentDeploymentId: current,
    deployments,
    releases,
  };
}

const a = deployment('dpl_1', 1000);
const b = deployment('dpl_2', 2000);
const c = deployment('dpl_3', 3000);
const own = { key: '1:production:9' };

test('What was overtaken before anybody judged it is gone back to only where no proven one is left, and that is said', () => {
  const overtaken = (id: string) => release(id, 'held', { reason: 'overtaken by v1.9.0' });
  const bad = release('dpl_3', 'rolled-back');
  const choice = chooseRollbackTarget(
    history([c, b, a], [bad, overtaken('dpl_2'), release('dpl_1', 'released')], 'dpl_3'),
    own,
  );
  assert.deepEqual([choice.target?.deploymentId, choice.target?.unjudged], ['dpl_1', undefined]);
  assert.match(choice.skipped[1]?.reason ?? '', /^overtaken by v1\.9\.0 before anybody judged it$/);
  // Quiet hours are a judgement: the release was watched to the end.
  const quiet = release('dpl_2', 'held', { reason: 'too_little_traffic' });
  assert.equal(
    choosePrevious(history([c, b, a], [bad, quiet, overtaken('dpl_1')], 'dpl_3')).target?.deploymentId,
    'dpl_2',
  );

  const nothingJudged = history([c, b, a], [bad, overtaken('dpl_2'), overtaken('dpl_1')], 'dpl_3');
  const { target } = chooseRollbackTarget(nothingJudged, own);
  assert.deepEqual([target?.deploymentId, target?.adopted], ['dpl_2', false]);
  assert.equal(target?.unjudged, 'overtaken by v1.9.0 before anybody judged it');
  const byHand = resolveTarget(readWantedTarget('previous'), nothingJudged);
  assert.match(
    'warnings' in byHand ? byHand.warnings.join() : '',
    /dpl_2\) was overtaken by .*; no proven one is known/,
  );
});

test('Before a release the way back is what production serves, when that is good', () => {
  const choice = chooseRollbackTarget(
    history([b, a], [release('dpl_2', 'released'), release('dpl_1', 'released')], 'dpl_2'),
    own,
  );
  assert.equal(choice.target?.deploymentId, 'dpl_2');
  assert.equal(choice.target?.version, 'v1.2.0');
  assert.equal(choice.target?.adopted, false);
});

for (const bad of ['failed', 'would-roll-back', 'cancelled', 'rolled-back']) {
  test(`Before a release a current deployment that ended as ${bad} is passed over for the newest proven one`, () => {
    const releases = [release('dpl_3', bad), release('dpl_2', bad), release('dpl_1', 'released')];
    const choice = chooseRollbackTarget(history([c, b, a], releases, 'dpl_3'), own);
    assert.equal(choice.target?.deploymentId, 'dpl_1');
    assert.deepEqual(
      choice.skipped.map(({ deployment: { id } }) => id),
      ['dpl_3', 'dpl_2'],
    );
  });
}

test('An unwatched deployment is never a target until proven', () => {
  const releases = [release('dpl_2', 'cancelled', { unwatched: true }), release('dpl_1', 'held')];
  const choice = chooseRollbackTarget(history([b, a], releases, 'dpl_2'), own);
  assert.equal(choice.target?.deploymentId, 'dpl_1');
  assert.match(choice.skipped[0]?.reason ?? '', /unwatched/);
});

test('On the first run on a live project the target comes from Vercel’s own history and is marked adopted', () => {
  const choice = chooseRollbackTarget(history([b, a], [], 'dpl_2'), own);
  assert.deepEqual([choice.target?.deploymentId, choice.target?.adopted], ['dpl_2', true]);
  assert.equal(choosePrevious(history([b, a], [], 'dpl_2')).target?.deploymentId, 'dpl_1');
});

test('A re-run after its own promotion goes back past itself', () => {
  const mine = deployment('dpl_9', 9000, { meta: { opsRelease: own.key } });
  const releases = [release('dpl_9', undefined, { key: own.key }), release('dpl_1', 'released')];
  assert.equal(chooseRollbackTarget(history([mine, a], releases, 'dpl_9'), own).target?.deploymentId, 'dpl_1');
});

test('A forged success status for a preview is refused by name', () => {
  const preview = deployment('dpl_2', 2000, { target: 'preview' });
  const forged = history([c, preview, a], [release('dpl_2', 'released'), release('dpl_3', 'rolled-back')], 'dpl_3');
  const choice = chooseRollbackTarget(forged, own);
  assert.equal(choice.target?.deploymentId, 'dpl_1');
  const named = resolveTarget({ kind: 'deployment', id: 'dpl_2' }, forged);
  assert.ok('reasonCode' in named && named.reasonCode === 'never_in_production');
  assert.match(named.message, /dpl_2 is a preview deployment/);
});

test('A deployment of which Vercel does not say that it was live is no target, whatever the ledger says', () => {
  const { readySubstate: _state, isRollbackCandidate: _offered, ...silent } = deployment('dpl_2', 2000);
  const forged = history([c, silent], [release('dpl_2', 'released'), release('dpl_3', 'failed')], 'dpl_3');
  assert.equal(chooseRollbackTarget(forged, own).target, undefined);
});

const ineligible: { name: string; more: Partial<VercelDeployment> }[] = [
  { name: 'staged, never in production', more: { readySubstate: 'STAGED', isRollbackCandidate: false } },
  { name: 'not a candidate for Vercel', more: { isRollbackCandidate: false } },
  { name: 'of another project', more: { projectId: 'prj_2' } },
  { name: 'failed to build', more: { readyState: 'ERROR' } },
  { name: 'a custom environment', more: { target: 'staging' } },
];
for (const { name, more } of ineligible) {
  test(`Vercel decides: a deployment ${name} is no target, whatever the ledger says`, () => {
    const forged = history(
      [c, deployment('dpl_2', 2000, more)],
      [release('dpl_2', 'released'), release('dpl_3', 'failed')],
      'dpl_3',
    );
    assert.equal(chooseRollbackTarget(forged, own).target, undefined);
  });
}

test('A good, B bad, C bad: previous means A', () => {
  const releases = [release('dpl_3', 'rolled-back'), release('dpl_2', 'failed'), release('dpl_1', 'released')];
  const { target, skipped } = choosePrevious(history([c, b, a], releases, 'dpl_3'));
  assert.equal(target?.deploymentId, 'dpl_1');
  assert.deepEqual(
    skipped.map(({ standing }) => standing),
    ['failed'],
  );
});

test('Version, commit, deployment id and URL name the same deployment', () => {
  const known = history([b, a], [release('dpl_2', 'released'), release('dpl_1', 'released')], 'dpl_2');
  for (const text of [
    'v1.1.0',
    '1111111',
    '1'.repeat(40),
    'dpl_1',
    'https://dpl-1.vercel.app/x',
    'dpl-1.vercel.app',
    'previous',
  ]) {
    const found = resolveTarget(readWantedTarget(text), known);
    assert.ok('target' in found, text);
    assert.equal(found.target.deploymentId, 'dpl_1', text);
  }
});

test('Unknown and ambiguous targets are refused with what could be taken', () => {
  const twice = [release('dpl_2', 'released', { version: 'v1' }), release('dpl_1', 'released', { version: 'v1' })];
  const known = history([b, a], twice, 'dpl_2');
  const unknown = resolveTarget(readWantedTarget('v9'), known);
  assert.ok('reasonCode' in unknown && unknown.reasonCode === 'unknown_target');
  assert.match(unknown.message, /dpl_2.*dpl_1/);
  const ambiguous = resolveTarget(readWantedTarget('v1'), known);
  assert.ok('reasonCode' in ambiguous && ambiguous.reasonCode === 'ambiguous_target');
});

test('A failed deployment is taken when a person names it, and that is said', () => {
  const known = history([b, a], [release('dpl_2', 'released'), release('dpl_1', 'failed')], 'dpl_2');
  const found = resolveTarget(readWantedTarget('dpl_1'), known);
  assert.ok('target' in found && found.warnings.length === 1);
});

test('Where nothing earlier is good, previous says so', () => {
  const none = resolveTarget({ kind: 'previous' }, history([b, a], [release('dpl_1', 'failed')], 'dpl_2'));
  assert.ok('reasonCode' in none && none.reasonCode === 'no_previous_deployment');
});

test('A target is always eligible and never failed, unwatched, rolled back or our own', () => {
  const decisions = fc.constantFrom('released', 'held', 'failed', 'rolled-back', 'cancelled', undefined);
  const entry = fc.record({
    decision: decisions,
    recorded: fc.boolean(),
    unwatched: fc.boolean(),
    candidate: fc.boolean(),
    target: fc.constantFrom('production', 'preview'),
    mine: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), fc.nat(7), (entries, current) => {
      const deployments = entries.map((one, index) =>
        deployment(`dpl_${index}`, index, {
          isRollbackCandidate: one.candidate,
          target: one.target,
          meta: one.mine ? { opsRelease: own.key } : {},
        }),
      );
      const releases = entries.flatMap((one, index) =>
        one.recorded ? [release(`dpl_${index}`, one.decision, { unwatched: one.unwatched })] : [],
      );
      const known = history(deployments, releases, `dpl_${current}`);
      const { target } = chooseRollbackTarget(known, own);
      if (target === undefined) return;
      const index = Number(target.deploymentId.slice(4));
      const chosen = entries[index];
      assert.ok(chosen !== undefined && chosen.target === 'production' && !chosen.mine);
      assert.ok(chosen.candidate || index === current);
      if (chosen.recorded)
        assert.ok(!chosen.unwatched && (chosen.decision === 'released' || chosen.decision === 'held'));
      assert.equal(target.adopted, !chosen.recorded);
      assert.equal(assessCandidates(known).length, entries.length);
    }),
  );
});

test('of two that went live within one second "previous" means the one before, in whatever order they were built or are listed', () => {
  // Built the other way round; the ledger has whole seconds, so all three went live at 9.
  const builds = [deployment('dpl_1', 8_100), deployment('dpl_2', 8_900), deployment('dpl_3', 8_300)];
  const releases = [1, 2, 3].map((id) => release(`dpl_${id}`, 'released', { promotedAt: 9_000 }));
  const order = (current: string) =>
    assessCandidates(history(builds, releases, current)).map(({ deployment: { id } }) => id);
  assert.deepEqual(order('dpl_3'), ['dpl_3', 'dpl_2', 'dpl_1']);
  assert.equal(choosePrevious(history(builds, releases, 'dpl_3')).target?.deploymentId, 'dpl_2');
  assert.deepEqual(
    assessCandidates(history(builds.toReversed(), releases.toReversed(), 'dpl_3')).map(({ deployment: { id } }) => id),
    order('dpl_3'),
  );
  // One of nobody's, built 300 ms before the release that is served now was promoted over it.
  const adopted = deployment('dpl_9', 9_700);
  const over = history([...builds, adopted], releases, 'dpl_3');
  assert.equal(choosePrevious(over).target?.deploymentId, 'dpl_2', 'the ledger knows the time of its own');
  assert.ok(assessCandidates(over)[0]?.current, 'nothing of that second is newer than what is served');
});

test('A release whose deployment Vercel has no more is listed as deleted and refused by name, and nothing is chosen by it', () => {
  const releases = [release('dpl_3', 'released'), release('dpl_2', 'released'), release('dpl_1', 'released')];
  const given = history([c, a], releases, 'dpl_3');
  const listed = (more: Partial<EnvironmentHistory> = {}) =>
    listCandidates({ ...given, ...more }).map(({ deployment: { id }, standing, reason }) => [id, standing, reason]);
  assert.deepEqual(listed()[1], ['dpl_2', 'ineligible', 'dpl_2 was deleted']);
  assert.equal(listed().length, 3);
  assert.equal(choosePrevious(given).target?.deploymentId, 'dpl_1');
  for (const named of ['dpl_2', 'v1.2.0', '2222222']) {
    const refused = resolveTarget(readWantedTarget(named), given);
    assert.ok('reasonCode' in refused && refused.reasonCode === 'rollback_target_deleted', named);
    assert.match(refused.message, /cannot be taken: dpl_2 was deleted\. Can be taken: .*dpl_1/);
  }
  assert.match(String(listed({ listedSince: 2500 })[1]?.[2]), /^dpl_2 is not among the newest 2 deployments of Vercel/);
  const elsewhere = releases.map((one) => ({ ...one, projectId: 'prj_other' }));
  assert.equal(listed({ releases: elsewhere }).length, 2, 'of another project nobody asked');
  const never = [release('dpl_2', 'failed', { promotion: 'none', promotedAt: undefined })];
  assert.equal(listed({ releases: never }).length, 2, 'it never went live');
});
