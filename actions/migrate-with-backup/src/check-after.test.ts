import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { parseObject } from '#postgres/expected-objects';
import { loadSqlParser } from '#postgres/sql-parser';
import { supabaseStandIn } from '#postgres/supabase-stand-in';
import { adviceNow, checkAfter, lookAfter } from './check-after.ts';

const installed = (await listPostgres()).some((found) => found.server);

/** The sample of a team's runbook, with what makes it safe in pieces. */
const table = `CREATE TABLE focus_sessions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid REFERENCES auth.users (id) ON DELETE CASCADE, task_id uuid REFERENCES tasks (id) ON DELETE SET NULL);`;
const indexes = [
  'CREATE INDEX idx_focus_sessions_user ON focus_sessions (user_id);',
  'CREATE INDEX idx_focus_sessions_task ON focus_sessions (task_id);',
];
const security = 'ALTER TABLE focus_sessions ENABLE ROW LEVEL SECURITY;';
const policies = `CREATE POLICY "Users view own sessions" ON focus_sessions FOR SELECT USING (user_id = auth.uid());
  CREATE POLICY "Users manage own sessions" ON focus_sessions FOR ALL USING (user_id = auth.uid());`;
const whole = [table, ...indexes, security, policies];

describe('checkAfter', { skip: installed ? false : 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let connection: DatabaseConnection;
  before(async () => {
    cluster = await startCluster();
    connection = await connect(cluster.url, { applicationName: 'test' });
    await connection.query(supabaseStandIn);
    // As on Supabase; the old table without row level security is nobody's new finding.
    await connection.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated;
      GRANT USAGE ON SCHEMA public TO anon, authenticated; CREATE TABLE tasks (id uuid PRIMARY KEY)`);
  });
  after(async () => {
    await connection?.close();
    await cluster?.stop();
  });

  /** What a file with this text is said of afterwards; nothing of it stays. */
  async function outcome(sql: string, named: string[] = [], behindTheBack = '') {
    const advice = await adviceNow(connection, () => {});
    assert.ok(advice);
    await connection.query('BEGIN');
    try {
      await connection.query(`${sql}; ${behindTheBack}`);
      const files = [{ version: '1', name: 'x', file: '1_x.sql', sql }];
      const objects = named.flatMap((text) => parseObject(text) ?? []);
      return await checkAfter(connection, { files, named: objects, advice }, () => {});
    } finally {
      await connection.query('ROLLBACK');
    }
  }
  const rulesOf = async (sql: string) => (await outcome(sql)).advice.map(({ rule, object }) => `${rule} ${object}`);

  /** A look at whether the table `late` is there. */
  const lookAtLate = () =>
    lookAfter(
      {
        files: [{ version: '1', name: 'x', file: '1_x.sql', sql: 'CREATE TABLE late ()' }],
        named: [],
        advice: Promise.resolve(undefined),
      },
      { log: () => {}, signal: new AbortController().signal },
    );
  const session = () => ({ connection, reopen: () => assert.fail('the session was not lost') });

  test('a look travels with the file that it looks at', async () => {
    await loadSqlParser();
    const look = lookAtLate();
    const made = connection.query('CREATE TABLE late ()');
    look.travelWith(connection);
    await made;
    // A look that was taken only now would find nothing.
    await connection.query('DROP TABLE late');
    assert.equal((await look.take(session())).missing, undefined);
  });

  test('a look that travelled with an attempt that failed is taken anew', async () => {
    const look = lookAtLate();
    const failed = connection.query('BEGIN; CREATE TABLE late (); SELECT 1 / 0').catch(() => 'failed');
    look.travelWith(connection);
    assert.equal(await failed, 'failed');
    await connection.query('ROLLBACK');
    const { missing } = await look.take(session());
    assert.ok(missing?.ok === false);
    assert.match(missing.message, /does not have/);
  });

  test('the sample is clean, and each piece that is missing is one finding', async () => {
    assert.deepEqual(await rulesOf(whole.join('\n')), []);
    for (const [piece, finding] of [
      [security, 'table-without-row-security public.focus_sessions'],
      [indexes[0], 'foreign-key-without-index focus_sessions_user_id_fkey on public.focus_sessions'],
      [indexes[1], 'foreign-key-without-index focus_sessions_task_id_fkey on public.focus_sessions'],
    ])
      assert.deepEqual(await rulesOf(whole.filter((one) => one !== piece).join('\n')), [finding]);
  });

  test('open policies, views of their owner and functions without search_path are told, harmless twins are not', async () => {
    assert.deepEqual(
      await rulesOf(`ALTER TABLE tasks ENABLE ROW LEVEL SECURITY; CREATE POLICY open ON tasks FOR ALL USING (true);
        CREATE POLICY readable ON tasks FOR SELECT USING (true); CREATE POLICY service ON tasks FOR ALL TO service_role USING (true);
        CREATE VIEW v AS SELECT id FROM tasks; CREATE VIEW w WITH (security_invoker = true) AS SELECT id FROM tasks;
        CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        CREATE FUNCTION g() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'`),
      [
        'function-without-search-path public.f',
        'policy-allows-everything open on public.tasks',
        'view-of-its-owner public.v',
      ],
    );
  });

  test('what the files make and what is named has to be there, also when the session was left with another search_path', async () => {
    const named = [
      'table focus_sessions',
      'column public.focus_sessions.task_id',
      'policy Users view own sessions on focus_sessions',
    ];
    assert.equal((await outcome(`${whole.join('\n')}; SET search_path = auth`, named)).missing, undefined);
    const gone = await outcome(whole.join('\n'), ['column tasks.title'], 'DROP TABLE focus_sessions CASCADE');
    assert.deepEqual(gone.missing, {
      ok: false,
      reasonCode: 'objects_missing',
      message:
        'the database does not have table focus_sessions, index idx_focus_sessions_user, index idx_focus_sessions_task, ' +
        'policy Users view own sessions on focus_sessions, policy Users manage own sessions on focus_sessions, column tasks.title',
    });
  });
});
