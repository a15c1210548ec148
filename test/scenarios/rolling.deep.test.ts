import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startCounts } from './counts.ts';
import { expectEnd, expectSettled } from './expect-end.ts';
import { startUsers } from './people.ts';
import { opsFile, type ReleaseFixture, releaseFixture } from './release-fixture.ts';
import { bad, good } from './suffering-users.ts';

/** Stages by the logs of both deployments, and a short watch behind them. */
const rolling = (mode: 'auto' | 'notify' | 'observe', window = '3s') => ({
  release: { strategy: 'rolling', 'stage-window': '3s' },
  watch: {
    source: 'vercel-runtime-logs',
    mode,
    window,
    interval: '1s',
    rules: ['error-rate above 5% within 4s'],
    'min-requests': 10,
  },
});

/** What one stage said of both deployments. */
const numbers = /new: \d+\.\d % of \d+ requests failed; beside it, before: 0\.0 % of \d+ requests failed/;

/** A live app whose users come steadily, and then a release of it in stages. */
async function releaseInStages(fixture: ReleaseFixture, given: { ping: string; stages: number[]; ops: object }) {
  const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
  fixture.sandbox.vercel.project.rollingReleaseConfig = { stages: given.stages };
  const users = startUsers(`${fixture.address}/api/ping`, 80);
  const files = { 'api/ping.js': given.ping, '.github/ops.yml': opsFile(given.ops) };
  const ended = await fixture.release({ version: 'v1.1.0', files }).finally(() => users.stop());
  const facts = (await fixture.entries()).at(-1)?.facts ?? [];
  const told = (step: string) => facts.filter((fact) => fact.step === step).map(({ word, text }) => ({ word, text }));
  return { live, ended, told };
}

