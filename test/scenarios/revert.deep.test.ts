import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { type ReleaseFixture, releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

/** As preset tag-release has it: production is released by tag. */
const ops = { watch: shortWatch, health: soonSick, environments: { production: { trigger: 'tag v*' } } };

async function git({ repository }: ReleaseFixture, ...words: string[]): Promise<string> {
  const by = ['-c', 'user.name=Notes team', '-c', 'user.email=notes@example.com', '-c', 'commit.gpgsign=false'];
  const done = await runTool({
    command: 'git',
    args: [...by, ...words],
    cwd: repository.directory,
    deadlineMs: 20_000,
  });
  assert.equal(done.exitCode, 0, `git ${words[0]}: ${done.stderr}`);
  return done.stdout.trim();
}

/** A pull request that was merged into main by a merge commit, tagged for production; answers that commit. */
async function mergeBadRelease(fixture: ReleaseFixture): Promise<string> {
  await git(fixture, 'checkout', '--quiet', '-b', 'feature');
  await writeFile(join(fixture.repository.directory, 'api/health.js'), sickInPublic);
  await git(fixture, 'commit', '--quiet', '--all', '--message', 'A feature');
  await git(fixture, 'checkout', '--quiet', 'main');
  await git(fixture, 'merge', '--quiet', '--no-ff', '--message', 'Merge the feature', 'feature');
  await git(fixture, 'tag', 'v1.1.0');
  return await git(fixture, 'rev-parse', 'HEAD');
}

test('a merge commit that production took back is reverted on main and tagged, and production serves the reverted code', async () => {
  await using fixture = await releaseFixture({ ops });
  const good = await fixture.release({ version: 'v1.0.0' });
  assert.equal(good.decision, 'released', good.lastLine);
  fixture.tagged('v1.1.0', await mergeBadRelease(fixture));
  const bad = await fixture.release({ version: 'v1.1.0' });
  assert.equal(bad.decision, 'rolled-back', bad.lastLine);

  const told = await fixture.command('revert', '--environment', 'production', '--push');
  assert.match(told, /v1\.1\.0 is reverted on main: [0-9a-f]{7}\. It is tagged v1\.1\.1\./);
  const revert = await git(fixture, 'rev-parse', 'main');
  assert.equal(await git(fixture, 'rev-parse', 'v1.1.1^{commit}'), revert);
  assert.equal(await git(fixture, 'rev-parse', 'main^{tree}'), await git(fixture, 'rev-parse', 'v1.0.0^{tree}'));
  assert.equal(await git(fixture, 'log', '-1', '--format=%P', 'main'), await git(fixture, 'rev-parse', 'v1.1.0'));
  const refs = await git(fixture, 'for-each-ref');
  assert.match(
    await fixture.command('revert', '--environment', 'production', '--push'),
    /has the revert of v1\.1\.0 already/,
  );
  assert.equal(await git(fixture, 'for-each-ref'), refs);

  await fixture.command('unlock', '--environment', 'production');
  fixture.tagged('v1.1.1', revert);
  const again = await fixture.release({ version: 'v1.1.1' });
  assert.equal(again.decision, 'released', again.lastLine);
  assert.equal(fixture.served(), again.deploymentId);
  const health = await fetch(`${fixture.address}/api/health`);
  assert.deepEqual([health.status, ((await health.json()) as { status: string }).status], [200, 'healthy']);
});
