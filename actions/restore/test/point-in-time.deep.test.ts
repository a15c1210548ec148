import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { query } from '#backup/test-database';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { readFence } from '../src/write-stop.ts';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('point-in-time with the database', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
  let sandbox: Sandbox;
  let folder: string;
  let inputs: Record<string, string>;
  const now = () => Math.floor(Date.now() / 1000);
  const url = () => sandbox.description.postgres.url;
  before(async () => {
    sandbox = await startSandbox();
    folder = await mkdtemp(join(tmpdir(), 'point-in-time-'));
    await query(url(), 'CREATE TABLE notes (id int PRIMARY KEY, parent int)');
  });
  after(async () => {
    await sandbox?.close();
    await removeFolders();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await query(url(), 'TRUNCATE notes; INSERT INTO notes SELECT g, NULL FROM generate_series(1, 20) g');
    Object.assign(sandbox.supabase.backups, {
      ...{ status: 'ACTIVE_HEALTHY', pitrEnabled: true, walgEnabled: true, restores: [] },
      ...{ earliest: now() - 86_400, latest: now() - 60, restoreEnding: 'ACTIVE_HEALTHY' },
      onRestore: undefined,
    });
    inputs = {
      confirm: sandbox.description.supabase.project,
      'recovery-time': new Date((now() - 3_600) * 1000).toISOString(),
      'target-url': url(),
      'backup-destination': 'directory',
      'backup-path': folder,
      'age-recipients': (await createOneTimeKey()).recipient,
      'check-tables': 'notes',
      'check-queries':
        'no orphans: SELECT id FROM notes AS n WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notes WHERE id = n.parent)',
    };
  });
  /** What a restore to an earlier state does: rows and settings of the database are the earlier ones. */
  const goBack = (rows: string) => async () => {
    const platform = `${url()}?options=-c%20default_transaction_read_only%3Doff`;
    await query(platform, `TRUNCATE notes; INSERT INTO notes ${rows}`);
    const database = new URL(url()).pathname.slice(1);
    await query(platform, `ALTER DATABASE "${database}" RESET default_transaction_read_only`);
  };
  const writable = () => query(url(), 'INSERT INTO notes VALUES (999, NULL)');

  test('the present state is saved and proven, writes are stopped and come back, the loss and the checks are told', async () => {
    let refusedMeanwhile = '';
    const back = goBack('SELECT g, NULL FROM generate_series(1, 12) g');
    sandbox.supabase.backups.onRestore = async () => {
      refusedMeanwhile = await writable().then(
        () => 'written',
        (error: Error) => error.message,
      );
      await back();
    };
    const { result, log } = await runPointInTime(sandbox, inputs);
    assert.deepEqual([result.decision, result.reasonCode], ['restored', 'restored_by_platform'], log);
    assert.match(refusedMeanwhile, /read-only/);
    assert.match(log, /public\.notes: 20 rows before, 12 after/);
    assert.match(log, /Verified: notes: 12 rows/);
    assert.ok((await readdir(folder)).includes(String(result.outputs?.['backup-manifest'])));
    const { checklist } = result.details as { checklist: { item: string; at: string }[] };
    const items = checklist.map(({ item }) => item);
    assert.deepEqual(items, [
      ...['Decided', 'Writes stopped', 'Present state saved', 'Lost by going back', 'Restored', 'Verified'],
      'Writes resumed',
    ]);
    await writable();
  });

  test('a query that finds a fault fails the restore and keeps writes stopped', async () => {
    sandbox.supabase.backups.onRestore = goBack('VALUES (1, 5)');
    const { result } = await runPointInTime(sandbox, { ...inputs, 'check-tables': 'notes\nlost_table' });
    assert.deepEqual([result.decision, result.reasonCode], ['failed', 'checks_failed']);
    assert.deepEqual(result.details?.faults, ['lost_table is missing', 'no orphans: 1 row']);
    await assert.rejects(writable(), /read-only/);
    await goBack('VALUES (1, NULL)')();
  });

  test('a refusal of the platform, and a backup that cannot be made, leave the database writable', async () => {
    sandbox.supabase.backups.pitrEnabled = true;
    const route = '/v1/projects/:ref/database/backups/restore-pitr';
    sandbox.faults.order({ service: 'supabase', method: 'POST', route, fault: { status: 403 } });
    const refused = (await runPointInTime(sandbox, inputs)).result;
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'supabase_forbidden']);
    await writable();
    const broken = { ...inputs, 'backup-path': '/dev/null/backups' };
    const unsaved = (await runPointInTime(sandbox, broken)).result;
    assert.deepEqual([unsaved.decision, unsaved.reasonCode], ['refused', 'destination_failed']);
    await query(url(), 'DELETE FROM notes WHERE id = 999');
    await writable();
    assert.deepEqual(sandbox.supabase.backups.restores, []);
  });

  test('a run that is cancelled before the platform was asked leaves the database writable', async () => {
    const cancelled = new AbortController();
    const running = runPointInTime(sandbox, inputs, cancelled.signal);
    const ended = assert.rejects(running, /cancelled/);
    const stopped = "SELECT FROM pg_db_role_setting WHERE 'default_transaction_read_only=on' = ANY (setconfig)";
    const until = Date.now() + 20_000;
    while ((await query(url(), stopped)).length === 0 && Date.now() < until) await wait(5);
    cancelled.abort(new Error('cancelled'));
    await ended;
    assert.deepEqual(sandbox.supabase.backups.restores, []);
    await writable();
  });

  test('writes that a person had stopped before are never resumed by the run', async () => {
    const database = new URL(url()).pathname.slice(1);
    await query(url(), `ALTER DATABASE "${database}" SET default_transaction_read_only = on`);
    const route = '/v1/projects/:ref/database/backups/restore-pitr';
    sandbox.faults.order({ service: 'supabase', method: 'POST', route, fault: { status: 403 } });
    const refused = await runPointInTime(sandbox, inputs);
    assert.equal(refused.result.reasonCode, 'supabase_forbidden', refused.log);
    assert.match(refused.log, /Writes stopped: were stopped already/);
    await assert.rejects(writable(), /read-only/);
    // The state that comes back has the person's stop, too.
    const { result, log } = await runPointInTime(sandbox, inputs);
    assert.equal(result.reasonCode, 'restored_by_platform', log);
    assert.match(result.summary, /New sessions are read-only; database-doctor with read-only-off ends that/);
    await assert.rejects(writable(), /read-only/);
    await goBack('VALUES (1, NULL)')();
  });

  test('a healthy project whose stop of writes still stands has not gone back', async () => {
    const before = new Date().toISOString();
    const { result, log } = await runPointInTime(sandbox, inputs);
    assert.deepEqual([result.decision, result.reasonCode], ['failed', 'restore_unknown'], log);
    assert.match(result.summary, /has not come back.*New sessions are read-only.*read-only-off/);
    await assert.rejects(writable(), /read-only/);
    const { signal } = new AbortController();
    assert.equal(await readFence(url(), before, signal), 'stands');
    assert.equal(await readFence(url(), '2020-01-01T00:00:00Z', signal), 'unclear', 'the server was started since');
    // It may still begin, so the next run does not ask at once.
    const next = (await runPointInTime(sandbox, inputs)).result;
    assert.deepEqual([next.decision, next.reasonCode], ['refused', 'restore_unknown']);
    assert.match(next.summary, /run again ten minutes after that/);
    assert.equal(sandbox.supabase.backups.restores.length, 1);
    await goBack('VALUES (1, NULL)')();
  });
});
