import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { listPostgres } from './find-postgres.ts';
import { openBackup, rehearseRestore } from './restore-backup.ts';
import { restoreBeside } from './restore-beside.ts';
import { restoreLive } from './restore-live.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);
const deadlineMs = 120_000;
/** In the middle of the second block of an object: when it is read, the first one has been handed on. */
const later = 1.5 * 1024 * 1024;

describe('an object that somebody replaces after it was compared', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, () => {
  let cluster: Cluster;
  let folder: string;
  let key: Awaited<ReturnType<typeof createOneTimeKey>>;
  let own: BackupDestination;
  let made: Awaited<ReturnType<typeof createBackup>>;
  let forged: Awaited<ReturnType<typeof createBackup>>;

  before(async () => {
    [cluster, key] = await Promise.all([startCluster(), createOneTimeKey()]);
    folder = await mkdtemp(join(tmpdir(), 'replaced-'));
    own = directoryDestination(folder);
    const backUp = async (name: string, sql: string) =>
      await createBackup({
        ...{ url: await createDatabase(cluster, sql), name, destinations: [own] },
        ...{ recipients: [key.recipient], clock: systemClock },
      });
    made = await backUp(
      'own',
      `CREATE TABLE notes (id int PRIMARY KEY, v text);
       INSERT INTO notes SELECT g, sha512(g::text::bytea)::text FROM generate_series(1, 60000) g`,
    );
    forged = await backUp('forged', `CREATE TABLE notes (id int); CREATE TABLE taken_over (id int)`);
    assert.ok(made.manifest.object.bytes > later + 1024 * 1024, 'the object has several blocks');
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Compared as it was stored; what `replaced` says is read from then on. */
  const openThenReplace = async (replaced: BackupDestination['read']) => {
    const { file, sha256: digest } = made.manifest.object;
    let compared = false;
    const destination = { ...own, read: (name: string) => (compared && name === file ? replaced : own.read)(name) };
    const decryption = await openDecryption({ ageIdentity: key.identity });
    const backup = await openBackup({ destination, manifestFile: made.manifestFile, digest, decryption });
    compared = true;
    return backup;
  };
  const anotherDump = () => own.read(forged.manifest.object.file);
  /** The dump, but for one byte of its second block. */
  const flipped = (meanwhile: () => Promise<unknown> = async () => {}) =>
    async function* (name: string) {
      let at = 0;
      for await (const chunk of own.read(name)) {
        const bytes = Buffer.from(chunk);
        if (at <= later && later < at + bytes.length) {
          await meanwhile();
          bytes.writeUInt8(bytes.readUInt8(later - at) ^ 1, later - at);
        }
        at += bytes.length;
        yield bytes;
      }
    };

  test('live: another dump for the same key never reaches the server', async () => {
    const live = await createDatabase(cluster, 'CREATE TABLE notes (id int); INSERT INTO notes VALUES (7)');
    const backup = await openThenReplace(anotherDump);
    await assert.rejects(restoreLive(live, backup, { deadlineMs }), {
      reasonCode: 'digest_mismatch',
      message: /has changed since it was compared; it ran in one transaction, so the database is as it was/,
    });
    assert.deepEqual(await query(live, 'SELECT id FROM notes'), [{ id: 7 }]);
    assert.deepEqual(await query(live, `SELECT 1 FROM pg_tables WHERE tablename = 'taken_over'`), []);
  });

  test('live: what was restored before the change was met is rolled back', async () => {
    const live = await createDatabase(cluster, 'CREATE TABLE notes (id int); INSERT INTO notes VALUES (7)');
    let isCopying = false;
    const backup = await openThenReplace(
      flipped(async () => {
        const limit = Date.now() + 30_000;
        while (!isCopying && Date.now() < limit) {
          const copying = await query(
            live,
            `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'ops-actions restore %' AND query LIKE 'COPY%notes%'`,
          );
          isCopying = copying.length > 0;
          await wait(50);
        }
      }),
    );
    await assert.rejects(restoreLive(live, backup, { deadlineMs }), { reasonCode: 'digest_mismatch' });
    assert.ok(isCopying, 'the restore was under way');
    assert.deepEqual(await query(live, 'SELECT id FROM notes'), [{ id: 7 }]);
  });

  for (const [what, replaced] of [
    ['another dump', anotherDump],
    ['a byte of it', flipped()],
  ] as const) {
    test(`scratch: ${what} is a mismatch, and no copy is compared`, async () => {
      const backup = await openThenReplace(replaced);
      const { verdict, reasonCode, message } = await rehearseRestore(backup, { deadlineMs, log: () => {} });
      assert.deepEqual([verdict, reasonCode], ['mismatch', 'digest_mismatch']);
      assert.match(message, /own\.dump.* has changed since it was compared/);
    });
  }

  test('single tables: nothing is copied beside the live ones', async () => {
    const live = await createDatabase(cluster, 'CREATE TABLE notes (id int PRIMARY KEY, v text)');
    const given = { schema: 'restored', tables: ['public.notes'], deadlineMs, log: () => {} };
    const { signal } = new AbortController();
    const beside = restoreBeside(live, await openThenReplace(flipped()), { ...given, signal });
    await assert.rejects(beside, { reasonCode: 'digest_mismatch' });
    assert.deepEqual(await query(live, `SELECT 1 FROM pg_namespace WHERE nspname = 'restored'`), []);
  });
});
