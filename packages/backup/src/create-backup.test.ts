import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '#http/clock';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { createOneTimeKey } from './age-stream.ts';
import { BackupFailed } from './backup-error.ts';
import { type CreateBackupOptions, createBackup } from './create-backup.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';
import { listPostgres } from './find-postgres.ts';
import { parseManifest } from './manifest.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';

const installed = (await listPostgres()).some((found) => found.server);

const rich = `
  CREATE EXTENSION pgcrypto SCHEMA public; CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;
  CREATE ROLE authenticated; CREATE ROLE "App User" LOGIN;
  CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN short AS varchar(10) CHECK (VALUE <> '');
  CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, title varchar(40) NOT NULL
    CHECK (title IN ('canary-a', 'b', 'c', 'é')), mood mood DEFAULT 'good', more ext.hstore, made timestamptz DEFAULT now(),
    twice int GENERATED ALWAYS AS (2 * 3) STORED, ops_row text, price float8, bytes bytea DEFAULT gen_random_bytes(9));
  ALTER TABLE notes DROP COLUMN gone;
  INSERT INTO notes (title, more, price) SELECT (ARRAY['canary-a','b','c','é'])[1 + g % 4], 'a=>1', g / 3.0 FROM generate_series(1, 500) g;
  CREATE TABLE "Odd Name" (a int, b text, UNIQUE (b)); INSERT INTO "Odd Name" VALUES (1, NULL), (1, NULL);
  CREATE TABLE empty (a int);
  CREATE TABLE parts (k int, v text) PARTITION BY LIST (k);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1); CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
  INSERT INTO parts VALUES (1, 'x'), (2, 'y');
  CREATE INDEX ON notes (lower(title)) WHERE price > 1;
  CREATE VIEW seen AS SELECT id, title FROM notes; CREATE MATERIALIZED VIEW summed AS SELECT count(*) FROM notes;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TRIGGER touch BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION touch();
  ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
  CREATE POLICY readers ON notes FOR SELECT TO authenticated, "App User" USING (title <> 'b');
  CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
  CREATE EVENT TRIGGER noticed ON ddl_command_end EXECUTE FUNCTION noticed();
  CREATE PUBLICATION all_of_it FOR ALL TABLES;
  COMMENT ON TABLE notes IS 'canary-b'; GRANT SELECT ON notes TO authenticated; ALTER TABLE empty OWNER TO "App User";
  SELECT lo_from_bytea(0, 'canary-c');`;

