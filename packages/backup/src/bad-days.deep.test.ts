import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runTool } from '#child-process/run-tool';
import { systemClock } from '#http/clock';
import { startFaultProxy } from '#postgres/fault-proxy';
import { createOneTimeKey } from './age-stream.ts';
import { type CreateBackupOptions, createBackup } from './create-backup.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { isRoot, listPostgres } from './find-postgres.ts';
import { oneChunk } from './one-chunk.ts';
import { openBackup } from './restore-backup.ts';
import { restoreLive } from './restore-live.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);
const mounting = isRoot() ? false : 'only root may mount a small file system';

/** Some 60 MB that do not compress, in a table that pg_dump and our counting take a while for. */
const large = `CREATE TABLE notes AS SELECT g AS id, 'canary ' || (SELECT string_agg(md5(format('%s %s', g, n)), '') FROM generate_series(1, 60) AS n) AS v
  FROM generate_series(1, 30000) AS g`;

describe('bad days of a backup', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let url: string;
  let recipient: string;
  let identity: string;
  let counter = 0;
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'bad-days-'));
    ({ recipient, identity } = await createOneTimeKey());
    url = await createDatabase(cluster, large);
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const backup = (more: Partial<CreateBackupOptions> = {}) =>
    createBackup({
      url,
      name: `bad-${++counter}`,
      destinations: [directoryDestination(join(folder, `${counter}`))],
      recipients: [recipient],
      clock: systemClock,
      ...more,
    });
  const left = () => readdir(join(folder, `${counter}`)).catch(() => []);
  /** Fails, says so without a value, and leaves neither an object nor a half one. */
  async function failsCleanly(made: Promise<unknown>, message: RegExp) {
    await assert.rejects(made, (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /canary/);
      return true;
    });
    assert.deepEqual(await left(), []);
  }

  /** The folder of the next backup, where something happens before each chunk is written. */
  function hindered(before: (chunk: Uint8Array) => Promise<unknown>): BackupDestination {
    const inner = directoryDestination(join(folder, `${counter + 1}`));
    async function* passed(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        await before(chunk);
        yield chunk;
      }
    }
    return { ...inner, write: (name, chunks) => inner.write(name, passed(chunks)) };
  }

  /** A server between us and the database; `fault` comes after so many bytes of answers. */
  async function proxied(
    fault: 'cut' | 'silence' | 'silence-all',
    afterBytes: number,
    body: (through: string) => Promise<void>,
  ) {
    let happened = false;
    const proxy = await startFaultProxy(cluster.port, ({ from, total }) => {
      if (from !== 'server' || total <= afterBytes || (fault === 'silence' && happened)) return undefined;
      happened = true;
      return fault;
    });
    const through = new URL(url);
    through.port = `${proxy.port}`;
    try {
      await body(through.href);
      assert.ok(proxy.broken, 'the connection was never broken');
    } finally {
      proxy.close();
    }
  }

  test('a connection that is cut while pg_dump writes', async () => {
    await proxied('cut', 20_000_000, (through) =>
      failsCleanly(backup({ url: through }), /pg_dump failed: .*connection/),
    );
  });

  test('a connection that falls silent ends at the deadline', async () => {
    const started = performance.now();
    await proxied('silence-all', 20_000_000, (through) =>
      failsCleanly(backup({ url: through, deadlineMs: 15_000 }), /pg_dump did not end within 15 s/),
    );
    assert.ok(performance.now() - started < 60_000);
  });

  test('a dump whose own path falls silent is given up, although everything else still answers', async () => {
    const started = performance.now();
    await proxied('silence', 20_000_000, (through) =>
      failsCleanly(
        backup({ url: through, quietMs: 500 }),
        /pg_dump was ended: the connection fell silent: .*works on nothing/,
      ),
    );
    assert.ok(performance.now() - started < 90_000);
  });

  test('a store that takes its time is no silence of the path', async () => {
    let waited = false;
    const slow = hindered(async () => {
      if (!waited) await pause(5_000);
      waited = true;
    });
    const { manifest } = await backup({ destinations: [slow], quietMs: 1_500 });
    assert.equal(manifest.verification.verdict, 'verified');
    assert.ok(waited);
  });

  test('a restore whose path falls silent is given up, and its server keeps nothing of it', async () => {
    const { manifest, manifestFile } = await backup();
    const destination = directoryDestination(join(folder, `${counter}`));
    const decryption = await openDecryption({ ageIdentity: identity });
    const opened = await openBackup({ destination, manifestFile, digest: manifest.object.sha256, decryption });
    const target = await createDatabase(cluster, 'SELECT 1');
    const proxy = await startFaultProxy(cluster.port, ({ from, total }) =>
      from === 'client' && total > 10_000_000 ? 'silence' : undefined,
    );
    const through = new URL(target);
    through.port = `${proxy.port}`;
    const restored = restoreLive(through.href, opened, { deadlineMs: 120_000, quietMs: 500 });
    try {
      await assert.rejects(restored, /pg_restore was ended: the connection fell silent: .*look which/);
    } finally {
      proxy.close();
    }
    assert.deepEqual(await query(target, "SELECT to_regclass('notes') IS NULL AS gone"), [{ gone: true }]);
  });

  test('a server that is stopped while pg_dump writes', async () => {
    const other = await startCluster();
    const source = await createDatabase(other, large);
    let bytes = 0;
    const stopping = hindered(async (chunk) => {
      bytes += chunk.length;
      if (bytes > 2_000_000) await other.stop();
    });
    await failsCleanly(backup({ url: source, destinations: [stopping] }), /pg_dump failed: .*connection/);
    assert.ok(bytes > 2_000_000);
  });

  test('a source that is lost when the dump is stored and not counted leaves no object', async () => {
    const inner = directoryDestination(join(folder, `${counter + 1}`));
    let stored = false;
    const losing: BackupDestination = {
      ...inner,
      async write(name, chunks) {
        await inner.write(name, chunks);
        stored ||= name.endsWith('.dump.zst.age');
        await query(
          url,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ops-actions backup'`,
        );
      },
    };
    await failsCleanly(backup({ destinations: [losing] }), /rows could not be counted: .*(terminat|connection)/i);
    assert.ok(stored);
  });

  test('a destination that takes the manifest and keeps none of it has no backup', async () => {
    const small = await createDatabase(cluster, 'CREATE TABLE a (id int)');
    const inner = directoryDestination(join(folder, `${counter + 1}`));
    const losing: BackupDestination = {
      ...inner,
      async write(name, chunks) {
        await inner.write(name, name.endsWith('.manifest.json') ? oneChunk('') : chunks);
      },
    };
    await assert.rejects(backup({ url: small, destinations: [losing] }), {
      reasonCode: 'destination_failed',
      message: /holds 0 bytes of bad-\d+\.manifest\.json, \d+ were written: nothing restores a backup without it/,
    });
  });

  test('a destination that is slow holds the dump back and loses nothing', async () => {
    const slow = hindered(() => pause(1));
    const { manifest } = await backup({ destinations: [slow] });
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
  });

  test('a key that is none of the recipients opens nothing', async () => {
    const { manifest, manifestFile } = await backup({ url: await createDatabase(cluster, 'CREATE TABLE t (v text)') });
    const destination = directoryDestination(join(folder, `${counter}`));
    const open = async (ageIdentity: string) => {
      const decryption = await openDecryption({ ageIdentity });
      return await openBackup({ destination, manifestFile, digest: manifest.object.sha256, decryption });
    };
    assert.equal((await open(identity)).manifest.name, manifest.name);
    const stranger = (await createOneTimeKey()).identity;
    await assert.rejects(open(stranger), (error: Error) => {
      assert.match(error.message, /identit|key|recipient/i);
      assert.ok(!error.message.includes(stranger.slice(16, 40)));
      return true;
    });
  });

  test('a destination that is full', { skip: mounting }, async () => {
    const full = join(folder, `${counter + 1}`);
    await mkdir(full);
    const mount = await runTool({
      command: 'mount',
      args: ['-t', 'tmpfs', '-o', 'size=4m', 'none', full],
      deadlineMs: 9_000,
    });
    assert.equal(mount.exitCode, 0, mount.stderr);
    try {
      await failsCleanly(backup(), /there is no room left/);
    } finally {
      await runTool({ command: 'umount', args: [full], deadlineMs: 9_000 });
    }
  });

  test('no room for the scratch copy: could not verify, says what to do, and the object stays', {
    skip: mounting,
  }, async () => {
    const small = join(folder, 'small');
    await mkdir(small);
    // The scratch server's account must get there.
    await chmod(folder, 0o711);
    const script = join(folder, 'backup.ts');
    const modules = (name: string) => JSON.stringify(join(import.meta.dirname, name));
    // In a child with mounts of its own: the places for scratch copies are small there, and only there.
    await writeFile(
      script,
      `import { createBackup } from ${modules('create-backup.ts')};
       import { directoryDestination } from ${modules('destination.ts')};
       import { systemClock } from ${modules('../../http/src/clock.ts')};
       import { readdirSync } from 'node:fs';
       const { manifest } = await createBackup({ url: process.env.SOURCE, name: 'no-room', recipients: [${JSON.stringify(recipient)}],
         destinations: [directoryDestination(${JSON.stringify(join(folder, 'no-room'))})], clock: systemClock });
       console.log(JSON.stringify({ ...manifest.verification, left: readdirSync(process.env.TMPDIR) }));`,
    );
    // The last size does not even hold an empty cluster.
    for (const size of ['90m', '8m']) {
      const steps = [
        'mount -t tmpfs -o size=1m none /dev/shm',
        `mount -t tmpfs -o size=${size},mode=1777 none '${small}'`,
        `exec '${process.execPath}' '${script}'`,
      ];
      const run = await runTool({
        command: 'unshare',
        args: ['--mount', 'sh', '-ec', steps.join(' && ')],
        cwd: import.meta.dirname,
        environment: { SOURCE: url, TMPDIR: small },
        deadlineMs: 120_000,
      });
      assert.equal(run.exitCode, 0, run.stderr);
      const found = JSON.parse(run.stdout.split('\n').findLast((line) => line.startsWith('{')) ?? '');
      assert.deepEqual([found.verdict, found.reasonCode], ['could-not-verify', 'scratch_full'], found.message);
      assert.match(found.message, /no room left for the scratch copy.*takes about \d.*set TMPDIR/);
      assert.deepEqual(found.left, []);
      assert.equal((await readdir(join(folder, 'no-room'))).length, 3);
      await rm(join(folder, 'no-room'), { recursive: true });
    }
  });
});
