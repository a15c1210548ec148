import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { startUsers } from './people.ts';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';
import { bad, watch } from './suffering-users.ts';

/** An api/ping.js that users get no answer from as soon as a file is there: what another service does to every release. */
const sickWith = (flag: string) => `import { existsSync } from 'node:fs';
export function GET() { return Response.json({}, { status: existsSync(${JSON.stringify(flag)}) ? 500 : 200 }); }
`;

describe('what a rollback restored', { concurrency: 1 }, () => {
  test('is watched as well: sick, it is told once and nothing is moved again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'restored-'));
    const flag = join(folder, 'down');
    try {
      await using fixture = await releaseFixture({
        ops: { watch: shortWatch },
        files: { 'api/ping.js': sickWith(flag) },
      });
      const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
      await writeFile(flag, '');
      const users = startUsers(`${fixture.address}/api/ping`, 20);
      const ended = await fixture.release({
        version: 'v1.1.0',
        files: {
          'api/ping.js': bad,
          '.github/ops.yml': opsFile({
            watch,
            notifications: { routes: { lead: { slack: fixture.sandbox.description.slack.channelId } } },
            rollback: { escalate: 'lead' },
          }),
        },
      });
      await users.stop();
      expectEnd(fixture, ended, {
        decision: 'rollback-failed',
        reason: 'restored_release_sick',
        conclusion: 'failure',
        says: /Rolled back to .* and that is sick as well: .* nothing is moved again/,
        serves: live,
      });
      assert.equal(fixture.accepted('rollback'), 1);
      const issues = await fixture.issues();
      assert.deepEqual(
        issues.map(({ title }) => title),
        ['v1.1.0 on production ended as rollback-failed'],
      );
      assert.match(issues[0]?.body ?? '', /- \[x\] `Rollback started`/, 'the checklist of the rollback stays in it');
      assert.match(
        issues[0]?.body ?? '',
        /- \[x\] `Deployment monitoring re-enabled`: `what was restored was watched: /,
      );
      const texts = await fixture.slack();
      const escalated = texts.filter((text) => /Escalation: the rollback of v1\.1\.0 on production/.test(text));
      assert.equal(escalated.length, 1, 'the next contact, once');
      const own = texts.filter((text) => text.includes('is sick as well') && !escalated.includes(text));
      assert.equal(own.length, 2, 'the message and its thread');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('is watched as well: healthy, the release stays rolled back', async () => {
    await using fixture = await releaseFixture({
      ops: { watch: shortWatch },
      files: { 'api/ping.js': sickWith('/nowhere/at/all') },
    });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const users = startUsers(`${fixture.address}/api/ping`, 20);
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { 'api/ping.js': bad, '.github/ops.yml': opsFile({ watch }) },
    });
    await users.stop();
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'breach',
      conclusion: 'failure',
      says: /ping|error/i,
      serves: live,
    });
    // A few seconds of traffic prove little; what counts is that it was asked, and for the restored one.
    const seen = ended.result('restored') as { requests: number; errors: number; deploymentId: string };
    assert.deepEqual([seen.requests > 0, seen.errors, seen.deploymentId], [true, 0, live]);
  });
});
