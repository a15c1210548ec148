import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { listPostgres } from './find-postgres.ts';
import { makeRoles } from './make-roles.ts';
import { openBackup } from './restore-backup.ts';
import { restoreLive } from './restore-live.ts';
import { startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);
const deadlineMs = 120_000;

test('a backup comes back on a server that has none of its roles: rights and policies name them again', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roles-'));
  const [source, target, key] = await Promise.all([startCluster(), startCluster(), createOneTimeKey()]);
  const decryption = await openDecryption({ ageIdentity: key.identity });
  try {
    const url = await createDatabase(
      source,
      `CREATE ROLE editors; CREATE ROLE "Maria B" LOGIN PASSWORD 'secret-word' CREATEDB IN ROLE editors, pg_monitor;
       CREATE ROLE shared IN ROLE editors; CREATE TABLE notes (id int PRIMARY KEY, v text); INSERT INTO notes VALUES (1, 'a'), (2, 'b');
       ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON notes TO "Maria B" USING (id = 1);
       GRANT SELECT ON notes TO editors`,
    );
    const destination = directoryDestination(folder);
    const recipients = [key.recipient];
    const made = await createBackup({
      url,
      name: 'roles',
      destinations: [destination],
      recipients,
      clock: systemClock,
    });
    assert.equal(made.manifest.verification.verdict, 'verified');
    const digest = made.manifest.object.sha256;
    const asked = { destination, manifestFile: made.manifestFile, digest, decryption };
    const forged = openBackup({ ...asked, manifestDigest: 'f'.repeat(64) });
    await assert.rejects(forged, { reasonCode: 'digest_mismatch', message: /not the one that was recorded/ });
    const backup = await openBackup({ ...asked, manifestDigest: made.manifestDigest.sha256 });

    const live = await createDatabase(target, 'CREATE ROLE shared CREATEDB');
    await assert.rejects(
      restoreLive(live, backup, { deadlineMs }),
      /role "(?:editors|Maria B)" does not exist.*as it was/s,
    );
    // Whoever writes to the store can write a list of roles; the digest of a dump says nothing of it.
    const typed = await makeRoles(live, await openBackup(asked));
    assert.deepEqual(typed.made, []);
    assert.match(typed.remarks.join(), /the role Maria B is missing and was not made: no record .*editors is missing/);
    assert.deepEqual(await query(live, `SELECT 1 FROM pg_roles WHERE rolname = 'editors'`), []);
    const { made: names, granted, remarks } = await makeRoles(live, backup);
    assert.deepEqual(names, ['Maria B', 'editors']);
    assert.deepEqual(granted, ['shared is a member of editors again']);
    assert.deepEqual(await query(live, `SELECT pg_has_role('shared', 'editors', 'MEMBER') AS member`), [
      { member: true },
    ]);
    assert.deepEqual(remarks, [
      'the role Maria B was made without LOGIN and its password, CREATEDB, membership in pg_monitor',
    ]);
    await query(live, 'CREATE TABLE notes (id int PRIMARY KEY); CREATE VIEW uses AS SELECT id FROM notes');
    await assert.rejects(
      restoreLive(live, backup, { deadlineMs, rolesMade: names }),
      /the database is as it was, but for the roles that were made: Maria B, editors/,
    );
    await query(live, 'DROP TABLE notes CASCADE');
    await restoreLive(live, backup, { deadlineMs });

    const roles = `SELECT rolname AS name, rolcanlogin AS login, rolcreatedb AS creates FROM pg_roles
                    WHERE rolname IN ('editors', 'Maria B', 'shared') ORDER BY 1`;
    assert.deepEqual(await query(live, roles), [
      { name: 'Maria B', login: false, creates: false },
      { name: 'editors', login: false, creates: false },
      // What was there stays as it is.
      { name: 'shared', login: false, creates: true },
    ]);
    assert.deepEqual(await query(live, `SET ROLE "Maria B"; SELECT id FROM public.notes`), [{ id: 1 }]);
    assert.deepEqual(await makeRoles(live, backup), { made: [], granted: [], remarks: [] });
  } finally {
    await Promise.allSettled([source.stop(), target.stop(), decryption.close()]);
    await rm(folder, { recursive: true, force: true });
  }
});
