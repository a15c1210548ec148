import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { query } from '#backup/test-database';
import { parseDatabaseUrl } from '#postgres/database-url';
import { reachHost } from '#postgres/reach-host';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { openDatabaseAccess } from './database-access.ts';
import { planDatabaseTarget } from './plan-database-target.ts';
import { type DatabasePorts, resolveDatabase } from './resolve-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('resolveDatabase', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let sandbox: Sandbox;
  let project: string;
  let log: string[];
  let masked: string[];
  let serverSaid: (line: string) => void = () => {};
  before(async () => {
    cluster = await startCluster({ listen: 'tcp', log: (line) => serverSaid(line) });
    sandbox = await startSandbox({ postgres: false });
    ({ project } = sandbox.description.supabase);
    // As the pooler takes them: the user with the reference of the project.
    await query(cluster.url, `CREATE ROLE "postgres.${project}" LOGIN SUPERUSER PASSWORD 'a-pass:word'`);
  });
  after(async () => {
    await sandbox?.close();
    await cluster?.stop();
  });
  beforeEach(() => {
    log = [];
    masked = [];
    serverSaid = () => {};
    sandbox.supabase.database.pooler = { host: '127.0.0.1', port: cluster.port };
    delete sandbox.supabase.database.createRole;
    sandbox.supabase.database.created.length = 0;
  });

  const ports = (more: Partial<DatabasePorts> = {}): DatabasePorts => ({
    access: (reference) => openDatabaseAccess({ ...sandbox.description.supabase, project: reference }),
    mask: (secret) => void masked.push(secret),
    log: (line) => void log.push(line),
    now: () => Date.parse('2026-11-29T03:00:00Z'),
    readOnly: false,
    reach: async () => 'ENETUNREACH',
    patienceMs: 10_000,
    ...more,
  });
  async function resolve(
    request: { password?: string; loginRole?: boolean; url?: string },
    more?: Partial<DatabasePorts>,
  ) {
    const target = planDatabaseTarget({ loginRole: false, token: true, project, ...request });
    assert.deepEqual(target.problems, []);
    return await resolveDatabase({ ...target, url: target.url ?? '' }, ports(more));
  }
  const whoAmI = async (url: string) =>
    (await query<{ me: string; session: string }>(url, 'SELECT current_user AS me, session_user AS session'))[0];

  test('an unreachable direct host is exchanged for the session pooler, and the address in use is said', async () => {
    const url = await resolve({ password: 'a-pass:word' });
    assert.equal((await whoAmI(url))?.session, `postgres.${project}`);
    assert.equal(
      log.join(),
      `Database: 127.0.0.1:${cluster.port}/postgres of project ${project} as postgres.${project}, the session pooler: db.${project}.supabase.co is not reachable from here (ENETUNREACH)`,
    );
    assert.doesNotMatch(log.join(), /pass/);
  });

  test('one of Supabase is used on its session port, never on the one of transaction mode that the API tells', async () => {
    sandbox.supabase.database.pooler = { host: 'aws-1-eu-central-1.pooler.supabase.com', port: 6543 };
    const given = `postgresql://postgres:pw%23@db.${project}.supabase.co/notes?sslmode=require`;
    assert.equal(
      await resolve({ url: given }, { tlsReason: 'no certificate' }),
      `postgresql://postgres.${project}:pw%23@aws-1-eu-central-1.pooler.supabase.com:5432/notes?sslmode=require`,
    );
  });

  test('a direct host that can be reached stays', async () => {
    const given = `postgresql://postgres:pw@db.${project}.supabase.co:5432/postgres`;
    assert.equal(await resolve({ url: given }, { reach: async () => undefined }), given);
    assert.match(log.join(), /^Database: db\.[a-z]{20}\.supabase\.co:5432\/postgres of project [a-z]{20} as postgres$/);
  });

  test('without a token the line to write is said, without the password', async () => {
    await assert.rejects(resolve({ password: 'a-pass:word' }, { access: undefined }), (error: Error) => {
      assert.equal((error as { reasonCode?: string }).reasonCode, 'pooler_unknown');
      assert.match(
        error.message,
        new RegExp(`postgresql://postgres\\.${project}:<password>@aws-<n>-<region>\\.pooler`),
      );
      assert.doesNotMatch(error.message, /pass:word|pass%3A/);
      return true;
    });
  });

  test('no password goes to a pooler that is none of Supabase', async () => {
    for (const host of ['pooler.example.com', 'a.pooler.supabase.com.example.com', 'x/..pooler.supabase.com']) {
      sandbox.supabase.database.pooler = { host, port: 6543 };
      await assert.rejects(resolve({ password: 'pass' }), { reasonCode: 'pooler_unknown' });
    }
  });

  /** As the platform does: a member of postgres, which has to be taken on; known to the pooler once `known` has come. */
  const createRole = async (role: string, readOnly: boolean, known: Promise<unknown> = Promise.resolve()) => {
    const name = `"${role}.${project}"`;
    await query(cluster.url, `DROP ROLE IF EXISTS ${name}; CREATE ROLE ${name} NOINHERIT LOGIN PASSWORD 'not-yet'`);
    if (!readOnly) await query(cluster.url, `GRANT postgres TO ${name}`);
    void known.then(() => query(cluster.url, `ALTER ROLE ${name} PASSWORD 'short-lived'`)).catch(() => {});
    return 'short-lived';
  };

  test('a login role is masked before its first use, waited for, works as postgres also after RESET, and its end is said', async () => {
    const refused = Promise.withResolvers<void>();
    serverSaid = (line) => {
      if (line.includes('password authentication failed')) refused.resolve();
    };
    sandbox.supabase.database.createRole = (role, readOnly) => createRole(role, readOnly, refused.promise);
    const url = await resolve({ loginRole: true });
    assert.deepEqual(masked, ['short-lived']);
    assert.deepEqual(await whoAmI(url), { me: 'postgres', session: `cli_login_postgres.${project}` });
    const reset = 'RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; SELECT current_user AS me';
    assert.deepEqual(await query(url, reset), [{ me: 'postgres' }]);
    assert.match(
      log.join('\n'),
      /Role cli_login_postgres was made for this run; its password ends at 2026-11-29T03:05:00/,
    );
    assert.doesNotMatch(log.join('\n'), /short-lived/);
    assert.deepEqual(sandbox.supabase.database.created, [{ readOnly: false }]);
  });

  test('one that may only read stays what it is', async () => {
    sandbox.supabase.database.createRole = createRole;
    const url = await resolve({ loginRole: true }, { readOnly: true });
    assert.equal((await whoAmI(url))?.me, `cli_login_supabase_read_only_user.${project}`);
    assert.equal(parseDatabaseUrl(url).options, undefined);
  });

  test('a role that cannot become postgres is refused by its name before anything is made', async () => {
    sandbox.supabase.database.createRole = async (role, readOnly) => {
      const password = await createRole(role, readOnly);
      await query(cluster.url, `REVOKE postgres FROM "${role}.${project}"`);
      return password;
    };
    await assert.rejects(resolve({ loginRole: true }, { patienceMs: 1_500 }), (error: Error) => {
      assert.match(error.message, /cannot connect|works as/);
      assert.doesNotMatch(error.message, /short-lived/);
      return true;
    });
  });

  test('a token that may not make roles is said', async () => {
    await assert.rejects(resolve({ loginRole: true }), { reasonCode: 'supabase_forbidden' });
  });
});

test('a way is there where somebody answers or refuses, and not where a name leads nowhere', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  assert.equal(await reachHost('127.0.0.1', port), undefined);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await reachHost('127.0.0.1', port), undefined);
  assert.match((await reachHost('db.none.invalid', 5432)) ?? '', /ENOTFOUND|EAI_AGAIN|no answer/);
});
