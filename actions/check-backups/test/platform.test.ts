import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { recordDrill } from '#release/drill-record';
import { recordRehearsal } from '#release/rehearsal/rehearsal-record';
import { recordVerification } from '#release/verification-record';
import { startSandbox } from '#sandbox/start-sandbox';
import { main } from '../src/main.ts';
import { renderCheck } from '../src/render-check.ts';

test('the backups of the platform are asked for where a token is given, and a shorter window is a warning', async (t) => {
  const sandbox = await startSandbox({ postgres: false });
  const folder = await mkdtemp(join(tmpdir(), 'check-platform-'));
  t.after(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { apiUrl, token, project } = sandbox.description.supabase;
  const check = async (given: Record<string, string>) => {
    const lines: string[] = [];
    const inputs: Record<string, string> = {
      ...{ environment: 'production', 'backup-destination': 'directory', 'backup-path': folder, retention: '30d' },
      ...{ 'supabase-project': project, ...given },
    };
    const environment = {
      ...{ GITHUB_WORKSPACE: folder, RUNNER_TEMP: folder, OPS_ACTIONS_SUPABASE_API_URL: apiUrl },
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    };
    const result = await main(createRunner({ environment, write: (line) => lines.push(line) }));
    return { platform: result.details?.platform as { verdict: string; reasonCode: string } | undefined, lines };
  };
  const silent = await check({});
  assert.equal(silent.platform, undefined);
  assert.doesNotMatch(silent.lines.join(), /not looked at/);
  const nobodys = await check({ 'supabase-access-token': token, 'supabase-project': '' });
  assert.equal(nobodys.platform, undefined);
  assert.match(nobodys.lines.join(), /::warning::The backups of the platform were not looked at: neither/);
  assert.equal((await check({ 'supabase-access-token': token })).platform?.verdict, 'not-offered', 'a Free plan');
  sandbox.supabase.backups.daily = 1;
  const young = await check({ 'supabase-access-token': token });
  assert.equal(young.platform?.verdict, 'fresh');
  assert.match(young.lines.join(), /::warning::.*reach back 0 days, and 30 are configured/);
  const insertedAt = new Date(Date.now() - 30 * 3_600_000).toISOString();
  Object.assign(sandbox.supabase.backups, { daily: 0, others: [{ id: 1, status: 'COMPLETED', insertedAt }] });
  assert.equal((await check({ 'supabase-access-token': token })).platform?.reasonCode, 'platform_backup_too_old');
  const stranger = await check({ 'supabase-access-token': 'sbp_another_token' });
  assert.deepEqual([stranger.platform?.verdict, stranger.platform?.reasonCode], ['stale', 'supabase_token_rejected']);
});

test('a stale backup of the platform turns the check red where ours is young', () => {
  const freshness = { verdict: 'fresh', reasonCode: 'fresh', message: 'ours is 2 h old' } as const;
  const checked = [{ place: 'bucket', freshness, due: [], pruned: [] }];
  const given = { environment: 'production', prune: false };
  const platform = { verdict: 'stale', reasonCode: 'platform_backup_failed', message: 'failed' } as const;
  const red = renderCheck(checked, { ...given, platform });
  assert.deepEqual([red.decision, red.reasonCode, red.failed], ['stale', 'platform_backup_failed', true]);
  assert.match(red.summary, /ours is 2 h old; failed/);
  for (const verdict of ['not-offered', 'paused'] as const)
    assert.equal(renderCheck(checked, { ...given, platform: { ...platform, verdict } }).failed, false);
});

/** A checkout with this ops.yml and a folder for backups, on a GitHub of its own. */
async function repositoryWith(t: TestContext, ops: string) {
  const sandbox = await startSandbox({ postgres: false });
  const folder = await mkdtemp(join(tmpdir(), 'check-backups-'));
  t.after(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { github } = sandbox.description;
  await mkdir(join(folder, '.github'));
  await mkdir(join(folder, 'backups'));
  await writeFile(join(folder, '.github/ops.yml'), ops);
  return {
    folder,
    github,
    /** What the action says beside its decision. */
    async details(more: Record<string, string> = {}) {
      const inputs: Record<string, string> = {
        ...{ environment: 'production', 'backup-destination': 'directory', 'backup-path': join(folder, 'backups') },
        ...{ 'github-token': github.token, ...more },
      };
      const environment = {
        ...{ GITHUB_WORKSPACE: folder, RUNNER_TEMP: folder },
        ...{ GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.repository },
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      };
      return (await main(createRunner({ environment, write: () => {} }))).details;
    },
  };
}

test('a rehearsal that was missed is red by the rhythm of the configuration, and one that was held is told', async (t) => {
  const { folder, github, details } = await repositoryWith(t, 'version: 1\ndrills: { rollback: monthly }\n');
  const check = async (more?: Record<string, string>) =>
    (await details(more))?.rehearsal as { missed: boolean; reasonCode: string } | undefined;
  const hold = (days: number, passed: boolean) =>
    recordRehearsal(
      createGitHub(github),
      {
        ...{ schemaVersion: 1, key: `1:staging:${days}`, at: Date.now() / 1000 - days * 86_400, passed },
        ...{ reasonCode: passed ? 'rehearsal_passed' : 'no_rule_fired', limitSeconds: 300 },
      },
      { environment: 'staging', ref: 'c'.repeat(40) },
    );
  assert.equal((await check())?.reasonCode, 'no_rehearsal');
  await hold(36, true);
  await hold(1, false);
  assert.deepEqual([(await check())?.missed, (await check())?.reasonCode], [true, 'rehearsal_overdue']);
  assert.equal((await check({ 'rehearsal-max-age': '37d' }))?.missed, false);
  await hold(2, true);
  assert.deepEqual([(await check())?.missed, (await check())?.reasonCode], [false, 'rehearsal_done']);
  assert.equal((await check({ 'rehearsed-in': 'canary' }))?.reasonCode, 'no_rehearsal');
  assert.equal((await check({ 'github-token': 'a-token-of-nobody' }))?.reasonCode, 'rehearsals_unknown');
  await writeFile(join(folder, '.github/ops.yml'), 'version: 1\n');
  assert.equal(await check(), undefined, 'nobody said how often');
});

test('stored backups that nobody verified again are red by the rhythm of the configuration', async (t) => {
  const { folder, github, details } = await repositoryWith(
    t,
    'version: 1\ndatabase: { backup: { verify-every: 7d } }\n',
  );
  const check = async (more?: Record<string, string>) =>
    ((await details(more))?.verification as { reasonCode: string } | undefined)?.reasonCode;
  const place = { environment: 'production', production: true, ref: 'c'.repeat(40) };
  const at = (days: number) => Date.now() / 1000 - days * 86_400;
  const verified = (days: number, verdict: 'verified' | 'could-not-verify') =>
    recordVerification(
      createGitHub(github),
      { schemaVersion: 1, key: `1:production:${days}`, at: at(days), verdict, reasonCode: 'any', backups: ['one'] },
      place,
    );
  assert.equal(await check(), 'no_verification');
  await verified(9, 'verified');
  await verified(1, 'could-not-verify');
  assert.equal(await check(), 'verification_overdue', 'bytes alone are no verification');
  assert.equal(await check({ 'verification-max-age': '10d' }), 'verification_done');
  // A drill whose restore was too slow has verified what it restored.
  await recordDrill(
    createGitHub(github),
    {
      ...{
        schemaVersion: 1,
        key: '2:production',
        at: at(2),
        passed: false,
        reasonCode: 'too_slow',
        verdict: 'verified',
      },
      ...{ restoreSeconds: 3_000, targets: { restoreSeconds: 1_800, ageSeconds: 93_600 }, recipients: [], opened: [] },
    },
    place,
  );
  assert.equal(await check(), 'verification_done');
  assert.equal(await check({ 'github-token': 'a-token-of-nobody' }), 'verifications_unknown');
  await writeFile(join(folder, '.github/ops.yml'), 'version: 1\n');
  assert.equal(await check(), undefined, 'nobody said how often');
});

test('a missed rehearsal turns a young backup red, and both it and a missed drill are told', () => {
  const freshness = { verdict: 'fresh', reasonCode: 'fresh', message: 'ours is 2 h old' } as const;
  const checked = [{ place: 'bucket', freshness, due: [], pruned: [] }];
  const given = { environment: 'production', prune: false };
  const rehearsal = { missed: true, reasonCode: 'rehearsal_overdue', message: 'rehearsed 36 days ago' } as const;
  const drill = { missed: false, reasonCode: 'drill_done', message: 'drilled 2 days ago' } as const;
  const red = renderCheck(checked, { ...given, drill, rehearsal });
  assert.deepEqual([red.decision, red.reasonCode, red.failed], ['stale', 'rehearsal_overdue', true]);
  assert.match(red.summary, /ours is 2 h old; drilled 2 days ago; rehearsed 36 days ago/);
  const both = renderCheck(checked, { ...given, drill: { ...drill, missed: true, reasonCode: 'no_drill' }, rehearsal });
  assert.equal(both.reasonCode, 'no_drill');
  assert.equal(renderCheck(checked, { ...given, rehearsal: { ...rehearsal, missed: false } }).failed, false);
});
