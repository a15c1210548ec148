import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
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
