import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { compareContents } from './compare-contents.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { listPostgres } from './find-postgres.ts';
import { openBackup } from './restore-backup.ts';
import { readLive, restoreLive } from './restore-live.ts';
import { startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

test('a live database with keys on partitioned tables goes back to its backup', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'restore-partitions-'));
  const [cluster, key] = await Promise.all([startCluster(), createOneTimeKey()]);
  const decryption = await openDecryption({ ageIdentity: key.identity });
  try {
    const url = await createDatabase(
      cluster,
      `CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."m ""x""" (id int, k int, PRIMARY KEY (id, k), UNIQUE (k, id)) PARTITION BY RANGE (id);
       CREATE TABLE low PARTITION OF "a.b"."m ""x""" FOR VALUES FROM (0) TO (100) PARTITION BY LIST (k);
       CREATE TABLE zero PARTITION OF low FOR VALUES IN (1); CREATE TABLE high PARTITION OF "a.b"."m ""x""" FOR VALUES FROM (100) TO (200);
       CREATE TABLE r (id int, k int, FOREIGN KEY (id, k) REFERENCES "a.b"."m ""x"""); CREATE INDEX ON "a.b"."m ""x""" (k);
       INSERT INTO "a.b"."m ""x""" VALUES (1, 1), (150, 2); INSERT INTO r VALUES (1, 1)`,
    );
    const destination = directoryDestination(folder);
    const made = await createBackup({
      ...{ url, name: 'partitions', destinations: [destination], recipients: [key.recipient], clock: systemClock },
    });
    assert.equal(made.manifest.verification.verdict, 'verified', made.manifest.verification.message);
    const before = await readLive(url);
    await query(url, 'DELETE FROM r; DELETE FROM zero; INSERT INTO high VALUES (151, 3)');
    const vouched = { digest: made.manifest.object.sha256, manifestDigest: made.manifestDigest.sha256 };
    const backup = await openBackup({ destination, manifestFile: made.manifestFile, ...vouched, decryption });
    const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('ops-restore-order-')).length;
    const lying = await left();
    await restoreLive(url, backup, { deadlineMs: 120_000 });
    assert.deepEqual(compareContents(before, await readLive(url, before)).differences, []);
    assert.equal(await left(), lying);
  } finally {
    await decryption.close();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
