import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { openLedger } from '#release/ledger';
import { readRecentReleases } from '#release/read-environment';
import { type Scene, setScene } from '../../release/test/scene.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

async function command(words: string[], environment: Record<string, string> = {}) {
  const { vercel, github } = scene.sandbox.description;
  const { exitCode, stdout, stderr } = await runTool({
    command: process.execPath,
    args: [
      join(import.meta.dirname, '../../../bin/ops-actions.js'),
      ...words,
      '--repository',
      github.repository,
      '--vercel-project',
      vercel.projectId,
      '--vercel-team',
      vercel.teamId,
    ],
    cwd: scene.workspace,
    environment: {
      GITHUB_TOKEN: github.token,
      GITHUB_API_URL: github.apiUrl,
      VERCEL_TOKEN: vercel.token,
      OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl,
      ...environment,
    },
    deadlineMs: 30_000,
  });
  return { exitCode, stdout, stderr };
}

test('lock, show, a second taker, unlock: exit codes say who holds it, the original auto-assign stays', async () => {
  await scene.goLive();
  const taken = await command([
    'lock',
    '--environment',
    'production',
    '--reason',
    'payments are down',
    '--expires',
    '2h',
  ]);
  assert.equal(taken.exitCode, 0, taken.stderr);
  assert.match(taken.stdout, /Locked\. production: payments are down/);
  const second = await command(['lock', '--environment', 'production', '--reason', 'me too', '--json']);
  assert.equal(second.exitCode, 1, second.stderr);
  assert.equal(JSON.parse(second.stdout).lock.reason, 'payments are down');
  const shown = JSON.parse((await command(['lock', '--environment', 'production', '--show', '--json'])).stdout);
  assert.equal(shown.locked, true);
  const lifted = await command(['unlock', '--environment', 'production', '--reason', 'mended']);
  assert.equal(lifted.exitCode, 0, lifted.stderr);
  assert.match(lifted.stdout, /production is unlocked.*Auto-assignment of production domains is on/);
  assert.match((await command(['lock', '--environment', 'production', '--show'])).stdout, /is not locked/);
  assert.match((await command(['unlock', '--environment', 'production'])).stdout, /is not locked; nothing was changed/);
});

test('Wrong use is exit code 2 and says everything that is missing', async () => {
  const noReason = await command(['lock', '--environment', 'production']);
  assert.equal(noReason.exitCode, 2);
  assert.match(noReason.stderr, /--reason is missing/);
  assert.equal((await command(['unlock'])).exitCode, 2);
  const noToken = await command(['unlock', '--environment', 'production'], { GITHUB_TOKEN: '' });
  assert.equal(noToken.exitCode, 2);
  assert.match(noToken.stderr, /GITHUB_TOKEN is not set/);
  const elsewhere = await command(['releases', '--environment', 'production'], {
    OPS_ACTIONS_VERCEL_API_URL: 'https://evil.example.com',
  });
  assert.equal(elsewhere.exitCode, 2);
  assert.match(elsewhere.stderr, /only be an address of this machine/);
});

test('an environment that ops.yml weakens is refused by name, and judged as the workflow file says with --throw-away', async () => {
  await scene.goLive({ opsVersion: 'v2.0.0' });
  await scene.goLive({ opsVersion: 'v2.1.0' });
  const config = join(scene.workspace, 'qa.yml');
  await writeFile(config, 'environments: { qa: { watch: { on-no-data: pass } } }\n');
  const words = ['--environment', 'qa', '--config', config];
  const calls: [string, string[], RegExp][] = [
    ['lock', ['--show'], /qa is not locked/],
    ['releases', [], /v2\.1\.0/],
    // The next command is proposed in the same words.
    ['rollback', [], /qa is back on v2\.0\.0.*ops-actions unlock --environment qa --throw-away$/m],
    ['unlock', [], /qa is unlocked/],
    ['reconcile', [], /Nothing was left to finish on qa/],
  ];
  for (const [name, more, says] of calls) {
    const refused = await command([name, ...words, ...more]);
    assert.equal(refused.exitCode, 2, name);
    assert.match(refused.stderr, /watch\.on-no-data: pass is refused, for qa counts as production/);
    assert.match(refused.stderr, /Where the data of qa may be lost: --throw-away/);
    const judged = await command([name, ...words, ...more, '--throw-away']);
    assert.equal(judged.exitCode, 0, `${name}: ${judged.stderr}`);
    assert.match(judged.stdout, says);
  }
  await writeFile(config, 'environments: { qa: { watsh: {} } }\n');
  const broken = await command(['releases', ...words]);
  assert.doesNotMatch(broken.stderr, /throw-away/, 'the option does not mend this');
});

