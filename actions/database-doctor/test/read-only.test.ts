import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { createLogger } from '#action-kit/logger';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { systemClock } from '#http/clock';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { endClientSessions } from '#postgres/doctor/end-sessions';
import { readDatabaseReport } from '#postgres/doctor/read-database-report';
import { treat } from '../src/act.ts';
import { decideEnding } from '../src/decide-ending.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? false : 'no PostgreSQL server programs on this machine';

describe('read-only ends what could still write', { skip }, () => {
  let cluster: Cluster;
  let doctor: DatabaseConnection;
  let superuser: string;
  const clients: pg.Client[] = [];

  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    superuser = decodeURIComponent(new URL(cluster.url).username);
    doctor = await connect(cluster.url, { applicationName: 'ops-actions database-doctor' });
    await doctor.query(`CREATE TABLE public.notes (id int);
      CREATE ROLE authenticator LOGIN PASSWORD 'word'; GRANT ALL ON public.notes TO authenticator;
      CREATE ROLE little LOGIN PASSWORD 'word';
      CREATE ROLE reader LOGIN PASSWORD 'word'; ALTER ROLE reader SET default_transaction_read_only = on`);
  });
  after(async () => {
    await doctor?.close();
    for (const one of clients) await one.end().catch(() => {});
    await cluster?.stop();
  });

  async function client(user?: string, database?: string): Promise<pg.Client> {
    const url = new URL(cluster.url);
    if (database !== undefined) url.pathname = `/${database}`;
    if (user !== undefined) Object.assign(url, { username: user, password: 'word' });
    const one = new pg.Client({ connectionString: url.href, application_name: 'postgrest' });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  }
  const write = (one: pg.Client) => one.query('INSERT INTO public.notes VALUES (1)');

  async function switched(
    on: boolean,
    given: {
      include?: string[];
      meanwhile?: () => Promise<void>;
      by?: { connection: DatabaseConnection; url: string };
    } = {},
  ) {
    const by = given.by ?? { connection: doctor, url: cluster.url };
    const report = await readDatabaseReport(by.connection, { schemas: ['public'] });
    await given.meanwhile?.();
    const treatment = await treat({
      ...by,
      report,
      request: { kind: 'read-only', on, expiresMs: 60_000, include: given.include ?? [] },
      dryRun: false,
      clock: systemClock,
      actor: 'ann in run 1',
      logger: createLogger(() => {}),
      signal: new AbortController().signal,
    });
    return decideEnding({ report, findings: [], failOn: 'critical', treatment, dryRun: false });
  }

  test('the pool of the Data API comes back read-only, also what opened it after the report, and writes again afterwards', async () => {
    const pool = await client('authenticator');
    await write(pool);
    let late: pg.Client | undefined;
    const on = await switched(true, {
      meanwhile: async () => {
        late = await client('authenticator');
      },
    });
    assert.deepEqual([on.reasonCode, on.warning], ['mitigated', undefined], on.summary);
    assert.match(on.summary, /^the database is read-only, proven by a refused write; 2 of 2 sessions ended/);
    await assert.rejects(write(pool), 'the session that could write is still there');
    assert.ok(late !== undefined);
    await assert.rejects(write(late), 'the session that came after the report is still there');
    const again = await client('authenticator');
    await assert.rejects(write(again), /read-only transaction/);
    const off = await switched(false);
    assert.match(off.summary, /^the database is writable again; 1 of 1 sessions ended/);
    await write(await client('authenticator'));
  });

  test('a session that stays and can write is named, and nothing is called proven', async () => {
    const stays = await client();
    const on = await switched(true);
    assert.deepEqual([on.decision, on.reasonCode, on.warning], ['mitigated', 'mode_incomplete', true], on.summary);
    assert.match(
      on.summary,
      new RegExp(
        `^new sessions are refused writes, but sessions of ${superuser} that were open before can still write; `,
      ),
    );
    await write(stays);
    const typed = await switched(true, { include: [superuser] });
    assert.match(typed.summary, /^the database is read-only, proven by a refused write/);
    await assert.rejects(write(stays));
    await switched(false);
  });

  test('a role that may write by a setting of its own is named, one that may not is none', async () => {
    await doctor.query('ALTER ROLE authenticator SET default_transaction_read_only = off');
    const on = await switched(true);
    assert.equal(on.reasonCode, 'mode_incomplete');
    assert.match(on.summary, /but roles with a setting of their own can still write: authenticator; /);
    await doctor.query('ALTER ROLE authenticator RESET default_transaction_read_only');
    await switched(false);
  });

  test('a role that may not see the sessions of others calls nothing proven while one is open', async () => {
    await doctor.query('CREATE DATABASE small OWNER little');
    const url = new URL(cluster.url);
    Object.assign(url, { username: 'little', password: 'word', pathname: '/small' });
    const connection = await connect(url.href, { applicationName: 'ops-actions database-doctor' });
    try {
      const pool = await client('authenticator', 'small');
      const on = await switched(true, { by: { connection, url: url.href } });
      assert.deepEqual([on.reasonCode, on.failed], ['not_allowed', true], on.summary);
      assert.match(on.summary, /^1 of 1 sessions are still there: GRANT pg_read_all_stats/);
      assert.deepEqual(await endClientSessions(connection), { ended: 0, left: ['authenticator'] });
      await pool.query('SELECT 1');
    } finally {
      await connection.close();
    }
  });
});
