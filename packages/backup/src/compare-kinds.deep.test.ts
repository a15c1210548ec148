import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { systemClock } from '#http/clock';
import { createOneTimeKey, decryptStream } from './age-stream.ts';
import { compareContents } from './compare-contents.ts';
import { changes, changesOfTheDump, everything, leftOut } from './compare-kinds.fixture.ts';
import { decompressStream } from './compress-stream.ts';
import { createBackup } from './create-backup.ts';
import type { DatabaseContents } from './database-contents.ts';
import { directoryDestination } from './destination.ts';
import type { DumpListing } from './dump-listing.ts';
import { listPostgres } from './find-postgres.ts';
import { readRestored } from './restore-into-scratch.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';
import { toolStream } from './tool-stream.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('every kind of object', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let url: string;
  let source: DatabaseContents;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'compare-kinds-'));
    url = await createDatabase(cluster, everything);
    source = await readRestored(url);
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function changed<T>(sql: string, body: (url: string) => Promise<T>): Promise<T> {
    const copy = new URL(url);
    copy.pathname = '/changed';
    await query(cluster.url, `CREATE DATABASE changed TEMPLATE ${new URL(url).pathname.slice(1)}`);
    try {
      await query(copy.href, sql);
      return await body(copy.href);
    } finally {
      await query(cluster.url, 'DROP DATABASE changed');
    }
  }
  const tool = (program: string, args: string[], input = '') =>
    runTool({
      command: join(cluster.binaries.directory, program),
      args,
      environment: { PGHOST: cluster.socketDirectory, PGUSER: 'postgres' },
      deadlineMs: 60_000,
      ...(input === '' ? {} : { input }),
    });
  async function listing(of: string): Promise<DumpListing> {
    const file = join(folder, 'listed');
    await rm(file, { force: true });
    const done = await tool('pg_dump', ['-Fc', '-s', '-f', file, new URL(of).pathname.slice(1)]);
    assert.equal(done.exitCode, 0, done.stderr);
    const [contents, sql] = await Promise.all([
      tool('pg_restore', ['--list', file]),
      tool('pg_restore', ['-f', '-', file]),
    ]);
    return { contents: contents.stdout, eventTriggers: sql.stdout };
  }

  test('a database equals itself', async () => {
    assert.deepEqual(compareContents(source, await readRestored(url), await listing(url)).differences, []);
  });

  for (const [kind, sql, named] of changes) {
    test(`another ${kind} is found and named`, async () => {
      const { differences } = await changed(sql, async (copy) => compareContents(source, await readRestored(copy)));
      assert.match(differences.join('\n'), named);
      assert.doesNotMatch(differences.join('\n'), /canary/);
    });
  }

  for (const [kind, sql, named] of changesOfTheDump) {
    test(`another ${kind} is found and named`, async () => {
      const differences = await changed(
        sql,
        async (copy) => compareContents(source, await readRestored(copy), await listing(copy)).differences,
      );
      assert.match(differences.join('\n'), named);
    });
  }

  test('another language is found and named', async () => {
    // Apart: pg_dump writes one with a handler of the system so that no server can make it again.
    await changed('CREATE LANGUAGE "own words" HANDLER plpgsql_call_handler', async (copy) => {
      const { archived = [] } = await readRestored(copy);
      const spoken = { ...source, archived: archived.filter(({ entry }) => entry.startsWith('PROCEDURAL LANGUAGE')) };
      assert.deepEqual(compareContents(spoken, source, await listing(copy)).differences, []);
      assert.deepEqual(compareContents(spoken, source, await listing(url)).differences, [
        'not in the dump, or with another owner: PROCEDURAL LANGUAGE - own words postgres',
      ]);
    });
  });

  test('a round trip with all of them is verified, and the same row for row', async () => {
    const { identity, recipient } = await createOneTimeKey();
    const destination = directoryDestination(folder);
    const { manifest } = await createBackup({
      url,
      name: 'everything',
      destinations: [destination],
      recipients: [recipient],
      clock: systemClock,
    });
    assert.equal(manifest.verification.verdict, 'verified', JSON.stringify(manifest.verification));
    assert.deepEqual(manifest.verification.leftOut, leftOut);
    assert.deepEqual(manifest.verification.remarks, []);
    assert.doesNotMatch(JSON.stringify(manifest), /canary/);
    // Restored once more by other means, as the superuser with owners and event triggers, and compared without our own reader.
    await query(cluster.url, 'CREATE DATABASE again');
    const plain = decompressStream(decryptStream(destination.read(manifest.object.file), identity));
    const restoring = toolStream(
      plain,
      {
        command: join(cluster.binaries.directory, 'pg_restore'),
        args: ['--exit-on-error', '--dbname=again'],
        environment: { PGHOST: cluster.socketDirectory, PGUSER: 'postgres' },
        deadlineMs: 60_000,
      },
      ({ stderr }) => new Error(stderr),
    );
    for await (const _ of restoring);
    const again = new URL(url);
    again.pathname = '/again';
    const names = manifest.tables.map((table) => table.name);
    assert.equal(names.length, 7, `${names}`);
    for (const name of names) {
      const rows = `SELECT t::text AS row FROM ONLY ${name} AS t ORDER BY 1`;
      assert.deepEqual(await query(again.href, rows), await query(url, rows), name);
    }
    const objects = 'SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY 1';
    assert.deepEqual(await query(again.href, objects), await query(url, objects));
    const contents = await readRestored(again.href);
    assert.deepEqual(compareContents(source, contents).differences, []);
    assert.deepEqual([contents.archived, contents.eventTriggers], [source.archived, source.eventTriggers]);
  });

  test('rows that were numbered by hand are a remark, not a difference', async () => {
    const { recipient } = await createOneTimeKey();
    const { verification } = await changed(
      'INSERT INTO counted (id) VALUES (1000)',
      async (copy) =>
        (
          await createBackup({
            url: copy,
            name: 'by-hand',
            destinations: [directoryDestination(folder)],
            recipients: [recipient],
            clock: systemClock,
          })
        ).manifest,
    );
    assert.equal(verification.verdict, 'verified', verification.message);
    assert.match(verification.remarks.join(), /counted_id_seq is behind the rows of its column, in the source already/);
  });
});