test('releases lists what can be gone back to, and why not', async () => {
  const good = await scene.goLive({ opsVersion: 'v1.0.0' });
  const current = await scene.goLive({ opsVersion: 'v1.1.0' });
  const staged = await scene.stage({ opsVersion: 'v1.2.0' });
  const listed = await command(['releases', '--environment', 'production', '--json']);
  assert.equal(listed.exitCode, 0, listed.stderr);
  const { releases } = JSON.parse(listed.stdout) as {
    releases: { deploymentId: string; rollback: boolean; current: boolean; reason: string }[];
  };
  const of = (id: string) => releases.find(({ deploymentId }) => deploymentId === id);
  assert.deepEqual([of(good)?.rollback, of(current)?.current, of(staged)?.rollback], [true, true, false]);
  assert.match(of(staged)?.reason ?? '', /never in production|not offer/);
  assert.match((await command(['releases', '--environment', 'production'])).stdout, /v1\.0\.0 .* yes/);

  const released = await scene.open({ runId: 4601, target: good, version: 'v1.1.5' });
  const { github, project } = await scene.connect();
  await openLedger(github, released).record('promote', 'outcome', 'promoted', staged);
  await openLedger(github, released).record('release', 'outcome', 'released');
  await project.remove(staged);
  const where = ['--environment', 'production'];
  assert.match((await command(['releases', ...where])).stdout, new RegExp(`v1\\.1\\.5 .* no: ${staged} was deleted`));
  const refused = await command(['rollback', ...where, '--target', 'v1.1.5']);
  assert.deepEqual([refused.exitCode, scene.served()], [1, current]);
  assert.match(refused.stdout, /version v1\.1\.5 cannot be taken: dpl_\w+ was deleted\. Can be taken: /);
});

test('rollback moves production back from this machine, with and without GitHub; the next one is told that it is done', async () => {
  const good = await scene.goLive({ opsVersion: 'v3.0.0' });
  const bad = await scene.goLive({ opsVersion: 'v3.1.0' });
  const planned = await command(['rollback', '--environment', 'production', '--dry-run']);
  assert.equal(planned.exitCode, 0, planned.stderr);
  assert.match(planned.stdout, new RegExp(`Would lock production and move it from ${bad} to v3.0.0`));
  const done = await command(['rollback', '--environment', 'production', '--reason', 'checkout fails']);
  assert.equal(done.exitCode, 0, done.stderr);
  assert.match(done.stdout, /production is back on v3\.0\.0 .*ops-actions unlock/);
  assert.equal(scene.served(), good);
  const again = await command(['rollback', '--environment', 'production']);
  assert.match(again.stdout, /was already rolled back/);
  const unknown = await command(['rollback', '--environment', 'production', '--target', 'v9']);
  assert.equal(unknown.exitCode, 1);
  const withoutGitHub = await command(['rollback', '--environment', 'production', '--target', bad], {
    GITHUB_TOKEN: '',
  });
  assert.equal(withoutGitHub.exitCode, 0, withoutGitHub.stderr);
  assert.equal(scene.served(), bad);
  assert.match(withoutGitHub.stderr, /not locked/);
});

test('a promotion in place of a rollback while GitHub is down ends with the command that locks, for nothing else tells of it', async () => {
  await command(['unlock', '--environment', 'production']);
  const older = await scene.goLive({ opsVersion: 'v4.0.0' });
  await scene.goLive({ opsVersion: 'v4.1.0' });
  await scene.goLive({ opsVersion: 'v4.2.0' });
  scene.sandbox.vercel.behaviour.plan = 'hobby';
  scene.sandbox.faults.order({ service: 'github', route: '/', times: 100_000, fault: { status: 503 } });
  const done = await command(['rollback', '--environment', 'production', '--target', older]);
  scene.sandbox.faults.clear();
  scene.sandbox.vercel.behaviour.plan = 'pro';
  assert.deepEqual([done.exitCode, scene.served()], [0, older], done.stderr);
  const last = done.stdout.trim().split('\n').at(-1) ?? '';
  assert.match(last, /reconcile will not know of it\. .*: (.* lock --environment production --reason 'rolled back')$/);
  assert.match((await command(['reconcile', '--environment', 'production'])).stdout, /Nothing was left to finish/);
});

