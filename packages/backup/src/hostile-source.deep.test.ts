import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('a source whose owner means harm (S24)', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let open: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'hostile-source-'));
    // Anybody could write here, if anybody got so far.
    open = await mkdtemp(join(tmpdir(), 'hostile-open-'));
    await chmod(open, 0o777);
    await writeFile(join(open, 'readable'), 'canary');
  });
  after(async () => {
    await cluster?.stop();
    for (const path of [folder, open]) if (path !== undefined) await rm(path, { recursive: true, force: true });
  });

  /** Runs `attack` in the scratch copy only, and goes on whatever comes of it. */
  const guarded = (attack: string) => `BEGIN IF current_database() = 'ops_restore' THEN BEGIN ${attack}
    EXCEPTION WHEN OTHERS THEN NULL; END; END IF; RETURN true; END`;

  const places: Record<string, (attack: string) => string> = {
    check: (
      attack,
    ) => `CREATE FUNCTION public.f(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $a$ ${guarded(attack)} $a$;
      CREATE TABLE t (v text CHECK (public.f(v))); INSERT INTO t VALUES ('x');`,
    'generated column': (
      attack,
    ) => `CREATE FUNCTION public.f(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $a$ ${guarded(attack)} $a$;
      CREATE TABLE t (v text, g bool GENERATED ALWAYS AS (public.f(v)) STORED); INSERT INTO t VALUES ('x');`,
    domain: (
      attack,
    ) => `CREATE FUNCTION public.f(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $a$ ${guarded(attack)} $a$;
      CREATE DOMAIN d AS text CHECK (public.f(VALUE)); CREATE TABLE t (v d); INSERT INTO t VALUES ('x');`,
    'index expression': (
      attack,
    ) => `CREATE FUNCTION public.f(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $a$ ${guarded(attack)} $a$;
      CREATE TABLE t (v text); INSERT INTO t VALUES ('x'); CREATE INDEX ON t (public.f(v));`,
    'event trigger': (attack) => `CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS $a$
      ${guarded(attack).replace('RETURN true;', '')} $a$; CREATE TABLE t (v text);
      CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.f();`,
  };

  for (const [place, source] of Object.entries(places)) {
    test(`a ${place} that tries programs, files and the network changes nothing outside the scratch folder`, async () => {
      let reached = 0;
      const listener = createServer((socket) => {
        reached++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const address = listener.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const attack = [
        `EXECUTE $q$COPY public.t TO PROGRAM 'touch ${open}/program'$q$`,
        `EXECUTE $q$COPY public.t TO '${open}/file'$q$`,
        `PERFORM lo_export(lo_from_bytea(0, 'x'), '${open}/large')`,
        `EXECUTE $q$COPY public.t FROM '${open}/readable'$q$`,
        `EXECUTE $q$SET SESSION AUTHORIZATION postgres$q$`,
        `EXECUTE $q$CREATE EXTENSION dblink$q$`,
        `PERFORM ext.dblink_connect('host=127.0.0.1 port=${port} user=x password=x')`,
      ].map((statement) => `BEGIN ${statement}; EXCEPTION WHEN OTHERS THEN NULL; END;`);
      const url = await createDatabase(
        cluster,
        `CREATE SCHEMA ext; CREATE EXTENSION dblink SCHEMA ext; ${source(attack.join(' '))}`,
      );
      const { recipient } = await createOneTimeKey();
      const { manifest } = await createBackup({
        url,
        name: `hostile-${place.replace(' ', '-')}`,
        destinations: [directoryDestination(folder)],
        recipients: [recipient],
        clock: systemClock,
      });
      listener.close();
      assert.deepEqual(await readdir(open), ['readable']);
      if (process.getuid?.() === 0) assert.equal(reached, 0, 'the network was reached');
      assert.match(manifest.verification.verdict, /^(verified|mismatch|could-not-verify)$/);
      assert.doesNotMatch(JSON.stringify(manifest), /canary/);
    });
  }
});
