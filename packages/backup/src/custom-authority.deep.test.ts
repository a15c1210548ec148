import assert from 'node:assert/strict';
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { parseDatabaseUrl } from '#postgres/database-url';
import { supabaseAuthorities } from '#postgres/platform-authorities';
import { createOneTimeKey } from './age-stream.ts';
import { openLibpqAccess } from './authorities-file.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { listPostgres } from './find-postgres.ts';
import { openBackup } from './restore-backup.ts';
import { restoreLive } from './restore-live.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

const installed = (await listPostgres()).some((found) => found.server);
const openssl = await runTool({ command: 'openssl', args: ['version'], deadlineMs: 5_000 }).then(
  () => true,
  () => false,
);
const skip = installed ? (openssl ? false : 'no openssl') : 'no PostgreSQL server programs on this machine';

describe('a server whose certificate a private authority signed (S30)', { skip }, () => {
  let cluster: Cluster;
  let folder: string;
  let url: URL;
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'custom-authority-'));
    await authority('own');
    await authority('foreign');
    const days = ['-days', '2', '-CA', 'own.pem', '-CAkey', 'own.key'];
    await make(['req', '-new', ...key('server'), '-subj', '/CN=localhost', '-out', 'server.csr']);
    await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost');
    await make([
      'x509',
      '-req',
      '-in',
      'server.csr',
      ...days,
      '-extfile',
      'names',
      '-out',
      'server.pem',
      '-CAcreateserial',
    ]);
    const user = await unprivilegedUser();
    for (const name of ['server.pem', 'server.key']) {
      const file = join(cluster.socketDirectory, name);
      await writeFile(file, await readFile(join(folder, name)), { mode: 0o600 });
      if (user !== undefined) await chown(file, user.uid, user.gid);
    }
    for (const [name, value] of [
      ['ssl_cert_file', join(cluster.socketDirectory, 'server.pem')],
      ['ssl_key_file', join(cluster.socketDirectory, 'server.key')],
      ['ssl', 'on'],
    ]) {
      await query(cluster.url, `ALTER SYSTEM SET ${name} = '${value}'`);
    }
    await query(cluster.url, 'SELECT pg_reload_conf()');
    url = new URL(await createDatabase(cluster, 'CREATE TABLE notes (v text); INSERT INTO notes VALUES (1), (2)'));
    url.hostname = 'localhost';
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const make = async (args: string[]) => {
    const done = await runTool({ command: 'openssl', args, cwd: folder, deadlineMs: 30_000 });
    assert.equal(done.exitCode, 0, done.stderr);
  };
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${name}.key`,
  ];
  const authority = (name: string) =>
    make(['req', '-x509', ...key(name), '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.pem`]);
  const through = (name: string, host = 'localhost') => {
    const given = new URL(url);
    given.hostname = host;
    given.searchParams.set('sslmode', 'verify-full');
    given.searchParams.set('sslrootcert', join(folder, name));
    return given.href;
  };

  test('is backed up and restored through sslrootcert, every connection verified', async () => {
    const { identity, recipient } = await createOneTimeKey();
    const destination = directoryDestination(folder);
    const { manifest, manifestFile } = await createBackup({
      url: through('own.pem'),
      name: 'verified',
      destinations: [destination],
      recipients: [recipient],
      clock: systemClock,
    });
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
    await query(url.href, 'DELETE FROM notes');
    const decryption = await openDecryption({ ageIdentity: identity });
    const backup = await openBackup({ destination, manifestFile, digest: manifest.object.sha256, decryption });
    await restoreLive(through('own.pem'), backup, { deadlineMs: 60_000 });
    assert.equal((await query(url.href, 'SELECT FROM notes')).length, 2);
    await decryption.close();
  });

  test('another authority and another name are refused before anything is sent', async () => {
    for (const wrong of [through('foreign.pem'), through('own.pem', '127.0.0.1')]) {
      await assert.rejects(connect(wrong, { applicationName: 'test' }), { name: 'DatabaseUnreachable' });
      const access = await openLibpqAccess(parseDatabaseUrl(wrong), 'test');
      const dump = await runTool({
        command: join(cluster.binaries.directory, 'pg_dump'),
        args: ['--schema-only'],
        environment: access.environment,
        deadlineMs: 30_000,
      });
      await access.close();
      assert.notEqual(dump.exitCode, 0);
      assert.match(dump.stderr, /certificate verify failed|does not match host name/);
    }
  });
});

test('the programs get the platform’s authorities in a file that is removed, for backup and restore alike', async () => {
  const settings = parseDatabaseUrl('postgresql://postgres:p@db.abcdefghijklmnopqrst.supabase.co/postgres');
  const access = await openLibpqAccess(settings, 'test');
  const { PGSSLROOTCERT = '', PGSSLMODE } = access.environment;
  assert.equal(PGSSLMODE, 'verify-full');
  const text = await readFile(PGSSLROOTCERT, 'utf8');
  for (const certificate of supabaseAuthorities) assert.ok(text.includes(certificate));
  await access.close();
  await assert.rejects(readdir(join(PGSSLROOTCERT, '..')), { code: 'ENOENT' });
});
