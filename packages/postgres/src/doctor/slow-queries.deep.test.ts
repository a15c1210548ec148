import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { runProgram } from '#backup/program-command';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { unprivilegedUser } from '#backup/unprivileged-user';
import { connect, type DatabaseConnection } from '../connection.ts';
import { diagnose } from './diagnose.ts';
import { readDatabaseReport } from './read-database-report.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? false : 'no PostgreSQL server programs on this machine';

describe('a server that counts its queries', { skip }, () => {
  let cluster: Cluster;
  let app: DatabaseConnection;

  before(async () => {
    cluster = await startCluster();
    const admin = await connect(cluster.url, { applicationName: 'test' });
    await admin.query("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
    await admin.close();
    const folder = cluster.socketDirectory;
    // What is preloaded is read when a server starts.
    const restart = ['restart', '-D', join(folder, 'data'), '-m', 'fast', '-w', '-l', join(folder, 'restarted.log')];
    const where = { user: await unprivilegedUser(), folders: [folder] };
    await runProgram(cluster.binaries, 'pg_ctl', restart, { ...where, network: 'none' });
    app = await connect(cluster.url, { applicationName: 'notes-app' });
    await app.query('CREATE EXTENSION pg_stat_statements; CREATE TABLE notes (id int, title text)');
  });
  after(async () => {
    await app?.close();
    await cluster?.stop();
  });

  test('names the slow one of a load first, with its limit and the way to an index (DBD-12)', async () => {
    await app.query('SELECT pg_stat_statements_reset()');
    for (let call = 0; call < 20; call += 1) await app.query(`SELECT title FROM notes WHERE id = ${call}`);
    for (let call = 0; call < 2; call += 1) await app.query("SELECT pg_sleep(0.2), 'canary-row'");
    const doctor = await connect(cluster.url, { applicationName: 'ops-actions database-doctor' });
    const report = await readDatabaseReport(doctor, { schemas: ['public'] });
    await doctor.close();
    assert.ok(report.slowQueries.read, JSON.stringify(report.slowQueries));
    const [slow, ...others] = report.slowQueries.value;
    assert.deepEqual([slow?.query, slow?.calls], ['SELECT pg_sleep($1), $2', 2]);
    assert.doesNotMatch(JSON.stringify(report), /canary-row/);
    assert.ok((slow?.meanMs ?? 0) >= 200 && (slow?.totalMs ?? 0) >= 400, JSON.stringify(slow));
    const quick = others.find(({ query }) => query === 'SELECT title FROM notes WHERE id = $1');
    assert.equal(quick?.calls, 20);
    const found = diagnose(report).filter(({ code }) => code === 'query_beyond_target');
    assert.match(
      found.map(({ message }) => message).join(),
      /^a simple select takes \d+ ms .*: SELECT pg_sleep\(\$1\), \$2$/,
    );
    assert.match(found[0]?.next ?? '', /an index that helps comes in a migration/);
  });
});
