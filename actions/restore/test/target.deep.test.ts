import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { type BackupResult, createBackup } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { query } from '#backup/test-database';
import { systemClock } from '#http/clock';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

// The project, not an address, says which database is replaced; only the session pooler leads to it from here.

const installed = (await listPostgres()).some((found) => found.server);

describe('the live database of a project', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
  let sandbox: Sandbox;
  let cluster: Cluster;
  let folder: string;
  let key: { identity: string; recipient: string };
  let url: string;
  let made: BackupResult;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'restore-target-'));
    key = await createOneTimeKey();
    const own = new URL(cluster.url);
    own.pathname = '/postgres';
    url = own.href;
    const { project } = sandbox.description.supabase;
    await query(url, `CREATE ROLE "postgres.${project}" LOGIN SUPERUSER PASSWORD 'canary-password'`);
    await query(url, 'CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes SELECT generate_series(1, 20)');
    sandbox.supabase.database.pooler = { host: '127.0.0.1', port: Number(own.port) };
    made = await createBackup({
      ...{ url, name: 'first', destinations: [directoryDestination(folder)], recipients: [key.recipient] },
      clock: systemClock,
    });
  });
  after(async () => {
    await sandbox?.close();
    await cluster?.stop();
    await removeFolders();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  const restore = async (inputs: Record<string, string>) => {
    await query(url, 'DELETE FROM notes WHERE id > 5');
    const run = await runPointInTime(sandbox, {
      ...{ mode: 'restore', 'backup-destination': 'directory', 'backup-path': folder, 'age-identity': key.identity },
      ...{ manifest: made.manifestFile, digest: `sha256:${made.manifest.object.sha256}` },
      ...{ confirm: sandbox.description.supabase.project, 'age-recipients': key.recipient },
      ...inputs,
    });
    assert.doesNotMatch(run.log.replaceAll(/^::add-mask::.*$/gm, ''), /canary/);
    return { ...run, rows: (await query(url, 'SELECT FROM notes')).length };
  };

  test('by password it is found behind the session pooler, and only where its reference is typed', async () => {
    const password = { 'database-password': 'canary-password' };
    await assert.rejects(
      restore({ ...password, confirm: 'postgres' }),
      /confirm.*must be the reference of the project/s,
    );
    const { result, log, rows } = await restore(password);
    assert.deepEqual([result.reasonCode, rows], ['restored_live', 20], log);
    assert.match(log, /Database: 127\.0\.0\.1:\d+\/postgres of project \w+ as postgres\.\w+, the session pooler/);
    assert.match(log, /Writes stopped: new sessions are read-only/);
  });

  test('by a role of limited life, made anew for each stage; going back by the platform takes it away, so it is refused', async () => {
    let roles = 0;
    sandbox.supabase.database.createRole = async (role) => {
      roles += 1;
      const name = `"${role}.${sandbox.description.supabase.project}"`;
      const admin = `${url}?options=-c%20default_transaction_read_only%3Doff`;
      if (roles === 1) await query(admin, `CREATE ROLE ${name} NOINHERIT LOGIN; GRANT postgres TO ${name}`);
      await query(admin, `ALTER ROLE ${name} PASSWORD 'canary-of-role-${roles}'`);
      return `canary-of-role-${roles}`;
    };
    const { result, log, rows } = await restore({ 'login-role': 'true' });
    assert.deepEqual([result.reasonCode, rows], ['restored_live', 20], log);
    assert.ok(roles >= 3, `${roles}`);
    const again = restore({ mode: 'point-in-time', 'login-role': 'true', manifest: '', digest: '' });
    await assert.rejects(again, /login-role.*going back takes the role that was made away/s);
  });
});