test('reconcile finishes what a dead run left: the promised rollback is carried out, the record closed, once', async () => {
  await command(['unlock', '--environment', 'production']);
  const good = await scene.goLive();
  const bad = await scene.stage({});
  const handle = await scene.open({ runId: 4711, target: good });
  const { github, project } = await scene.connect();
  await openLedger(github, handle).record('promote', 'intent', bad);
  await project.promote(bad, {});
  const wrong = await command(['reconcile', '--environment', 'production', '--ended-run', 'x']);
  assert.equal(wrong.exitCode, 2);
  const untouched = await command(['reconcile', '--environment', 'production']);
  assert.match(untouched.stdout, /Nothing was left to finish on production/, 'a run that may go on is left alone');
  const done = await command(['reconcile', '--environment', 'production', '--ended-run', '4711', '--json']);
  assert.equal(done.exitCode, 0, done.stderr);
  const { releases } = JSON.parse(done.stdout) as { releases: { decision: string; what: string }[] };
  assert.deepEqual([releases.length, releases[0]?.decision], [1, 'rolled-back'], done.stdout);
  assert.equal(scene.served(), good);
  const again = await command(['reconcile', '--environment', 'production', '--ended-run', '4711']);
  assert.match(again.stdout, /Nothing was left to finish on production/);
});

test('a rollback from a laptop while GitHub is down is imported by reconcile: lock, record, the next release; unlock lifts it', async () => {
  await command(['unlock', '--environment', 'production']);
  const good = await scene.goLive({ opsVersion: 'v5.0.0' });
  const bad = await scene.goLive({ opsVersion: 'v5.1.0' });
  const { github, project } = await scene.connect();
  await project.setAutoAssign(true);
  const commit = scene.commits[1] ?? '';
  const released = await scene.open({ runId: 4801, target: good, version: 'v5.1.0', commit });
  await openLedger(github, released).record('promote', 'outcome', 'promoted', bad);
  await openLedger(github, released).record('release', 'outcome', 'released');
  const where = ['--environment', 'production'];

  scene.sandbox.faults.order({ service: 'github', route: '/', times: 100_000, fault: { status: 503 } });
  const done = await command(['rollback', ...where, '--target', good, '--reason', 'checkout fails']);
  const twice = await command(['rollback', ...where]);
  scene.sandbox.faults.clear();
  assert.equal(done.exitCode, 0, done.stderr);
  assert.match(done.stderr, /not locked/);
  assert.match(
    twice.stdout,
    /was already rolled back to dpl_\w+ \(checkout fails\)\. To go back further, name the target/,
  );
  assert.equal(scene.served(), good);

  const before = scene.sandbox.requests().length;
  const imported = await command(['reconcile', ...where]);
  assert.equal(imported.exitCode, 0, imported.stderr);
  assert.match(
    imported.stdout,
    /^v5\.1\.0: production was rolled back to v5\.0\.0 .* by \S+, Vercel user .*: checkout fails\./,
  );
  const moves = scene.sandbox
    .requests()
    .slice(before)
    .filter(({ path }) => /\/(promote|rollback)\/dpl_/.test(path));
  assert.deepEqual([moves, scene.served()], [[], good]);
  assert.match((await command(['reconcile', ...where])).stdout, /Nothing was left to finish on production/);
  const shown = JSON.parse((await command(['lock', ...where, '--show', '--json'])).stdout) as { locked: boolean };
  assert.equal(shown.locked, true);
  const [left] = await readRecentReleases(github, 'production');
  assert.deepEqual([left?.version, left?.rolledBack], ['v5.1.0', true]);
  const lifted = await command(['unlock', ...where, '--reason', 'mended']);
  assert.match(lifted.stdout, /production is unlocked.*on, as before/);
  assert.match((await command(['reconcile', ...where])).stdout, /Nothing was left to finish on production/);
});
