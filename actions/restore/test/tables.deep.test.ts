import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { type BackupResult, createBackup } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query, untilRows } from '#backup/test-database';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { startFaultProxy } from '#postgres/fault-proxy';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

// RES-09: single tables, beside the live ones and into place.

const installed = (await listPostgres()).some((found) => found.server);
const entry = join(import.meta.dirname, '../src/index.ts');

const schema = `
  CREATE TYPE mood AS ENUM ('fine', 'so so');
  CREATE TABLE projects (id int PRIMARY KEY, title text NOT NULL);
  CREATE TABLE tasks (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project int NOT NULL REFERENCES projects, title text, mood mood,
    words text[], size int GENERATED ALWAYS AS (length(title)) STORED, facts jsonb);
  CREATE TABLE "Odd ""Table" ("A key" text, "b,c" int, "the value" text, PRIMARY KEY ("b,c", "A key"));
  CREATE TABLE loose (v int);
  ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
  INSERT INTO projects VALUES (1, 'one'), (2, 'two');
  INSERT INTO tasks (project, title, mood, words, facts)
    SELECT 1 + g % 2, 'task ' || g, 'fine', ARRAY['a,b', NULL, '"q"'], '{"a": 1.50}' FROM generate_series(1, 1000) g;
  INSERT INTO "Odd ""Table" SELECT 'k' || g, g, E'line\\none' FROM generate_series(1, 30) g;`;

