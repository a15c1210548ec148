import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey, decryptStream } from './age-stream.ts';
import { decompressStream } from './compress-stream.ts';
import { type CreateBackupOptions, createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { listPostgres } from './find-postgres.ts';
import { chooseBackup, findVerifiedBackup, listBackups } from './find-verified-backup.ts';
import { isSufficient } from './manifest.ts';
import { openBackup, rehearseRestore } from './restore-backup.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { parseContents } from './stored-contents.ts';
import { createDatabase } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('levels, tables and age of a backup', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let url: string;
  let recipient: string;
  let identity: string;
  let counter = 0;

  before(async () => {
    cluster = await startCluster();
    ({ recipient, identity } = await createOneTimeKey());
    url = await createDatabase(
      cluster,
      `CREATE TABLE tasks (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text); INSERT INTO tasks (v) SELECT 'x' FROM generate_series(1, 9);
       CREATE TABLE "Odd Name" (id int REFERENCES tasks); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';`,
    );
  });
  after(async () => {
    await cluster?.stop();
  });
  const backup = async (more: Partial<CreateBackupOptions> = {}) => {
    folder ??= await mkdtemp(join(tmpdir(), 'backup-levels-'));
    return await createBackup({
      url,
      name: `backup-${++counter}`,
      destinations: [directoryDestination(folder)],
      recipients: [recipient],
      clock: systemClock,
      ...more,
    });
  };
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('a lower level is reached and said, and is never called verified', async () => {
    const checksum = (await backup({ verify: 'checksum' })).manifest.verification;
    assert.deepEqual(
      [checksum.verdict, checksum.reasonCode, checksum.level, isSufficient(checksum)],
      ['could-not-verify', 'checksum_only', 'checksum', true],
    );
    assert.match(checksum.message, /not restored, as verify: checksum asks.*all \d+ bytes of the dump decrypt/);
    const structure = (await backup({ verify: 'structure' })).manifest.verification;
    assert.deepEqual(
      [structure.verdict, structure.reasonCode, isSufficient(structure)],
      ['could-not-verify', 'structure_only', true],
    );
    assert.match(structure.message, /the structure of 3 relations was restored and is equal/);
  });

  test('every destination gets the same bytes, and each is read back', async () => {
    const second = directoryDestination(join(folder, 'second'));
    const { manifest } = await backup({ destinations: [directoryDestination(folder), second] });
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
    assert.equal(manifest.destinations.length, 2);
    const names = (await readdir(join(folder, 'second'))).sort();
    assert.deepEqual(
      names,
      ['contents.zst.age', 'dump.zst.age', 'manifest.json'].map((end) => `${manifest.name}.${end}`),
    );
    assert.deepEqual(
      (await listBackups(second)).map((one) => [one.manifest.name, one.complete]),
      [[manifest.name, true]],
    );
  });

  test('the last verified backup is found by age and database; others are not', async () => {
    const { manifest } = await backup();
    const identity = manifest.source.identity ?? '';
    const now = Date.now() / 1000;
    const destinations = [directoryDestination(folder)];
    const found = await findVerifiedBackup(destinations, { identity, since: now - 60, now });
    assert.equal(found?.manifest.name, manifest.name);
    assert.equal(await findVerifiedBackup(destinations, { identity, since: now + 60, now }), undefined);
    assert.equal(await findVerifiedBackup(destinations, { identity: 'sha256:other', now }), undefined);
    const recorded = async () => false;
    assert.equal(await findVerifiedBackup(destinations, { identity, now, recorded }), undefined);
    const before = manifest.source.snapshotAt ?? 0;
    const older = await findVerifiedBackup(destinations, { identity, now, before });
    assert.notEqual(older?.manifest.name, manifest.name);
    // A manifest alone is no backup; neither is one that says of itself what was not asked for.
    await truncate(join(folder, manifest.object.file), 10);
    await writeFile(join(folder, 'x.manifest.json'), '{"schemaVersion": 9}');
    const lines: string[] = [];
    const next = await findVerifiedBackup(destinations, { identity, now }, (line) => lines.push(line));
    assert.notEqual(next?.manifest.name, manifest.name);
    assert.match(lines.join('\n'), /x\.manifest\.json .* is not a manifest of ours: .*schema version 9/);
    const expired = {
      manifest: { ...manifest, expiresAt: now - 1 },
      manifestFile: '',
      manifestDigest: { bytes: 1, sha256: '' },
      complete: true,
    };
    const [destination = directoryDestination(folder)] = destinations;
    assert.equal(chooseBackup([{ ...expired, destination }], { identity, now }), undefined);
  });

  test('single tables are backed up and proven, and no migration takes them for a restore point', async () => {
    const { manifest } = await backup({ tables: ['tasks'], name: 'one-table' });
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
    assert.deepEqual(manifest.tables, [{ name: 'public.tasks', rows: 9 }]);
    assert.ok(manifest.notCovered?.includes('every table that was not asked for'));
    const identity = manifest.source.identity ?? '';
    const found = await findVerifiedBackup([directoryDestination(folder)], { identity, now: Date.now() / 1000 });
    assert.notEqual(found?.manifest.name, 'one-table');
    await assert.rejects(backup({ tables: ['tasks', 'absent', 'not a; name'] }), /no table absent, not a; name in the/);
  });

  test('single tables in schemas of their own are proven with the types, functions and parents that they need', async () => {
    const own = await createDatabase(
      cluster,
      `CREATE SCHEMA app; CREATE SCHEMA "Lib"; CREATE TYPE app.status AS ENUM ('open', 'done'); CREATE DOMAIN "Lib".short AS text CHECK (VALUE <> '');
       CREATE SEQUENCE "Lib".numbers; CREATE FUNCTION "Lib".tax(numeric) RETURNS numeric IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 0.2';
       CREATE FUNCTION "Lib".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
       CREATE TABLE app.customers (id int PRIMARY KEY); INSERT INTO app.customers VALUES (1), (2);
       CREATE TABLE app.orders (id bigint DEFAULT nextval('"Lib".numbers') PRIMARY KEY, status app.status NOT NULL, note "Lib".short,
         customer int REFERENCES app.customers, next bigint REFERENCES app.orders, price numeric CHECK ("Lib".tax(price) >= 0),
         tax numeric GENERATED ALWAYS AS ("Lib".tax(price)) STORED);
       CREATE INDEX ON app.orders ("Lib".tax(price)); ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
       CREATE TRIGGER touch BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION "Lib".touch();
       CREATE POLICY own ON app.orders USING (EXISTS (SELECT FROM app.customers AS c WHERE c.id = customer));
       INSERT INTO app.orders (status, note, customer, price) VALUES ('open', 'canary', 1, 5), ('done', NULL, 2, 7.50);
       CREATE TABLE app.parts (k int, v app.status, PRIMARY KEY (k)) PARTITION BY LIST (k);
       CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES IN (1); CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES IN (2);
       INSERT INTO app.parts VALUES (1, 'open'), (2, 'done');`,
    );
    const made = await backup({ url: own, tables: ['app.orders', 'app.parts_1'] });
    const { verification, tables } = made.manifest;
    assert.equal(verification.verdict, 'verified', JSON.stringify(verification));
    assert.deepEqual(tables, [
      { name: 'app.orders', rows: 2 },
      { name: 'app.parts_1', rows: 1 },
    ]);
    assert.deepEqual(verification.leftOut, [
      'FK CONSTRAINT app orders orders_customer_fkey',
      'INDEX ATTACH app parts_1_pkey',
    ]);
    assert.match(made.manifest.notCovered?.join() ?? '', /types, functions and schemas.*into an empty database/);
    // Without the source, as a drill does it.
    const opened = await openBackup({
      destination: directoryDestination(folder),
      manifestFile: made.manifestFile,
      digest: made.manifest.object.sha256,
      decryption: await openDecryption({ ageIdentity: identity }),
    });
    const again = await rehearseRestore(opened, { deadlineMs: 60_000, log: () => {} });
    assert.equal(again.verdict, 'verified', JSON.stringify(again));
    const { contents } = opened.contents;
    const [first, ...others] = contents.tables;
    const wrong = { ...contents, tables: [{ ...first, checksum: '1' } as (typeof contents.tables)[number], ...others] };
    const differs = await rehearseRestore(
      { ...opened, contents: { ...opened.contents, contents: wrong } },
      { deadlineMs: 60_000, log: () => {} },
    );
    assert.deepEqual(differs.differences, ['app.orders: 2 rows on both sides, with other contents']);
  });

  test('GPG recipients: stored, proven and described like any other', async (context) => {
    const { openKeyring } = await import('./gpg-keyring.ts');
    const keyring = await openKeyring().catch(() => undefined);
    if (keyring === undefined) return context.skip('no gpg program, or no file system in memory');
    await keyring.createKey();
    const { runTool } = await import('#child-process/run-tool');
    const exported = await runTool({ ...keyring.stream(['--armor', '--export']), deadlineMs: 10_000 });
    await keyring.close();
    const { manifest } = await backup({ recipients: [], gpgRecipients: exported.stdout.split('\n') });
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
    assert.match(manifest.object.file, /\.dump\.zst\.gpg$/);
    assert.match(manifest.recipients.join(), /^gpg:[0-9A-F]{40}$/);
    assert.match(manifest.restoreCommand, /^gpg --decrypt backup-/);
  });

  test('what a restore needs to know lies encrypted beside the dump, roles without passwords', async () => {
    const { manifest } = await backup();
    const stored = directoryDestination(folder).read(manifest.contents?.file ?? '');
    const chunks: Uint8Array[] = [];
    for await (const chunk of decompressStream(decryptStream(stored, identity))) chunks.push(chunk);
    const { roles, contents, source } = parseContents(Buffer.concat(chunks).toString());
    assert.equal(roles.find((role) => role.name === 'postgres')?.superuser, true);
    assert.deepEqual(contents.tables.find((table) => table.name === 'public.tasks')?.rows, 9);
    assert.equal(source.encoding, 'UTF8');
    assert.throws(() => parseContents('{"schemaVersion": 1}'), /are damaged/);
  });

  test('a manifest with totals only names no table', async () => {
    const { manifest } = await backup({ totalsOnly: true });
    assert.deepEqual([manifest.tables, manifest.rows], [[], 9]);
    assert.doesNotMatch(JSON.stringify(manifest), /tasks|Odd Name/);
  });
});