describe('a release in stages', { concurrency: 2 }, () => {
  test('that is good gets its shares one by one and then the domains; the record has each stage with its numbers', async () => {
    await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
    const given = { ping: good, stages: [20, 50, 100], ops: rolling('auto', '5s') };
    const { ended, told } = await releaseInStages(fixture, given);
    // How much a short watch can prove hangs on how fast the users could come.
    assert.ok(['released', 'held'].includes(ended.decision ?? ''), ended.lastLine);
    assert.equal(ended.conclusion, 'success', ended.lastLine);
    assert.equal(fixture.served(), ended.deploymentId);
    assert.equal(fixture.accepted('rollback'), 0);
    assert.equal(fixture.sandbox.vercel.project.rollingRelease?.state, 'COMPLETE');
    const stages = told('stage');
    assert.deepEqual(
      stages.map(({ text }) => /^At (\d+) %/.exec(text)?.[1]),
      ['20', '50'],
    );
    for (const { word, text } of stages) {
      assert.match(text, numbers);
      assert.ok(['pass', 'inconclusive'].includes(word), word);
    }
    assert.deepEqual(
      told('promote').map(({ word }) => word),
      [ended.deploymentId, 'rolling', 'promoted'],
    );
    assert.match(
      (await fixture.slack()).join('\n'),
      /stage of 20 %: 0 of \d+ requests \(0\.0 %\) of the new deployment/,
    );
    await expectSettled(fixture, true);
  });

  test('that is bad is aborted by its verdict: the domains never leave, and stage, both deployments and numbers are told', async () => {
    await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
    const given = { ping: bad, stages: [30, 100], ops: rolling('auto') };
    const { live, ended, told } = await releaseInStages(fixture, given);
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'stage_failed',
      conclusion: 'failure',
      says: new RegExp(`At 30 %: ${numbers.source}: "error-rate above 5% within 4s" is broken`),
      serves: live,
      next: /ops-actions unlock --environment production/,
    });
    assert.equal(fixture.accepted('rollback'), 1);
    assert.equal(fixture.sandbox.vercel.project.rollingRelease?.state, 'ABORTED');
    assert.match(told('stage')[0]?.text ?? '', /^At 30 %: /);
    const [lock] = await fixture.locks();
    assert.deepEqual([lock?.target?.deploymentId, lock?.from], [live, ended.deploymentId]);
    assert.match(lock?.reason ?? '', /At 30 %/);
    const stage = /stage of 30 %`?\*?\W+\d+ of \d+ requests \(\d+\.\d %\) of the new deployment; 0 of \d+ requests/;
    const [issue] = await fixture.issues();
    assert.match(issue?.body ?? '', stage);
    assert.match(issue?.body ?? '', /- \[x\] `Production error rate confirmed`: `stage of 30 %: [1-9]/);
    const slack = (await fixture.slack()).join('\n');
    assert.match(slack, new RegExp(`v1\\.1\\.0 was rolled back in production: .*At 30 %: ${numbers.source}`));
    assert.match(slack, stage);
    assert.equal(fixture.autoAssign(), false, 'off while the lock holds');
  });

  test('in mode notify keeps the share of a bad stage and leaves it to a person; "previous" then ends it', async () => {
    await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
    const given = { ping: bad, stages: [30, 100], ops: rolling('notify') };
    const { live, ended, told } = await releaseInStages(fixture, given);
    expectEnd(fixture, ended, {
      decision: 'would-roll-back',
      reason: 'stage_failed',
      conclusion: 'failure',
      says: /At 30 %: .* It keeps 30 % of the visitors\./,
      serves: live,
      next: /approve its next stage in Vercel, or take it back with: .*ops-actions rollback --environment production/,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    assert.equal(fixture.sandbox.vercel.project.rollingRelease?.state, 'ACTIVE');
    assert.deepEqual(
      told('would-have-been').map(({ word, text }) => [word, text.slice(0, 7)]),
      [['notify', 'At 30 %']],
    );
    const next = await fixture.release({ version: 'v1.2.0', files: { '.github/ops.yml': opsFile(rolling('notify')) } });
    assert.deepEqual([next.decision, next.conclusion], ['refused', 'failure'], next.lastLine);
    assert.match(next.lastLine, new RegExp(`${ended.deploymentId}\\) answers 30 % of the visitors`));
    const back = await fixture.rollback({ version: 'v1.0.0', inputs: { confirm: 'production', reason: 'errors' } });
    assert.equal(back.decision, 'rolled-back', back.lastLine);
    assert.equal(fixture.sandbox.vercel.project.rollingRelease?.state, 'ABORTED');
    assert.equal(fixture.served(), live);
  });

  test('in mode observe goes on after a bad stage, green with a warning, and the record says what auto would have done', async () => {
    await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
    const given = { ping: bad, stages: [30, 100], ops: rolling('observe', '1s') };
    const { ended, told } = await releaseInStages(fixture, given);
    assert.deepEqual([ended.decision, ended.conclusion], ['would-roll-back', 'success'], ended.lastLine);
    assert.equal(fixture.served(), ended.deploymentId);
    assert.equal(fixture.accepted('rollback'), 0);
    assert.ok(ended.warnings.some((warning) => /Mode auto would have aborted it: At 30 %/.test(warning)));
    assert.match(told('would-have-been')[0]?.text ?? '', /^At 30 %/);
    await expectSettled(fixture, true);
  });

  test('in mode observe with a watch that is handed off: the later run that ends it says that a stage was bad', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
    const observed = rolling('observe', '8s');
    const ops = {
      ...observed,
      watch: {
        ...observed.watch,
        // What tells the two deployments apart counts the stages; what can look back is asked later.
        source: ['http-json', 'vercel-runtime-logs'],
        'http-json': { url: counts.url, requests: '$.requests', errors: '$.errors' },
        'hand-off': '2s',
      },
    };
    const { ended, told } = await releaseInStages(fixture, { ping: bad, stages: [30, 100], ops });
    assert.deepEqual([ended.decision, ended.conclusion], ['watch-continues', 'success'], ended.lastLine);
    assert.match(told('would-have-been')[0]?.text ?? '', /^At 30 %/);
    await wait(7_000);
    const later = await fixture.watch({ version: 'v1.1.0' });
    assert.deepEqual([later.decision, later.conclusion], ['would-roll-back', 'success'], later.lastLine);
    assert.match(later.lastLine, /a stage of the rolling release was bad: At 30 %/);
    assert.equal(fixture.served(), ended.deploymentId);
    assert.equal(fixture.accepted('rollback'), 0);
    await expectSettled(fixture, true);
  });
});
