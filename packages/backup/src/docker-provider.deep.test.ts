import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { findPostgres, listPostgres, type PostgresMissing } from './find-postgres.ts';
import { openBackup } from './restore-backup.ts';
import { restoreLive } from './restore-live.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { supabaseShaped } from './supabase-shaped.fixture.ts';
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).find((found) => found.server);
const skip =
  installed === undefined || process.platform !== 'linux' ? 'no PostgreSQL server programs on this machine' : false;
const hex = (seed: string) => `sha256:${seed.repeat(64).slice(0, 64)}`;

/**
 * A docker command whose images hold the programs of this machine: what it is asked for, and with which words, is what is proven
 * here; that a real engine does with them what it must is docker-postgres.deep.test.ts.
 */
const script = (folder: string, programs: string) => `#!/bin/sh
printf '%s\\n' "$*" >>${folder}/asked
case $1 in
  image)
    # As Docker 29 does it.
    case " $* " in *' --all '*) cat ${folder}/images ;; *) grep -v '<none>' ${folder}/images ;; esac ;;
  pull) [ -f ${folder}/registry ] && cat ${folder}/registry >>${folder}/images ;;
  run)
    shift
    while :; do
      case $1 in
        --entrypoint) program=$2; shift 2 ;;
        --user) user=\${2%:*} group=\${2#*:}; shift 2 ;;
        --workdir) cd "$2" || exit 1; shift 2 ;;
        --name|--network|--cap-drop|--security-opt|--ulimit|--tmpfs|--volume|--env) shift 2 ;;
        --*) shift ;;
        *) id=$1; shift; break ;;
      esac
    done
    [ "$id" = ${hex('bad')} ] && { printf 'ops-actions-look\\n'; exit 0; }
    PATH=${programs}:$PATH
    export PATH
    [ "$(id -u)" = 0 ] || exec "$program" "$@"
    exec setpriv --reuid="$user" --regid="$group" --clear-groups -- "$program" "$@" ;;
esac
`;

