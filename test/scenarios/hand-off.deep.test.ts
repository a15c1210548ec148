import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createGitHub } from '#github/client';
import { openLedger } from '#release/ledger';
import { takeLock } from '#release/lock';
import { recordWindow } from '#release/watch-record';
import { startCounts } from './counts.ts';
import { promoteInDashboard } from './dashboard.ts';
import { expectEnd } from './expect-end.ts';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';

// The limit is low because on a slow machine many good intervals lie before the bad ones.
const handedOff = (url: string, window: string, limit = '1%') =>
  opsFile({
    watch: {
      source: 'http-json',
      'http-json': { url, requests: '$.requests', errors: '$.errors' },
      window,
      'hand-off': '2s',
      'after-rollback': '2s',
      interval: '1s',
      rules: [`error-rate above ${limit} within 10m`],
    },
  });

describe('a watch that is handed off', { concurrency: 2 }, () => {
  test('goes on in scheduled runs: open, then a breach that is taken back once, then nothing is open', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const files = { '.github/ops.yml': handedOff(counts.url, '10m') };
    const released = await fixture.release({ version: 'v1.1.0', files });
    expectEnd(fixture, released, {
      decision: 'watch-continues',
      reason: 'window_open',
      conclusion: 'success',
      says: /v1\.1\.0 is promoted, the watch continues on production: .*the watch goes on until \d{4}-.* UTC in later runs/,
      serves: released.deploymentId,
      next: /scheduled runs of watch\.yml/,
    });
    assert.match((await fixture.slack()).join('\n'), /v1\.1\.0 is promoted, the watch continues in production/);

    const first = await fixture.watch({ version: 'v1.1.0' });
    assert.deepEqual([first.decision, first.conclusion], ['watch-continues', 'success'], first.lastLine);
    assert.equal(fixture.accepted('rollback'), 0);
    assert.equal((await fixture.entries()).at(-1)?.decision, 'watch-continues');

    counts.sickFrom = Date.now() / 1000;
    counts.isSick = () => fixture.served() === released.deploymentId;
    await wait(5_000);
    const second = await fixture.watch({ version: 'v1.1.0' });
    expectEnd(fixture, second, {
      decision: 'rolled-back',
      reason: 'breach',
      conclusion: 'failure',
      says: /error rate \d.*above the limit of 1\.0 %/i,
      serves: live,
      next: /ops-actions unlock --environment production/,
    });
    assert.equal(fixture.accepted('rollback'), 1);
    assert.deepEqual(
      (await fixture.locks()).map(({ target }) => target?.deploymentId),
      [live],
    );
    const entry = (await fixture.entries()).at(-1);
    assert.deepEqual([entry?.version, entry?.decision, entry?.rolledBack], ['v1.1.0', 'rolled-back', true]);
    assert.match((await fixture.slack()).join('\n'), /v1\.1\.0 was rolled back in production/);

    const before = fixture.sandbox.requests().length;
    const third = await fixture.watch({ version: 'v1.1.0' });
    const asked = fixture.sandbox.requests().slice(before);
    assert.deepEqual([third.decision, third.conclusion], ['nothing-open', 'success'], third.lastLine);
    // Two of them ask GitHub and Vercel for the time.
    assert.ok(
      asked.length <= 6,
      JSON.stringify(asked.map(({ service, method, path }) => `${service} ${method} ${path}`)),
    );
    assert.equal(fixture.accepted('rollback'), 1);
  });

  test('passes at the end of its window in a later run; a newer release ends it before, and goes back past it', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    await fixture.release({ version: 'v1.0.0' });
    const long = await fixture.release({
      version: 'v1.1.0',
      files: { '.github/ops.yml': handedOff(counts.url, '10m') },
    });
    assert.equal(long.decision, 'watch-continues', long.lastLine);
    await fixture.release({ version: 'v1.2.0', files: { '.github/ops.yml': handedOff(counts.url, '10m') } });
    const short = await fixture.release({
      version: 'v1.3.0',
      files: { '.github/ops.yml': handedOff(counts.url, '6s', '5%') },
    });
    assert.equal(short.decision, 'watch-continues', short.lastLine);
    const entries = (await fixture.entries()).slice(1);
    assert.deepEqual(
      entries.map(({ version, decision, reason, rollbackTarget }) => [
        version,
        decision,
        reason,
        rollbackTarget?.version,
      ]),
      [
        ['v1.1.0', 'held', 'overtaken by v1.2.0', 'v1.0.0'],
        ['v1.2.0', 'held', 'overtaken by v1.3.0', 'v1.0.0'],
        ['v1.3.0', 'watch-continues', 'window_open', 'v1.0.0'],
      ],
    );
    await wait(4_500);
    const ended = await fixture.watch({ version: 'v1.3.0' });
    expectEnd(fixture, ended, {
      decision: 'released',
      reason: 'passed',
      conclusion: 'success',
      says: /v1\.3\.0 is released to production: Error rate 0\.0 %/,
      serves: short.deploymentId,
      next: null,
    });
    assert.equal((await fixture.entries()).at(-1)?.decision, 'released');
    assert.equal((await fixture.watch({ version: 'v1.3.0' })).decision, 'nothing-open');
  });

  test('is taken back once by two runs that found the same breach at the same time', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const files = { '.github/ops.yml': handedOff(counts.url, '10m') };
    const { deploymentId } = await fixture.release({ version: 'v1.1.0', files });
    counts.sickFrom = Date.now() / 1000;
    counts.isSick = () => fixture.served() === deploymentId;
    await wait(5_000);
    const before = fixture.sandbox.requests().length;
    // Neither gets its counts before both have listed records and locks, and seen that nobody takes the release back.
    const listed = () => {
      const since = fixture.sandbox.requests().slice(before);
      return since.filter(({ method, path }) => method === 'GET' && /\/deployments(\?|$)/.test(path)).length;
    };
    counts.before = async () => {
      for (let tries = 0; tries < 160 && listed() < 4; tries += 1) await wait(50);
    };
    const runs = await Promise.all([fixture.watch({ version: 'v1.1.0' }), fixture.watch({ version: 'v1.1.0' })]);
    const told = runs.map(({ lastLine }) => lastLine).join('\n');
    assert.equal(fixture.accepted('rollback'), 1, told);
    assert.deepEqual([fixture.served(), (await fixture.locks()).length], [live, 1], told);
    assert.ok(
      runs.every(({ conclusion }) => conclusion === 'failure'),
      told,
    );
    assert.ok(
      runs.some(({ decision }) => decision === 'rolled-back'),
      told,
    );
    assert.equal((await fixture.entries()).at(-1)?.decision, 'rolled-back');
    assert.equal((await fixture.watch({ version: 'v1.1.0' })).decision, 'nothing-open');
    assert.equal(fixture.accepted('rollback'), 1);
  });

  test('takes nothing off that went live while it was being judged', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    await fixture.release({ version: 'v1.0.0' });
    await fixture.release({ version: 'v1.1.0', files: { '.github/ops.yml': handedOff(counts.url, '10m') } });
    const newer = await fixture.release({ version: 'v1.2.0', inputs: { 'stop-after': 'staged' } });
    assert.equal(newer.decision, 'staged', newer.lastLine);
    counts.sickFrom = Date.now() / 1000;
    await wait(5_000);
    let promoting: Promise<void> | undefined;
    counts.before = () => {
      promoting ??= promoteInDashboard(fixture, newer.deploymentId);
      return promoting;
    };
    const late = await fixture.watch({ version: 'v1.1.0' });
    assert.ok(promoting, 'production moved while the counts were read');
    expectEnd(fixture, late, {
      decision: 'superseded',
      reason: 'superseded',
      conclusion: 'failure',
      says: /production has moved on since this release was handed off/i,
      serves: newer.deploymentId,
      next: /Next: nothing; the newer state stays/,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    assert.deepEqual(await fixture.locks(), []);
  });

  test('leaves a breach to people that it finds hours late', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    await fixture.release({ version: 'v1.0.0' });
    const files = { '.github/ops.yml': handedOff(counts.url, '10m') };
    const { deploymentId } = await fixture.release({ version: 'v1.1.0', files });
    const ledgerId = (await fixture.entries()).at(-1)?.id ?? 0;
    const since = Date.now() - 4 * 3_600_000;
    await recordWindow(openLedger(createGitHub(fixture.sandbox.description.github), { ledgerId }), {
      since,
      windowMs: 600_000,
      intervalMs: 10_000,
      rules: ['error-rate above 5% within 10m'],
    });
    counts.sickFrom = since / 1000 + 60;
    const late = await fixture.watch({ version: 'v1.1.0' });
    expectEnd(fixture, late, {
      decision: 'would-roll-back',
      reason: 'above_limit',
      conclusion: 'failure',
      says: /A person must decide, it came 23\d minutes late: .*above the limit of 5\.0 %/i,
      serves: deploymentId,
      next: /Next: look, then either leave it or: .*rollback/,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    assert.deepEqual(await fixture.locks(), []);
    assert.equal((await fixture.watch({ version: 'v1.1.0' })).decision, 'nothing-open');
  });

  test('whose run died between its lock and its domains is finished by the next run', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    await fixture.release({ version: 'v1.1.0', files: { '.github/ops.yml': handedOff(counts.url, '10m') } });
    const entry = (await fixture.entries()).at(-1);
    assert.ok(entry);
    await takeLock(createGitHub(fixture.sandbox.description.github), {
      schemaVersion: 1,
      environment: 'production',
      production: true,
      ref: entry.commit,
      key: entry.key,
      reason: 'v1.1.0: the error rate was above its limit',
      runId: 77,
      target: { deploymentId: live },
      from: entry.deploymentId ?? '',
      expiresAfterMs: 3_600_000,
    });
    const ended = await fixture.watch({ version: 'v1.1.0' });
    assert.deepEqual([ended.decision, ended.conclusion], ['rolled-back', 'failure'], ended.lastLine);
    assert.deepEqual([fixture.served(), fixture.accepted('rollback')], [live, 1]);
    assert.equal((await fixture.locks()).length, 1);
    assert.equal((await fixture.watch({ version: 'v1.1.0' })).decision, 'nothing-open');
    assert.equal(fixture.accepted('rollback'), 1);
  });
});
