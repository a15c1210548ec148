import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createGitHub } from '#github/client';
import { openQuestion } from '#release/asked';
import { openLedger } from '#release/ledger';
import { wouldHaveBeens } from '#release/would-have-been';
import { expectEnd, expectSettled } from './expect-end.ts';
import { startUsers } from './people.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch } from './release-fixture.ts';
import { bad, good, watch } from './suffering-users.ts';

const rollbackEnvironment = 'production-rollback';
const inputs = { 'rollback-environment': rollbackEnvironment };
const runId = 4000;

/** A live v1.0.0 and a v1.1.0 that makes users suffer, about which the watch has asked people. */
async function askedRelease(
  approve: object,
  then: (fixture: ReleaseFixture, live: string, sick: string) => Promise<void>,
) {
  await using fixture = await releaseFixture({ ops: { watch: shortWatch }, files: { 'api/ping.js': good } });
  const { sandbox } = fixture;
  sandbox.github?.protectEnvironment(rollbackEnvironment, 1);
  const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
  const users = startUsers(`${fixture.address}/api/ping`, 30);
  try {
    const ops = opsFile({ watch: { ...watch, mode: 'approve', ...approve } });
    const asked = await fixture.release({
      version: 'v1.1.0',
      files: { 'api/ping.js': bad, '.github/ops.yml': ops },
      inputs,
      runId,
    });
    expectEnd(fixture, asked, {
      decision: 'asked',
      reason: 'asked',
      conclusion: 'failure',
      says: /the reviewers of production-rollback are asked, and without an answer within/,
      serves: asked.deploymentId,
      next: /a reviewer approves or rejects the waiting job/,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    const [entry] = (await fixture.entries()).slice(-1);
    assert.ok(entry && openQuestion(entry.facts), 'the question is in the ledger');
    assert.equal(entry.decision, undefined, 'and its record is open');
    assert.match(wouldHaveBeens([entry])[0]?.reason ?? '', /^error-rate above 5% within 4s.*: \d.* requests failed/);
    await then(fixture, live, asked.deploymentId);
  } finally {
    await users.stop();
  }
}

const answered = (fixture: ReleaseFixture) =>
  fixture.release({ version: 'v1.1.0', runId, inputs: { ...inputs, answer: 'true' } });

describe('in mode approve a failing release', { concurrency: 2 }, () => {
  test('and in mode auto one that breaks a rule with approve: goes back when a reviewer approves', async () => {
    const rules = watch.rules.map((rule) => `${rule}: approve`);
    await askedRelease({ mode: 'auto', rules, 'approve-timeout': '60s' }, async (fixture, live) => {
      const answer = { environment: rollbackEnvironment, state: 'approved', user: 'alice' } as const;
      fixture.sandbox.github?.answerRun(runId, answer);
      const ended = await answered(fixture);
      assert.deepEqual([ended.decision, ended.reasonCode], ['rolled-back', 'approved'], ended.lastLine);
      assert.equal(fixture.served(), live);
      assert.equal(fixture.accepted('rollback'), 1);
    });
  });

  test('goes back when a reviewer approves, once, and the message names the reviewer', async () => {
    await askedRelease({ 'approve-timeout': '60s' }, async (fixture, live) => {
      setTimeout(() => {
        const answer = { environment: rollbackEnvironment, state: 'approved', user: 'alice', comment: 'go' } as const;
        fixture.sandbox.github?.answerRun(runId, answer);
      }, 3_000);
      const ended = await answered(fixture);
      expectEnd(fixture, ended, {
        decision: 'rolled-back',
        reason: 'approved',
        conclusion: 'failure',
        says: /Approved by alice \("go"\).*While the answer was waited for/,
        serves: live,
        next: /ops-actions unlock --environment production/,
      });
      assert.deepEqual([fixture.accepted('rollback'), fixture.accepted('promote')], [1, 1]);
      assert.match((await fixture.slack()).join('\n'), /v1\.1\.0.*rolled back/i);
      assert.equal((await fixture.issues()).length, 1);
      assert.equal((await fixture.locks()).length, 1);
    });
  });

  test('goes back when nobody answers in time', async () => {
    await askedRelease({ 'approve-timeout': '4s' }, async (fixture, live) => {
      const ended = await answered(fixture);
      expectEnd(fixture, ended, {
        decision: 'rolled-back',
        reason: 'unanswered',
        conclusion: 'failure',
        says: /Nobody answered in time/,
        serves: live,
      });
      assert.equal(fixture.accepted('rollback'), 1);
    });
  });

  test('stays when a reviewer declines: red, told, nothing moved or locked', async () => {
    await askedRelease({ 'approve-timeout': '60s' }, async (fixture, _live, sick) => {
      // As somebody made it by hand: names of environments are not case-sensitive.
      const answer = { environment: 'Production-Rollback', state: 'rejected', user: 'bob' } as const;
      fixture.sandbox.github?.answerRun(runId, answer);
      const ended = await answered(fixture);
      expectEnd(fixture, ended, {
        decision: 'would-roll-back',
        reason: 'declined',
        conclusion: 'failure',
        says: /bob declined the rollback/,
        serves: sick,
      });
      assert.equal(fixture.accepted('rollback'), 0);
      await expectSettled(fixture, true);
    });
  });

  test('is not released again by the job that waits, when its record was closed meanwhile', async () => {
    await askedRelease({ 'approve-timeout': '60s' }, async (fixture, _live, sick) => {
      const [entry] = (await fixture.entries()).slice(-1);
      const github = createGitHub(fixture.sandbox.description.github);
      await openLedger(github, { ledgerId: entry?.id ?? 0 }).record('release', 'outcome', 'cancelled', 'unwatched');
      const ended = await answered(fixture);
      expectEnd(fixture, ended, {
        decision: 'superseded',
        reason: 'no_open_question',
        conclusion: 'failure',
        says: /its question is not open any more \(its record says cancelled\); nothing was done/,
        serves: sick,
        next: /look at what serves; nobody acts on the question any more/,
      });
      assert.deepEqual([fixture.accepted('rollback'), fixture.accepted('promote')], [0, 1]);
    });
  });

  test('is left to the rollback that a person starts meanwhile, which does not wait', async () => {
    await askedRelease({ 'approve-timeout': '60s' }, async (fixture, live) => {
      const waiting = answered(fixture);
      const byHand = await fixture.rollback({
        version: 'v1.1.0',
        inputs: { reason: 'seen enough', watch: 'elsewhere' },
      });
      assert.equal(byHand.decision, 'rolled-back', byHand.lastLine);
      const ended = await waiting;
      assert.equal(ended.decision, 'superseded', ended.lastLine);
      assert.equal(fixture.served(), live);
      assert.equal(fixture.accepted('rollback'), 1);
    });
  });
});