describe('PostgreSQL of an image', { skip }, () => {
  const path = process.env.PATH ?? '';
  const version = installed?.version ?? '';
  let folder: string;
  let source: Cluster;
  const images = (...lines: string[][]) =>
    writeFile(join(folder, 'images'), lines.map((line) => `${line.join('\t')}\n`).join(''));
  const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docker-provider-'));
    await writeFile(join(folder, 'docker'), script(folder, installed?.directory ?? ''));
    await chmod(join(folder, 'docker'), 0o755);
    await chmod(folder, 0o755);
    source = await startCluster();
    process.env.PATH = `${folder}${delimiter}${path}`;
  });
  after(async () => {
    process.env.PATH = path;
    await source?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('proves a Supabase-shaped database: roles first, by the image’s own id, and the manifest names image and digest', async () => {
    await images(
      ['supabase/postgres', `${version}.1.063`, hex('5'), hex('e')],
      ['postgres', version, hex('1'), hex('a')],
    );
    const url = new URL(await createDatabase(source, supabaseShaped('')));
    url.username = 'project';
    const stored = await mkdtemp(join(tmpdir(), 'docker-provider-stored-'));
    const { recipient } = await createOneTimeKey();
    const said: string[] = [];
    try {
      const { manifest } = await createBackup({
        ...{ url: url.href, name: 'b', destinations: [directoryDestination(stored)], recipients: [recipient] },
        ...{ clock: systemClock, log: (line: string) => said.push(line) },
      });
      const { verification, programs } = manifest;
      assert.equal(verification.verdict, 'verified', JSON.stringify(verification));
      assert.equal(verification.separateUser, true);
      const reference = `supabase/postgres:${version}.1.063`;
      assert.deepEqual(programs, { version, image: { reference, digest: hex('5') } });
      assert.match(said.join('\n'), new RegExp(`PostgreSQL ${version} of the image ${reference}@${hex('5')}`));
    } finally {
      await rm(stored, { recursive: true, force: true });
    }
    const runs = (await asked()).filter((line) => line.startsWith('run '));
    const of = (program: string) => runs.filter((line) => line.includes(`--entrypoint ${program} ${hex('e')}`));
    for (const program of ['sh', 'initdb', 'postgres', 'pg_dump', 'pg_restore'])
      assert.ok(of(program).length > 0, `${program} ran in no container`);
    for (const line of runs) {
      assert.match(line, /^run --rm --pull=never .*--cap-drop ALL .*no-new-privileges .*--read-only /);
      assert.doesNotMatch(line, /supabase\/postgres|--privileged|docker\.sock/);
    }
    for (const line of [...of('initdb'), ...of('postgres'), ...of('pg_restore')]) assert.match(line, /--network none/);
  });

  test('is what is installed where the version is another one', async () => {
    await images(['postgres', '15.1', hex('1'), hex('b')]);
    const found = await findPostgres({ major: installed?.major ?? 0, version: '15.1', server: true });
    // The image says another version than its tag.
    assert.equal(found.image, undefined);
    assert.equal(found.version, version);
  });

  test('is not used where its folders are not those of this machine', async () => {
    await images(['postgres', version, hex('1'), hex('bad')]);
    const found = await findPostgres({ major: installed?.major ?? 0, version, server: true });
    assert.equal(found.image, undefined);
  });

  test('pinned by digest: nothing else is used; it is fetched only where that is allowed, by digest', async () => {
    await images();
    const image = `supabase/postgres@${hex('7')}`;
    await assert.rejects(findPostgres({ image, server: true }), (error: PostgresMissing) => {
      assert.equal(error.reasonCode, 'postgres_tools_missing');
      return error.installLine === `docker pull ${image}`;
    });
    assert.ok(!(await asked()).some((line) => line.startsWith('pull')));
    await writeFile(join(folder, 'registry'), `supabase/postgres\t<none>\t${hex('7')}\t${hex('9')}\n`);
    const found = await findPostgres({ image, server: true, pull: true });
    assert.deepEqual(found.image, { id: hex('9'), reference: 'supabase/postgres', digest: hex('7') });
    assert.ok((await asked()).includes(`pull --quiet ${image}`));
    assert.ok(found.extensions?.includes('plpgsql'));
    await assert.rejects(findPostgres({ image, major: 3 }), /is PostgreSQL \d.*the database is of major version 3/);
  });

  test('pinned, it also brings the server of a replay and the pg_restore of a live restore', async (t) => {
    await images(['supabase/postgres', '<none>', hex('7'), hex('9')]);
    const image = `supabase/postgres@${hex('7')}`;
    const replay = await startCluster({ image });
    t.after(() => replay.stop());
    assert.match((await asked()).join('\n'), new RegExp(`--entrypoint initdb ${hex('9')} `));
    const stored = await mkdtemp(join(tmpdir(), 'docker-provider-stored-'));
    t.after(() => rm(stored, { recursive: true, force: true }));
    const { recipient, identity } = await createOneTimeKey();
    const decryption = await openDecryption({ ageIdentity: identity });
    t.after(() => decryption.close());
    const destination = directoryDestination(stored);
    const { manifest, manifestFile } = await createBackup({
      ...{
        url: await createDatabase(source, 'CREATE TABLE a AS SELECT 1 AS id'),
        name: 'b',
        destinations: [destination],
      },
      ...{ recipients: [recipient], clock: systemClock, scratchImage: image },
    });
    const backup = await openBackup({ destination, manifestFile, digest: manifest.object.sha256, decryption });
    await rm(join(folder, 'asked'));
    const live = await createDatabase(source, '');
    await restoreLive(live, backup, { deadlineMs: 60_000, scratchImage: image });
    assert.deepEqual(await query(live, 'SELECT id FROM a'), [{ id: 1 }]);
    assert.match((await asked()).join('\n'), new RegExp(`--network host .*--entrypoint pg_restore ${hex('9')} `));
  });
});
