import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSandbox } from '#sandbox/start-sandbox';
import { type Fixture, notes, safe, skip, startFixture } from './fixture.ts';

// MIG-05, MIG-16, DRB-11: the project, not an address, says which database is meant.

const production = 'abcdefghijklmnopqrst';

describe('the database of a project', { skip }, () => {
  let fixture: Fixture;
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let staging: string;
  before(async () => {
    fixture = await startFixture();
    sandbox = await startSandbox({ postgres: false });
    ({ project: staging } = sandbox.description.supabase);
  });
  after(async () => {
    await sandbox?.close();
    await fixture?.end();
  });

  /** A checkout whose staging is pinned to its project, and whose database only the session pooler leads to. */
  async function checkout(files: Record<string, string>, linked?: string) {
    const work = await fixture.workspace(files);
    const root = join(work.root, 'work');
    await mkdir(join(root, '.github'), { recursive: true });
    const yml = `version: 1\nenvironments:\n  staging:\n    supabase: { project: ${staging} }\n  production:\n    supabase: { project: ${production} }\n`;
    await writeFile(join(root, '.github/ops.yml'), yml);
    if (linked !== undefined) {
      await mkdir(join(root, 'supabase/.temp'), { recursive: true });
      await writeFile(join(root, 'supabase/.temp/project-ref'), linked);
    }
    const { apiUrl, token } = sandbox.description.supabase;
    return (inputs: Record<string, string>) =>
      work.start(
        {
          ...{ environment: 'staging', 'throw-away': 'true', backup: 'skip', 'supabase-access-token': token },
          ...inputs,
        },
        { OPS_ACTIONS_SUPABASE_API_URL: apiUrl },
      ).finished;
  }

  /** The pooler's way into a new cluster of databases: user and database are those that Supabase has. */
  async function serve() {
    const url = new URL(await fixture.database());
    const admin = url.href;
    await fixture.query(
      admin,
      `DO $$ BEGIN CREATE ROLE "postgres.${staging}" LOGIN SUPERUSER PASSWORD 'canary-password'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    url.pathname = '/postgres';
    await fixture.query(url.href, 'DROP SCHEMA IF EXISTS supabase_migrations CASCADE; DROP TABLE IF EXISTS notes');
    sandbox.supabase.database.pooler = { host: '127.0.0.1', port: Number(url.port) };
    return url.href;
  }

  test('staging pointed at production three ways: three refusals, and nobody is asked', async () => {
    const before = sandbox.requests().length;
    const password = { 'database-password': 'canary-password' };
    const ways = [
      {
        linked: undefined,
        inputs: { 'database-url': `postgresql://postgres:pw-canary@db.${production}.supabase.co/postgres` },
      },
      { linked: undefined, inputs: { ...password, 'supabase-project': production } },
      { linked: production, inputs: password },
    ];
    const mistakes: string[] = [];
    for (const { linked, inputs } of ways) {
      const start = await checkout(notes, linked);
      const run = await start(inputs);
      assert.deepEqual([run.exitCode, run.outputs['reason-code']], [1, 'bad_input'], run.stdout);
      assert.match(run.stdout, new RegExp(`pinned to ${staging}`));
      assert.doesNotMatch(run.stdout.replaceAll(/^::add-mask::.*$/gm, ''), /canary/);
      mistakes.push(run.result.problems[0].name);
    }
    assert.deepEqual(mistakes, ['database-url', 'supabase-project', 'linked project']);
    assert.equal(sandbox.requests().length, before);
  });

  test('by reference, by linked project and by a direct address that is not reachable: the session pooler, and it is said', async () => {
    const inputs = { 'database-password': 'canary-password' };
    const ways = [
      { linked: undefined, inputs: { ...inputs, 'supabase-project': staging } },
      { linked: staging, inputs },
      {
        linked: undefined,
        inputs: { 'database-url': `postgresql://postgres:canary-password@db.${staging}.supabase.co:5432/postgres` },
      },
    ];
    const other = await fixture.database();
    for (const way of ways) {
      const admin = await serve();
      const start = await checkout({ ...notes, ...safe }, way.linked);
      const run = await start(way.inputs);
      assert.equal(run.outputs.decision, 'applied', run.stdout);
      assert.match(
        run.stdout,
        new RegExp(
          `Database: 127\\.0\\.0\\.1:\\d+/postgres of project ${staging} as postgres\\.${staging}, the session pooler`,
        ),
      );
      assert.doesNotMatch(run.stdout.replaceAll(/^::add-mask::.*$/gm, ''), /canary-password/);
      assert.deepEqual(await fixture.history(admin), ['20260101000000', '20260102000000']);
    }
    // The database that stands for production on the same server.
    const tables = await fixture.query(
      other,
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
    );
    assert.deepEqual(tables, []);
  });

  test('a login role of the Management API migrates as postgres, and its password is masked before it is used', async () => {
    const admin = await serve();
    const name = `"cli_login_postgres.${staging}"`;
    sandbox.supabase.database.createRole = async () => {
      await fixture.query(
        admin,
        `CREATE ROLE ${name} NOINHERIT LOGIN PASSWORD 'canary-of-role'; GRANT postgres TO ${name}`,
      );
      return 'canary-of-role';
    };
    const start = await checkout({ ...notes, ...safe });
    const run = await start({ 'login-role': 'true' });
    assert.equal(run.outputs.decision, 'applied', run.stdout);
    const [mask, ...later] = run.stdout.split('\n').filter((line) => line.includes('canary-of-role'));
    assert.deepEqual([mask, later], ['::add-mask::canary-of-role', []]);
    const owners = await fixture.query(admin, `SELECT tableowner FROM pg_tables WHERE tablename = 'notes'`);
    assert.deepEqual(owners, [{ tableowner: 'postgres' }]);
  });

  test('the transaction pooler stays refused', async () => {
    const start = await checkout(notes);
    const url = `postgresql://postgres.${staging}:pw-canary@aws-0-eu-central-1.pooler.supabase.com:6543/postgres`;
    const run = await start({ 'database-url': url });
    assert.equal(run.outputs['reason-code'], 'bad_input', run.stdout);
    assert.match(run.stdout, /6543 is the transaction pooler/);
  });
});