describe('createBackup', installed ? {} : { skip: 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let admin: DatabaseConnection;
  let folder: string;
  let recipient: string;
  let counter = 0;

  before(async () => {
    cluster = await startCluster();
    admin = await connect(cluster.url, { applicationName: 'test' });
    folder = await mkdtemp(join(tmpdir(), 'create-backup-'));
    recipient = (await createOneTimeKey()).recipient;
  });
  after(async () => {
    await admin?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function database(sql = ''): Promise<string> {
    const name = `case${++counter}`;
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    const connection = await connect(url.href, { applicationName: 'test' });
    await connection.query(sql);
    await connection.close();
    return url.href;
  }
  const backup = (url: string, more: Partial<CreateBackupOptions> = {}) =>
    createBackup({
      url,
      name: `backup-${counter}-${Math.random().toString(36).slice(2)}`,
      destinations: [directoryDestination(folder)],
      recipients: [recipient],
      clock: systemClock,
      ...more,
    });

  test('a database with everything in it is proven, and nothing of it is readable where it is stored', async () => {
    const lines: string[] = [];
    const { manifest, manifestFile } = await backup(await database(rich), { log: (line) => lines.push(line) });
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
    assert.deepEqual(manifest.verification.leftOut, ['EVENT TRIGGER noticed', 'PUBLICATION all_of_it']);
    assert.equal(manifest.rows, 504);
    assert.deepEqual(manifest.tables.find((table) => table.name === 'public."Odd Name"')?.rows, 2);
    assert.deepEqual(parseManifest(await readFile(join(folder, manifestFile), 'utf8')), manifest);
    assert.match(lines[0] ?? '', /^backing up .* of PostgreSQL \d+.*; backup and proof take about \d+ s$/);
    // What is not in it stands in the manifest and in the log.
    assert.deepEqual(manifest.notCovered, ['passwords of roles']);
    assert.equal(lines[1], 'not in the backup: passwords of roles');
    const stored = await readFile(join(folder, manifest.object.file));
    assert.equal(stored.length, manifest.object.bytes);
    assert.ok(stored.subarray(0, 22).equals(Buffer.from('age-encryption.org/v1\n')));
    assert.equal((await stat(join(folder, manifest.object.file))).mode & 0o777, 0o600);
    for (const name of await readdir(folder)) {
      assert.doesNotMatch(await readFile(join(folder, name), 'latin1'), /canary-|PGDMP/);
    }
    assert.doesNotMatch(lines.join('\n'), /canary-/);
  });

  test('what a function says of a row that it refuses in the restore is in no log; which function and table is', async () => {
    const lines: string[] = [];
    const url = await database(`CREATE FUNCTION fits(v text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('is_superuser') = 'off' THEN RAISE EXCEPTION '% does not fit', v; END IF;
        RETURN true; END $$;
      CREATE TABLE a (v text CHECK (fits(v))); INSERT INTO a VALUES ('canary-row')`);
    const { manifest } = await backup(url, { totalsOnly: true, log: (line) => lines.push(line) });
    assert.equal(manifest.verification.verdict, 'could-not-verify');
    assert.doesNotMatch(lines.join('\n') + JSON.stringify(manifest), /canary-/);
    assert.match(
      lines.at(-1) ?? '',
      /COPY failed for table "a": ERROR: in PL\/pgSQL function public\.fits\(text\) line \d+ /,
    );
  });

  test('programs without security fixes are named in log and manifest', async () => {
    const lines: string[] = [];
    const [found] = await listPostgres();
    assert.ok(found !== undefined);
    const old = { ...found, version: `${found.major}.0` };
    const { manifest } = await backup(await database(), { binaries: old, log: (line) => lines.push(line) });
    assert.match(manifest.outdatedTools ?? '', /^pg_dump and pg_restore \d+\.0 /);
    assert.ok(lines.includes(`warning: ${manifest.outdatedTools}`), lines.join('\n'));
  });

  test('an empty database is legal, and said', async () => {
    const { manifest } = await backup(await database());
    assert.deepEqual([manifest.verification.verdict, manifest.verification.reasonCode], ['verified', 'empty_source']);
    assert.equal(manifest.relations, 0);
  });

  test('tables without rows are compared like any other', async () => {
    const { manifest } = await backup(await database('CREATE TABLE a (id int)'));
    assert.deepEqual(
      [manifest.verification.reasonCode, manifest.relations, manifest.rows],
      ['restored_and_equal', 1, 0],
    );
  });

  test('rows that arrive meanwhile are in neither side', async () => {
    const url = await database('CREATE TABLE a (id int); INSERT INTO a SELECT generate_series(1, 20000)');
    const writer = await connect(url, { applicationName: 'app' });
    let writing = true;
    const written = (async () => {
      while (writing) await writer.query('INSERT INTO a SELECT generate_series(1, 50)');
    })();
    const { manifest } = await backup(url);
    writing = false;
    await written;
    await writer.close();
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
  });

  test('an object that was damaged where it is stored is a mismatch', async () => {
    const inner = directoryDestination(folder);
    const damaging: BackupDestination = {
      ...inner,
      async write(name, source) {
        await inner.write(name, source);
        if (!name.endsWith('.age')) return;
        const bytes = await readFile(join(folder, name));
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        await writeFile(join(folder, name), bytes);
      },
    };
    const { manifest } = await backup(await database('CREATE TABLE a (id int)'), { destinations: [damaging] });
    assert.deepEqual(
      [manifest.verification.verdict, manifest.verification.reasonCode],
      ['mismatch', 'digest_mismatch'],
    );
  });

  test('an object that lost its end is a mismatch in the second destination too', async () => {
    const inner = directoryDestination(join(folder, 'second'));
    const cutting: BackupDestination = {
      ...inner,
      async *read(name) {
        for await (const chunk of inner.read(name)) yield chunk.subarray(0, Math.floor(chunk.length * 0.8));
      },
    };
    const { manifest } = await backup(await database('CREATE TABLE a (id int)'), {
      destinations: [directoryDestination(folder), cutting],
    });
    assert.equal(manifest.verification.verdict, 'mismatch');
    assert.match(manifest.verification.message, /second holds \d+ bytes of .*, \d+ were written$/);
  });

  test('what cannot be restored is not verified, and the reason holds no values', async () => {
    // The function works in the session that made the index and not under the empty search path of a restore.
    const url = await database(`CREATE TABLE a (v text); INSERT INTO a VALUES ('canary-d');
      CREATE FUNCTION helper(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
      CREATE FUNCTION keyed(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN helper($1); END $$;
      CREATE INDEX ON a (keyed(v));`);
    const { manifest } = await backup(url);
    assert.deepEqual(
      [manifest.verification.verdict, manifest.verification.reasonCode],
      ['could-not-verify', 'restore_failed'],
    );
    assert.match(manifest.verification.message, /function helper\(text\) does not exist/);
    assert.doesNotMatch(JSON.stringify(manifest), /canary/);
  });

  test('code in the source cannot start programs while it is restored', async () => {
    const marker = join(folder, 'pwned');
    const url = await database(`CREATE TABLE a (v text);
      CREATE FUNCTION public.run(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
        IF current_database() = 'ops_restore' THEN COPY public.a FROM PROGRAM 'touch ${marker}; true'; END IF; RETURN true; END $$;
      ALTER TABLE a ADD CHECK (public.run(v)); INSERT INTO a VALUES ('x');`);
    const { manifest } = await backup(url);
    assert.equal(manifest.verification.verdict, 'could-not-verify');
    await assert.rejects(stat(marker));
  });

  test('without a recipient nothing starts; a private key is not repeated', async () => {
    const url = await database();
    await assert.rejects(backup(url, { recipients: [] }), (error: BackupFailed) => {
      assert.match(error.message, /age-keygen -o/);
      return error.reasonCode === 'no_recipients';
    });
    const { identity } = await createOneTimeKey();
    await assert.rejects(backup(url, { recipients: [identity] }), (error: BackupFailed) => {
      assert.ok(!error.message.includes(identity.slice(15)));
      return error.reasonCode === 'bad_recipient';
    });
    await assert.rejects(backup(url, { recipients: ['age1short'] }), { reasonCode: 'bad_recipient' });
  });

  test('a table that the role may not read is refused by name', async () => {
    const url = new URL(await database('CREATE TABLE a (id int)'));
    await admin.query('CREATE ROLE weak LOGIN');
    url.username = 'weak';
    await assert.rejects(backup(url.href), (error: BackupFailed) => {
      assert.ok(error instanceof BackupFailed);
      assert.match(error.message, /role weak may not read public\.a, so a backup would miss them/);
      return error.reasonCode === 'source_unreadable';
    });
  });

  test('a directory that cannot be written fails and leaves no part behind', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await assert.rejects(backup(await database(), { destinations: [directoryDestination(file)] }), {
      reasonCode: 'destination_failed',
    });
    assert.ok((await readdir(folder)).every((name) => !name.endsWith('.partial')));
  });

  test('an abort ends it at once and keeps nothing half-written', async () => {
    const controller = new AbortController();
    const url = await database(
      'CREATE TABLE a (v text); INSERT INTO a SELECT repeat(md5(g::text), 40) FROM generate_series(1, 40000) g',
    );
    const target = join(folder, 'aborted');
    const running = assert.rejects(
      backup(url, { signal: controller.signal, destinations: [directoryDestination(target)] }),
      /cancelled by hand/,
    );
    while ((await readdir(target).catch(() => [])).length === 0) await pause(5);
    controller.abort(new Error('cancelled by hand'));
    await running;
    assert.deepEqual(
      (await readdir(target)).filter((name) => name.endsWith('.partial')),
      [],
    );
  });
});
