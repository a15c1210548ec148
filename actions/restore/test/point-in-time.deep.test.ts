import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect as connectTo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { createGitHub } from '#github/client';
import { connect } from '#postgres/connection';
import { setReadOnly } from '#postgres/doctor/read-only-mode';
import { openPlatformRestoreLedger } from '#release/platform-restore-record';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { liftStop, readFence, readStop, stopWrites } from '../src/write-stop.ts';
import { removeFolders, runPointInTime, showStatus } from './point-in-time-run.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('point-in-time with the database', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
  let sandbox: Sandbox;
  let folder: string;
  let inputs: Record<string, string>;
  let tests = 0;
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
    sandbox.faults.clear();
    await goBack('SELECT g, NULL FROM generate_series(1, 20) g')();
    Object.assign(sandbox.supabase.backups, {
      ...{ status: 'ACTIVE_HEALTHY', pitrEnabled: true, walgEnabled: true, restores: [] },
      ...{ earliest: now() - 86_400, latest: now() - 60, restoreEnding: 'ACTIVE_HEALTHY' },
      onRestore: undefined,
    });
    tests += 1;
    inputs = {
      // What one test leaves in the record is not for the next one.
      environment: `production-${tests}`,
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
  /** What a restore to an earlier state does: rows, settings and comment of the database are the earlier ones. */
  const goBack = (rows: string) => async () => {
    const platform = `${url()}?options=-c%20default_transaction_read_only%3Doff`;
    await query(platform, `TRUNCATE notes; INSERT INTO notes ${rows}`);
    const database = new URL(url()).pathname.slice(1);
    await query(platform, `ALTER DATABASE "${database}" RESET default_transaction_read_only`);
    await query(platform, `COMMENT ON DATABASE "${database}" IS NULL`);
  };
  /** An earlier run is to have stopped writes, and to have asked for this, just now. */
  const record = (choice: string, stop: string | null = 'abc') =>
    openPlatformRestoreLedger(
      createGitHub(sandbox.description.github),
      { environment: inputs.environment, production: true, ref: '0'.repeat(40) },
      assert.fail,
    ).begin({
      schemaVersion: 1,
      project: sandbox.description.supabase.project,
      choice,
      ...(stop === null ? {} : { stop }),
    });
  const writable = () => query(url(), 'INSERT INTO notes VALUES (999, NULL)');

  test('the present state is saved and proven, writes are stopped and come back, the loss and the checks are told', async () => {
    let refusedMeanwhile = '';
    // A pool keeps its sessions, and a setting of the database counts for new ones only.
    const pooled = await connect(url(), { applicationName: 'notes-app' });
    let endedMeanwhile = false;
    const back = goBack('SELECT g, NULL FROM generate_series(1, 12) g');
    sandbox.supabase.backups.onRestore = async () => {
      endedMeanwhile = await pooled.query('INSERT INTO notes VALUES (998, NULL)').then(
        () => false,
        () => true,
      );
      refusedMeanwhile = await writable().then(
        () => 'written',
        (error: Error) => error.message,
      );
      await back();
    };
    const { result, log } = await runPointInTime(sandbox, inputs);
    assert.deepEqual([result.decision, result.reasonCode], ['restored', 'restored_by_platform'], log);
    assert.match(refusedMeanwhile, /read-only/);
    assert.ok(endedMeanwhile, 'a session from before the restore could still write');
    await pooled.close();
    assert.match(log, /recorded in the ledger of production-\d+: before-restore-/);
    assert.match(log, /public\.notes: 20 rows before, 12 after/);
    assert.match(log, /Verified: table notes: 12 rows/);
    assert.ok((await readdir(folder)).includes(String(result.outputs?.['backup-manifest'])));
    const { checklist } = result.details as { checklist: { item: string; at: string }[] };
    const items = checklist.map(({ item }) => item);
    assert.deepEqual(items, [
      ...['Decided', 'Writes stopped', 'Present state saved', 'Lost by going back', 'Restored', 'Verified'],
      ...['Writes resumed', 'Time'],
    ]);
    await writable();
  });

  test('a query that finds a fault fails the restore and keeps writes stopped', async () => {
    sandbox.supabase.backups.onRestore = goBack('VALUES (1, 5)');
    const { result } = await runPointInTime(sandbox, { ...inputs, 'check-tables': 'notes\nlost_table' });
    assert.deepEqual([result.decision, result.reasonCode], ['failed', 'checks_failed']);
    assert.deepEqual(result.details?.faults, ['table lost_table is missing', 'no orphans: 1 row']);
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
    const until = Date.now() + 30_000;
    while ((await query(url(), stopped)).length === 0) {
      assert.ok(Date.now() < until, 'writes were not stopped');
      await wait(5);
    }
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
    // To a clock that is behind, the server was started after the stop.
    const hourMs = 3_600_000;
    inputs['recovery-time'] = new Date((now() - 7_200) * 1000).toISOString();
    const { result, log } = await runPointInTime(sandbox, inputs, undefined, hourMs);
    assert.deepEqual([result.decision, result.reasonCode], ['failed', 'restore_unknown'], log);
    assert.match(result.summary, /has not come back.*New sessions are read-only.*read-only-off/);
    await assert.rejects(writable(), /read-only/);
    const { signal } = new AbortController();
    const { restore: mark = '' } = await readStop(url(), signal);
    const long = '2020-01-01T00:00:00Z';
    assert.equal(await readFence({ url: url(), mark }, long, signal), 'stands', 'whatever started the server');
    assert.equal(await readFence({ url: url(), mark: 'abc' }, long, signal), 'gone');
    // A person lifts it, one way or the other, and the server is started again: nothing went back.
    const database = new URL(url()).pathname.slice(1);
    const own = `${url()}?options=-c%20default_transaction_read_only%3Doff`;
    await query(own, `ALTER DATABASE "${database}" RESET default_transaction_read_only`);
    assert.equal(await readFence({ url: url(), mark }, long, signal), 'lifted', 'by its setting alone');
    await query(own, `ALTER DATABASE "${database}" SET default_transaction_read_only = on`);
    const doctor = await connect(url(), { applicationName: 'test' });
    await setReadOnly(doctor, { on: false });
    await doctor.close();
    assert.equal(await readFence({ url: url(), mark }, long, signal), 'lifted', 'by database-doctor');
    await stopWrites({ url: url(), mark: 'def' }, now() + 60, { signal, warn: assert.fail });
    assert.equal(await readFence({ url: url(), mark }, long, signal), 'lifted', 'also under the stop of the next run');
    const justNow = new Date().toISOString();
    assert.equal(await readFence({ url: url(), mark: 'abc' }, justNow, signal), 'unclear', 'set anew by a person');
    // It may still begin, so the next run does not ask at once.
    const next = (await runPointInTime(sandbox, inputs)).result;
    assert.deepEqual([next.decision, next.reasonCode], ['refused', 'restore_unknown']);
    assert.match(next.summary, /run again ten minutes after that$/);
    assert.equal(sandbox.supabase.backups.restores.length, 1);
    await goBack('VALUES (1, NULL)')();
  });

  test('a database that somebody took back while its state was saved is not taken back again', async () => {
    const backups = '/v1/projects/:ref/database/backups';
    sandbox.faults.order({ service: 'supabase', method: 'GET', route: backups, skip: 1, fault: { delayMs: 3_000 } });
    const known = (await readdir(folder)).length;
    const running = runPointInTime(sandbox, inputs);
    const until = Date.now() + 60_000;
    const saved = async () => (await readdir(folder)).filter((name) => name.endsWith('.json')).length;
    const before = known === 0 ? 0 : await saved();
    while ((await saved()) === before && Date.now() < until) await wait(20);
    await goBack('VALUES (1, NULL)')();
    const { result, log } = await running;
    assert.deepEqual([result.decision, result.reasonCode], ['refused', 'another_restore'], log);
    assert.match(
      result.summary,
      /another restore took place, or somebody lifted the stop.*at the data, then run again/,
    );
    assert.deepEqual(sandbox.supabase.backups.restores, []);
    await writable();
  });

  test('the stop of a run that died before its record is no stop of a person', async () => {
    const none = { signal: new AbortController().signal, warn: assert.fail };
    await stopWrites({ url: url(), mark: 'abc' }, now() + 60, none);
    const route = '/v1/projects/:ref/database/backups/restore-pitr';
    sandbox.faults.order({ service: 'supabase', method: 'POST', route, fault: { status: 403 } });
    const { result, log } = await runPointInTime(sandbox, inputs);
    assert.equal(result.reasonCode, 'supabase_forbidden', log);
    assert.match(log, /Writes stopped: new sessions are read-only, as an earlier run had left them/);
    await writable();
  });

  test('where writes cannot be stopped the platform is not asked, unless the workflow says why', async () => {
    await query(url(), 'ALTER ROLE CURRENT_USER SET default_transaction_read_only = off');
    try {
      const { result, log } = await runPointInTime(sandbox, inputs);
      assert.deepEqual([result.decision, result.reasonCode], ['refused', 'writes_not_stopped'], log);
      assert.match(result.summary, /a new session can still write; write-stop-reason .*nothing was asked for/);
      assert.deepEqual(sandbox.supabase.backups.restores, []);
      const told = await runPointInTime(sandbox, { ...inputs, 'write-stop-reason': 'the app is switched off' });
      assert.equal(told.result.reasonCode, 'restored_by_platform', told.log);
      assert.match(told.result.summary, /Weaker than standard: writes are not stopped .*: the app is switched off/);
      assert.equal(sandbox.supabase.backups.restores.length, 1);
    } finally {
      await query(url(), 'ALTER ROLE CURRENT_USER RESET default_transaction_read_only');
    }
  });

  test('a database that cannot be reached goes back by a reason alone, and is looked at when it is back', async () => {
    const { hostname, port } = new URL(url());
    const proxy = createServer((socket) => {
      const upstream = connectTo(Number(port), hostname);
      for (const one of [socket, upstream]) one.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    const listen = (at: number) => new Promise<void>((resolve) => proxy.listen(at, '127.0.0.1', resolve));
    await listen(0);
    const own = (proxy.address() as AddressInfo).port;
    await new Promise((resolve) => proxy.close(resolve));
    const through = new URL(url());
    through.host = `127.0.0.1:${own}`;
    sandbox.supabase.backups.onRestore = () => listen(own);
    const reason = 'the database takes no connections';
    const asked = { ...inputs, 'target-url': through.href, 'age-recipients': '', 'backup-reason': reason };
    try {
      const { result, log } = await runPointInTime(sandbox, asked);
      assert.deepEqual([result.decision, result.reasonCode], ['restored', 'restored_by_platform'], log);
      assert.match(log, /Present state saved: no, and writes are not stopped: the database takes no connections/);
      assert.match(log, /Verified: table notes: 20 rows/);
      assert.match(result.summary, /Weaker than standard: .*: the database takes no connections/);
    } finally {
      proxy.close();
    }
    const github = createGitHub(sandbox.description.github);
    const environment = inputs.environment ?? '';
    const [kept] = await github.listDeployments({ environment, task: 'ops-actions:platform-restore', perPage: 1 });
    assert.match(JSON.stringify(kept?.payload), /"weakening":"the present state is not backed up.*no connections"/);
  });

  test('a role that writes all the same is told, and nothing of the stop is left', async () => {
    await query(url(), 'ALTER ROLE CURRENT_USER SET default_transaction_read_only = off');
    const none = { signal: new AbortController().signal, warn: assert.fail };
    try {
      assert.equal(await stopWrites({ url: url(), mark: 'abc' }, now() + 60, none), 'a new session can still write');
      assert.deepEqual(await readStop(url(), none.signal), { on: false });
    } finally {
      await query(url(), 'ALTER ROLE CURRENT_USER RESET default_transaction_read_only');
    }
  });

  test('a stop that cannot be lifted is told with what to do, and that of somebody else is left', async () => {
    await query(url(), "CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const { signal } = new AbortController();
    const warn = assert.fail;
    await stopWrites({ url: url(), mark: 'abc' }, now() + 60, { signal, warn });
    const guest = new URL(url());
    Object.assign(guest, { username: 'guest', password: 'guest' });
    const told: string[] = [];
    assert.equal(await liftStop({ url: guest.href }, (line) => told.push(line)), false);
    assert.match(told.join(), /may still be read-only.*could not be lifted.*database-doctor with read-only-off/);
    assert.equal(await liftStop({ url: url(), mark: 'def' }, warn), true);
    assert.deepEqual(await readStop(url(), signal), { on: true, restore: 'abc' });
    assert.equal(await liftStop({ url: url(), mark: 'abc' }, warn), true);
    await writable();
  });

  test('a restore that took place is found again when its point has left the window', async () => {
    const choice = `time:${now() - 3_600}`;
    await record(choice);
    await wait(1_100);
    // What came back was started after the record, and knows no stop.
    const cluster = await startCluster({ listen: 'tcp' });
    try {
      const back = await createDatabase(cluster, 'CREATE TABLE notes (id int PRIMARY KEY, parent int)');
      sandbox.supabase.backups.earliest = now() - 1_800;
      const given = { ...inputs, 'recovery-time': new Date(Number(choice.slice(5)) * 1000).toISOString() };
      const { result, log } = await runPointInTime(sandbox, { ...given, 'target-url': back });
      assert.deepEqual([result.decision, result.reasonCode], ['restored', 'restored_by_platform'], log);
      assert.match(log, /took place: the stop of writes is gone/);
      assert.equal(
        (await runPointInTime(sandbox, { ...given, 'target-url': back })).result.reasonCode,
        'outside_window',
      );
    } finally {
      await cluster.stop();
    }
  });

  test('a restore after which the database could not be looked at is not asked for again', async () => {
    // One session is let through, and then the database is gone.
    const { hostname, port } = new URL(url());
    let sessions = 0;
    const proxy = createServer((socket) => {
      if (++sessions > 1) return void socket.destroy();
      const upstream = connectTo(Number(port), hostname);
      for (const one of [socket, upstream]) one.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const through = new URL(url());
    through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    showStatus(sandbox, 'RESTORING', 5);
    await record(`time:${Date.parse(inputs['recovery-time'] ?? '') / 1000}`, null);
    const lost = (await runPointInTime(sandbox, { ...inputs, 'target-url': through.href })).result;
    proxy.close();
    assert.deepEqual([lost.decision, lost.reasonCode], ['failed', 'database_unreachable']);
    assert.match(lost.summary, /the checks are open: run again with the same inputs, which only checks/);
    const { result, log } = await runPointInTime(sandbox, inputs);
    assert.deepEqual([result.decision, result.reasonCode], ['restored', 'restored_by_platform'], log);
    assert.match(result.summary, /nobody has looked since: this run asked for nothing and only checks/);
    assert.match(log, /Verified: table notes: 20 rows/);
    assert.deepEqual(sandbox.supabase.backups.restores, []);
  });

  test('a restore that did not begin, and cannot be asked for any more, leaves the database writable', async () => {
    const none = { signal: new AbortController().signal, warn: assert.fail };
    await stopWrites({ url: url(), mark: 'abc' }, now() + 60, none);
    await record('time:5');
    // Eleven minutes later, as the clock of the next runner says.
    const later = { ...inputs, 'recovery-time': new Date((now() - 9 * 86_400) * 1000).toISOString() };
    const { result, log } = await runPointInTime(sandbox, later, undefined, -660_000);
    assert.equal(result.reasonCode, 'outside_window', log);
    await writable();
  });
});