describe('restore of single tables', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
  let sandbox: Sandbox;
  let cluster: Cluster;
  let folder: string;
  let key: { identity: string; recipient: string };
  let url: string;
  let made: BackupResult;
  let number = 0;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'restore-tables-'));
    key = await createOneTimeKey();
  });
  after(async () => {
    await sandbox?.close();
    await cluster?.stop();
    await removeFolders();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    number += 1;
    url = await createDatabase(cluster, schema);
    made = await createBackup({
      ...{ url, name: `tables-${number}`, destinations: [directoryDestination(folder)], recipients: [key.recipient] },
      clock: systemClock,
    });
    await query(
      url,
      `DELETE FROM tasks WHERE id BETWEEN 11 AND 20; UPDATE tasks SET title = 'changed' WHERE id = 5;
       INSERT INTO tasks (project, title) VALUES (1, 'new'); DELETE FROM "Odd ""Table" WHERE "b,c" = 7`,
    );
  });
  const inputs = (more: Record<string, string>) => ({
    ...{ mode: 'restore', 'backup-destination': 'directory', 'backup-path': folder, 'age-identity': key.identity },
    ...{ manifest: made.manifestFile, digest: `sha256:${made.manifest.object.sha256}`, environment: 'production' },
    ...{ 'target-url': url, confirm: new URL(url).pathname.slice(1), 'age-recipients': key.recipient },
    ...{ tables: 'tasks\npublic."Odd ""Table"', ...more },
  });
  const restore = (more: Record<string, string> = {}) => runPointInTime(sandbox, inputs(more));
  const copies = async () =>
    (await query<{ name: string }>(url, `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'restored%'`)).map(
      ({ name }) => name,
    );
  const state = async () =>
    (
      await query<{ n: number; fifth: string; odd: number; sum: string }>(
        url,
        `SELECT (SELECT count(*)::int FROM tasks) AS n, (SELECT title FROM tasks WHERE id = 5) AS fifth,
                (SELECT count(*)::int FROM "Odd ""Table") AS odd, (SELECT sum(size)::text FROM tasks) AS sum`,
      )
    )[0];
  const tablesOf = (details: unknown) =>
    (details as { tables: Record<string, string | number>[] }).tables.map(({ table, missing, changed, added }) => [
      ...[table, missing, changed, added],
    ]);

  test('deleted rows are restored beside, compared and merged; what is new stays, what changed only when asked', async () => {
    const damaged = await state();
    const dry = await restore({ into: 'compare' });
    assert.equal(dry.result.reasonCode, 'tables_compared', dry.log);
    assert.deepEqual(tablesOf(dry.result.details), [
      ['public.tasks', 10, 1, 1],
      ['public."Odd ""Table"', 1, 0, 0],
    ]);
    assert.deepEqual([await copies(), await state()], [[], damaged]);
    const beside = await restore();
    assert.equal(beside.result.reasonCode, 'tables_restored_beside', beside.log);
    const [name] = await copies();
    const copied = `SELECT title, words, facts::text AS facts FROM ${name}.t1_tasks WHERE id = 5`;
    assert.deepEqual(await query(url, copied), [
      { title: 'task 5', words: ['a,b', null, '"q"'], facts: '{"a": 1.50}' },
    ]);
    const rights = `SELECT has_schema_privilege('pg_monitor', '${name}', 'USAGE') AS may`;
    assert.deepEqual(await query(url, rights), [{ may: false }]);
    assert.deepEqual(await state(), damaged);
    const merged = await restore({ into: 'place' });
    assert.deepEqual([merged.result.decision, merged.result.reasonCode], ['restored', 'tables_merged'], merged.log);
    assert.match(merged.log, /Merged: 11 rows inserted, 0 overwritten, none deleted, in one transaction/);
    assert.match(String(merged.result.outputs?.['backup-manifest']), /^before-restore-/);
    assert.deepEqual([(await state())?.n, (await state())?.fifth, (await state())?.odd], [1001, 'changed', 30]);
    assert.deepEqual(await copies(), [name], 'the copy of the merge is removed, that of before is not its own');
    const overwritten = await restore({ into: 'place', 'overwrite-changed': 'true' });
    assert.match(overwritten.log, /Merged: 0 rows inserted, 1 overwritten/);
    assert.deepEqual([(await state())?.n, (await state())?.fifth], [1001, 'task 5']);
    // The sequence goes on behind the rows that came back.
    await query(url, "INSERT INTO tasks (project, title) VALUES (1, 'next')");
  });

  test('a table without key, an unknown one and a lost parent are refused or told, and nothing has changed', async () => {
    const damaged = await state();
    const loose = await restore({ tables: 'loose' });
    assert.deepEqual([loose.result.decision, loose.result.reasonCode], ['refused', 'restore_failed'], loose.log);
    assert.match(loose.result.summary, /public\.loose has no primary key.*nothing was changed/);
    assert.equal((await restore({ tables: 'nothing' })).result.reasonCode, 'table_not_in_backup');
    await query(url, 'DELETE FROM tasks WHERE project = 2; DELETE FROM projects WHERE id = 2');
    const alone = await restore({ into: 'place', tables: 'tasks' });
    assert.deepEqual([alone.result.decision, alone.result.reasonCode], ['refused', 'restore_failed'], alone.log);
    assert.match(alone.result.summary, /tasks_project_fkey.*the live tables are as they were/);
    const both = await restore({ into: 'place', tables: 'tasks\nprojects' });
    assert.equal(both.result.reasonCode, 'tables_merged', both.log);
    assert.deepEqual([(await state())?.n, damaged?.n], [1001, 991]);
  });

  test('a merge whose answer to COMMIT is lost is told as not known, and a next run says what it did', async () => {
    let merging = false;
    const proxy = await startFaultProxy(Number(new URL(url).port), ({ from, bytes }) => {
      if (from === 'client') merging ||= bytes.includes('SHARE ROW EXCLUSIVE');
      if (!merging || from !== 'client' || !bytes.includes('COMMIT\0')) return undefined;
      merging = false;
      return { after: 'cut' };
    });
    try {
      const through = new URL(url);
      through.port = `${proxy.port}`;
      const given = inputs({ tables: 'tasks', into: 'place', 'target-url': through.href });
      const { result, log } = await runPointInTime(sandbox, given);
      assert.deepEqual([result.decision, result.reasonCode], ['failed', 'restore_unknown'], log);
      assert.match(result.summary, /lost in COMMIT: run it again/);
    } finally {
      proxy.close();
    }
    const { result, log } = await runPointInTime(sandbox, inputs({ tables: 'tasks', into: 'place' }));
    assert.equal(result.reasonCode, 'tables_merged', log);
    assert.match(result.summary, /public\.tasks: 0 missing/);
  });

  test('a run that is killed while it copies, or while it waits to merge, leaves the live tables; the next one ends it', async () => {
    const damaged = await state();
    await killed('restored on a scratch server');
    assert.deepEqual(await state(), damaged);
    const writer = await connect(url, { applicationName: 'notes-app' });
    await writer.query('BEGIN; LOCK TABLE tasks IN ROW EXCLUSIVE MODE');
    await killed('Present state saved', () =>
      untilRows(
        url,
        `SELECT FROM pg_stat_activity WHERE application_name LIKE 'ops-actions%' AND datname = current_database() AND wait_event_type = 'Lock'`,
      ),
    );
    await writer.query('ROLLBACK');
    await writer.close();
    assert.deepEqual(await state(), damaged);
    const [copy] = await copies();
    const { result, log } = await restore({ into: 'place' });
    assert.equal(result.reasonCode, 'tables_merged', log);
    assert.ok(copy !== undefined && log.includes(`drop those that nobody needs: ${copy}`), log);
    assert.deepEqual(tablesOf(result.details)[0], ['public.tasks', 10, 1, 1]);
    assert.deepEqual([(await state())?.n, (await state())?.odd], [1001, 30]);
  });

  /** The action as a process of its own, ended by SIGKILL once it has said so and something else has come about. */
  async function killed(said: string, untilThen: () => Promise<unknown> = async () => {}): Promise<void> {
    const given = { ...inputs({ into: 'place' }), environment: '' };
    const home = await mkdtemp(join(tmpdir(), 'restore-tables-run-'));
    const child: ChildProcess = spawn(process.execPath, [entry], {
      env: {
        ...{ PATH: process.env.PATH ?? '', HOME: home, RUNNER_TEMP: home, GITHUB_WORKSPACE: home, GITHUB_RUN_ID: '9' },
        ...{ GITHUB_OUTPUT: join(home, 'output'), GITHUB_SHA: '0'.repeat(40), GITHUB_RUN_ATTEMPT: String(++number) },
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const over = new Promise<void>((resolve) => child.once('close', () => resolve()));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', async (chunk) => {
        output += String(chunk);
        if (!output.includes(said) || child.killed) return;
        await untilThen().finally(() => child.kill('SIGKILL'));
      });
    await over;
    await rm(home, { recursive: true, force: true });
    assert.equal(child.signalCode, 'SIGKILL', output);
    // The server notices the lost session, and takes its transaction back.
    const ours = `SELECT FROM pg_stat_activity WHERE application_name LIKE 'ops-actions%' AND datname = current_database()`;
    for (const endsAt = Date.now() + 20_000; Date.now() < endsAt && (await query(url, ours)).length > 0; )
      await wait(100);
  }
});
