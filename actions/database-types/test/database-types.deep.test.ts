import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { main } from '../src/main.ts';

const installed = (await listPostgres()).some((found) => found.server);
const file = 'src/integrations/supabase/types.ts';

describe('database-types', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let sandbox: Sandbox;
  let folder: string;
  let workspace: string;
  let url: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'database-types-'));
    workspace = join(folder, 'workspace');
    await mkdir(workspace);
    git('init', '--quiet', '--initial-branch=main');
    sandbox = await startSandbox({ gitDirectory: workspace });
    url = sandbox.description.postgres.url ?? '';
    sandbox.supabase.database.generateTypes = typesOf;
  });
  after(async () => {
    await sandbox?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await query('DROP TABLE IF EXISTS notes; CREATE TABLE notes (id int NOT NULL, title text)');
    const access = sandbox.github ?? assert.fail();
    access.allowPullRequests(true);
    for (const { number } of access.pullRequests()) access.endPullRequest(number, 'closed');
    for (const branch of branches()) git('branch', '--quiet', '-D', branch);
    await rm(join(workspace, 'src'), { recursive: true, force: true });
    await commit({ [file]: await typesOf(['public']) });
  });

  const git = (...words: string[]) =>
    execFileSync('git', ['-C', workspace, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...words], {
      encoding: 'utf8',
    }).trim();
  const branches = () => git('for-each-ref', '--format=%(refname:short)', 'refs/heads/ops').split('\n').filter(Boolean);
  const query = async <Row extends object>(sql: string) => {
    const connection = await connect(url, { applicationName: 'test' });
    return await connection.query<Row>(sql).finally(() => connection.close());
  };
  const open = () => (sandbox.github?.pullRequests() ?? []).filter(({ state }) => state === 'open');

  /** As the platform makes them, of what these tests need: from the catalog as it is now. */
  async function typesOf(schemas: string[]): Promise<string> {
    const rows = await query<{ table: string; column: string; type: string; nullable: boolean }>(
      `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
        WHERE c.relnamespace = ANY (ARRAY[${schemas.map((name) => `'${name}'::regnamespace`).join()}]) AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY 1, a.attnum`,
    );
    const names: Record<string, string> = { integer: 'number', bigint: 'number', text: 'string' };
    const lines = [...Map.groupBy(rows, ({ table }) => table)].flatMap(([table, columns]) => [
      `      ${table}: {\n        Row: {`,
      ...columns.map(
        ({ column, type, nullable }) => `          ${column}: ${names[type] ?? 'unknown'}${nullable ? ' | null' : ''}`,
      ),
      '        }\n      }',
    ]);
    return `export type Database = {\n  public: {\n    Tables: {\n${lines.join('\n')}\n    }\n  }\n}\n`;
  }

  async function commit(files: Record<string, string>) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(workspace, path, '..'), { recursive: true });
      await writeFile(join(workspace, path), text);
    }
    git('add', '--all');
    git('commit', '--quiet', '--no-gpg-sign', '--allow-empty', '--message', 'Change');
  }
  const ops = (types: object) =>
    commit({
      '.github/ops.yml': JSON.stringify({
        supabase: { project: sandbox.description.supabase.project },
        database: { types },
      }),
    });

  async function run(inputs: Record<string, string> = {}) {
    const { github, supabase } = sandbox.description;
    const event = join(folder, 'event.json');
    await writeFile(event, JSON.stringify({ repository: { private: true, default_branch: 'main' } }));
    const given = {
      environment: 'production',
      'throw-away': 'false',
      'github-token': github.token,
      'supabase-access-token': supabase.token,
      ...inputs,
    };
    const lines: string[] = [];
    const result = await main(
      createRunner({
        environment: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          GITHUB_WORKSPACE: workspace,
          GITHUB_EVENT_PATH: event,
          GITHUB_REPOSITORY: github.repository,
          GITHUB_SHA: git('rev-parse', 'HEAD'),
          GITHUB_API_URL: github.apiUrl,
          GITHUB_RUN_ID: '77',
          OPS_ACTIONS_SUPABASE_API_URL: supabase.apiUrl,
          ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
        },
        write: (line) => void lines.push(line),
      }),
    );
    return { ...result, log: lines.join('\n') };
  }

  test('a column that was added is reported with its line, and nothing is changed', async () => {
    await ops({});
    const before = await run();
    assert.deepEqual([before.decision, before.failed], ['same', false], before.summary);
    await query('ALTER TABLE notes ADD COLUMN mood text');
    const told = await run();
    assert.deepEqual([told.decision, told.reasonCode, told.failed, told.warning], ['differs', 'differs', false, true]);
    assert.equal(told.summary, `${file} is not what the database says: 1 line only there, 0 lines only in the file`);
    assert.deepEqual(told.details?.added, ['mood: string | null']);
    assert.match(told.jobSummary ?? '', /`mood: string \\\| null` \| the database/);
    assert.deepEqual([open(), branches(), git('status', '--porcelain')], [[], [], '']);
  });

  test('with the refresh setting a pull request brings it up to date: one, also after a second run, and a new one for newer types', async () => {
    await ops({ 'on-difference': 'pull-request' });
    await query('ALTER TABLE notes ADD COLUMN mood text');
    const first = await run();
    assert.deepEqual([first.decision, first.reasonCode, first.failed], ['proposed', 'opened', false], first.summary);
    const [pull] = open();
    assert.match(pull?.head ?? '', /^ops\/types\/production-[0-9a-f]{8}$/);
    assert.equal(pull?.base, 'main');
    assert.match(pull?.body ?? '', /`mood: string \\\| null` \| the database/);
    assert.equal(git('diff', '--name-status', 'main', pull?.head ?? ''), `M\t${file}`);
    assert.equal(`${git('show', `${pull?.head}:${file}`)}\n`, await typesOf(['public']));
    assert.deepEqual([(await run()).reasonCode, open().length, branches().length], ['open', 1, 1]);
    await query('ALTER TABLE notes ADD COLUMN rating int');
    const newer = await run();
    assert.equal(newer.reasonCode, 'opened');
    assert.deepEqual(
      [open().length, open()[0]?.number === pull?.number],
      [1, false],
      'the one for the types before is closed',
    );
    await query('ALTER TABLE notes DROP COLUMN rating');
    assert.deepEqual([(await run()).reasonCode, open()[0]?.head], ['opened', pull?.head], 'what it was before is back');
    // What people close stays closed, and what is merged differs no more.
    sandbox.github?.endPullRequest(open()[0]?.number ?? 0, 'closed');
    const declined = await run();
    assert.deepEqual(
      [declined.decision, declined.reasonCode, declined.warning, open()],
      ['differs', 'declined', true, []],
    );
    await commit({ [file]: await typesOf(['public']) });
    assert.equal((await run()).decision, 'same');
  });

  test('a release of an older commit proposes nothing that the default branch has', async () => {
    await ops({ 'on-difference': 'pull-request' });
    await query('ALTER TABLE notes ADD COLUMN mood text');
    const old = await readFile(join(workspace, file), 'utf8');
    await commit({ [file]: await typesOf(['public']) });
    await writeFile(join(workspace, file), old);
    const run1 = await run();
    assert.deepEqual([run1.decision, run1.reasonCode, open()], ['same', 'same_on_base', []], run1.summary);
  });

  test('in two jobs: the one with the secret leaves the types, the one that may write needs nothing else', async () => {
    await ops({ 'on-difference': 'pull-request' });
    await query('ALTER TABLE notes ADD COLUMN feeling text');
    const fresh = join(folder, 'left/types.ts');
    const compared = await run({ 'pull-request': 'elsewhere', 'fresh-file': fresh, 'github-token': '' });
    assert.deepEqual([compared.decision, compared.outputs], ['proposed', { file, due: 'pull-request' }]);
    assert.deepEqual(open(), []);
    const second = { mode: 'propose', file, 'fresh-file': fresh, 'supabase-access-token': '' };
    const proposed = await run(second);
    assert.deepEqual(
      [proposed.decision, proposed.reasonCode, open().length],
      ['proposed', 'opened', 1],
      proposed.summary,
    );
    const nothing = await run({ ...second, 'fresh-file': join(folder, 'nowhere') });
    assert.deepEqual([nothing.reasonCode, nothing.failed], ['no_types', true]);
    for (const path of ['/etc/passwd', '../x.ts', 'a/../../x.ts'])
      await assert.rejects(run({ ...second, file: path }), /a path inside the repository/, path);
  });

  test('a run that died between branch and pull request is finished, and a repository that forbids them says which setting', async () => {
    await ops({ 'on-difference': 'pull-request' });
    await query('ALTER TABLE notes ADD COLUMN colour text');
    sandbox.github?.allowPullRequests(false);
    const refused = await run();
    assert.deepEqual(
      [refused.decision, refused.reasonCode, refused.failed],
      ['could-not-run', 'github_forbidden', true],
    );
    assert.match(refused.summary, /Allow GitHub Actions to create and approve pull requests/);
    assert.equal(branches().length, 1);
    sandbox.github?.allowPullRequests(true);
    // This time it is opened, and its answer is lost.
    const route = `/repos/${sandbox.description.github.repository}/pulls`;
    sandbox.faults.order({ service: 'github', method: 'POST', route, fault: { afterEffect: true } });
    assert.deepEqual([(await run()).reasonCode, open().length, branches().length], ['opened', 1, 1]);
    assert.deepEqual(sandbox.faults.pending(), []);
  });

  test('a command of the project writes the file with its database and nothing else that is secret', async () => {
    const script = join(folder, 'write-types.mjs');
    await writeFile(
      script,
      `import { writeFileSync } from 'node:fs';
       const secrets = Object.keys(process.env).filter((name) => /TOKEN|DATABASE|INPUT/.test(name)).sort().join();
       writeFileSync(${JSON.stringify(file)}, '// ' + secrets + '\\n');`,
    );
    await ops({ command: `${process.execPath} ${script}` });
    const told = await run({ 'database-url': url });
    assert.equal(told.decision, 'differs', told.summary);
    assert.deepEqual(told.details?.added, ['// DATABASE_URL,SUPABASE_ACCESS_TOKEN']);
    git('checkout', '--quiet', '--', file);
    await ops({ command: 'false' });
    const failed = await run();
    assert.deepEqual([failed.decision, failed.reasonCode, failed.failed], ['could-not-run', 'command_failed', true]);
  });

  test('types that could not be made are no sameness: a token that is refused, a platform that is down, none at all', async () => {
    await ops({});
    const refused = await run({ 'supabase-access-token': 'sbp_nobody_knows_this_one' });
    assert.deepEqual(
      [refused.decision, refused.reasonCode, refused.failed],
      ['could-not-run', 'supabase_token_rejected', true],
    );
    delete sandbox.supabase.database.generateTypes;
    const down = await run();
    sandbox.supabase.database.generateTypes = typesOf;
    assert.deepEqual([down.decision, down.reasonCode, down.failed], ['could-not-run', 'supabase_unreachable', true]);
    assert.match(down.summary, /^Nobody knows whether/);
    await assert.rejects(run({ 'supabase-access-token': '' }), /supabase-access-token/);
    await commit({ '.github/ops.yml': 'database: { migrations: backend }\n' });
    assert.equal((await run()).decision, 'not-configured');
  });
});
