import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { runTool } from '#child-process/run-tool';
import { applyMigrations } from './apply-migrations.ts';
import { connect } from './connection.ts';
import { openMigrationSession } from './migration-session.ts';
import { supabaseAuthorities } from './platform-authorities.ts';
import { readMigrations } from './read-migrations.ts';
import { readSchema } from './read-schema.ts';
import { beyondTheCli, folders } from './supabase-cli-folders.ts';

const platform = `${process.platform}-${process.arch}`;
const cli = join(import.meta.dirname, `../../../.tools/node_modules/@supabase/cli-${platform}/bin/supabase`);
const installed = (await listPostgres()).some((found) => found.server);
const skip = !installed
  ? 'no PostgreSQL server programs on this machine'
  : !existsSync(cli)
    ? 'no Supabase CLI: npm install --prefix .tools --no-save supabase@3.1.0'
    : false;

const migrations = {
  '20260101000000_create_notes.sql': `-- The first table; with a semicolon in a comment.
create table public.notes (
  id bigint generated always as identity primary key,
  title text not null default 'a;b' -- and here; too
);

/* block; comment */ create index on public.notes (title);
-- the end
`,
  '20260102000000_functions.sql': `create function public.touch() returns trigger language plpgsql as $body$
begin
  new.title := E'it''s; \\\\ done';
  return new;
end;
$body$;;
create trigger touch before update on public.notes for each row execute function public.touch();
alter table public.notes enable row level security`,
  '20260103000000_index.sql': 'create index concurrently notes_title_id on public.notes (title, id);',
};

let counter = 0;

describe('against the Supabase CLI 3.1.0', { skip }, () => {
  let cluster: Cluster;
  let project: string;

  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    project = await mkdtemp(join(tmpdir(), 'supabase-cli-'));
    await mkdir(join(project, 'supabase/migrations'), { recursive: true });
    await writeFile(join(project, 'supabase/config.toml'), 'project_id = "oracle"\n');
    for (const [name, sql] of Object.entries(migrations)) {
      await writeFile(join(project, 'supabase/migrations', name), sql);
    }
  });
  after(async () => {
    await cluster?.stop();
    if (project !== undefined) await rm(project, { recursive: true, force: true });
  });

  async function database(name: string): Promise<string> {
    const connection = await connect(cluster.url, { applicationName: 'test' });
    await connection.query(`CREATE DATABASE ${name}`);
    await connection.close();
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    return url.href;
  }
  const supabase = (url: string, ...args: string[]) => supabaseIn(project, url, ...args);
  const ours = (url: string) => oursIn(project, url);
  async function schema(url: string): Promise<string[]> {
    const connection = await connect(url, { applicationName: 'test' });
    return await readSchema(connection).finally(() => connection.close());
  }
  async function supabaseIn(folder: string, url: string, ...args: string[]): Promise<string> {
    const result = await runTool({
      command: cli,
      // A throw-away server: its password may be in argv.
      args: [...args, '--db-url', `${url}?sslmode=disable`, '--yes', '--output-format', 'json'],
      cwd: folder,
      environment: { SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
      deadlineMs: 60_000,
    });
    assert.equal(result.exitCode, 0, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  }
  async function oursIn(folder: string, url: string): Promise<void> {
    const session = await openMigrationSession(url);
    const { files } = await readMigrations(join(folder, 'supabase/migrations'));
    const outcome = await applyMigrations(session, { pending: files, applied: [] });
    await session.close();
    assert.equal(outcome.outcome, 'applied', outcome.failure?.message);
  }
  async function history(url: string) {
    const connection = await connect(url, { applicationName: 'test' });
    const rows = await connection.query('SELECT * FROM supabase_migrations.schema_migrations ORDER BY version');
    const columns = await connection.query(
      `SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull FROM pg_attribute
        WHERE attrelid = 'supabase_migrations.schema_migrations'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    await connection.close();
    return { rows, columns };
  }

  test('it sees our history as up to date', async () => {
    const url = await database('ours');
    await ours(url);
    const push = JSON.parse(await supabase(url, 'db', 'push', '--dry-run')) as {
      upToDate: boolean;
      migrations: string[];
    };
    assert.deepEqual([push.upToDate, push.migrations], [true, []]);
    const list = JSON.parse(await supabase(url, 'migration', 'list')) as {
      migrations: { local: string; remote: string }[];
    };
    assert.deepEqual(
      list.migrations.map((row) => [row.local, row.remote]),
      ['20260101000000', '20260102000000', '20260103000000'].map((version) => [version, version]),
    );
  });

  test('its certificate authorities are ours', async () => {
    const program = await readFile(cli, 'latin1');
    for (const authority of supabaseAuthorities) {
      const { fingerprint256 } = new X509Certificate(authority);
      const [, body = ''] = /CERTIFICATE-----\n([\s\S]+)\n-----END/.exec(authority) ?? [];
      assert.ok(program.replaceAll('\\n', '\n').includes(body), fingerprint256);
    }
  });

  test('it writes the same rows and columns', async () => {
    const theirs = await database('theirs');
    await supabase(theirs, 'db', 'push');
    const mine = await database('mine');
    await ours(mine);
    assert.deepEqual(await history(mine), await history(theirs));
  });

  /** A folder of these files for one test, a database for each tool, and what the CLI then says is pending. */
  async function compare(
    files: readonly string[],
    body: (folder: string, theirs: string, mine: string) => Promise<void>,
  ): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'supabase-cli-folder-'));
    try {
      await mkdir(join(folder, 'supabase/migrations'), { recursive: true });
      await writeFile(join(folder, 'supabase/config.toml'), 'project_id = "oracle"\n');
      for (const [index, sql] of files.entries()) {
        await writeFile(join(folder, `supabase/migrations/${20260101000000 + index}_file.sql`), sql);
      }
      counter += 1;
      const mine = await database(`mine_${counter}`);
      await body(folder, await database(`theirs_${counter}`), mine);
      const push = JSON.parse(await supabaseIn(folder, mine, 'db', 'push', '--dry-run')) as { upToDate: boolean };
      assert.equal(push.upToDate, true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  test('forty folders are enough', () => assert.ok(Object.keys(folders).length >= 40));

  for (const [name, files] of Object.entries(folders)) {
    test(`same history and schema for a folder with ${name}`, () =>
      compare(files, async (folder, theirs, mine) => {
        await supabaseIn(folder, theirs, 'db', 'push');
        await oursIn(folder, mine);
        assert.deepEqual(await history(mine), await history(theirs));
        assert.deepEqual(await schema(mine), await schema(theirs));
      }));
  }

  for (const [name, files] of Object.entries(beyondTheCli)) {
    test(`the CLI cannot apply a folder with ${name}, and sees ours as applied`, () =>
      compare(files, async (folder, theirs, mine) => {
        await assert.rejects(supabaseIn(folder, theirs, 'db', 'push'), /DbPushApplyError/);
        await oursIn(folder, mine);
      }));
  }
});
