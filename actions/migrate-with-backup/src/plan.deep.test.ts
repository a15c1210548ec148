import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { main } from './main.ts';

const installed = (await listPostgres()).some((found) => found.server);

const files = {
  '1_notes.sql': `create table notes (id bigint primary key, title text);
    alter table notes enable row level security; grant select on notes to anon, authenticated;`,
  '2_sessions.sql': `create table focus_sessions (id bigint primary key, note bigint references notes (id));
    grant select, insert on focus_sessions to authenticated;\n`,
  '3_drop.sql': 'alter table notes drop column title;\n',
};

describe('plan for a pull request', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'plan-'));
    for (const [file, sql] of Object.entries(files)) await writeFile(join(root, file), sql);
  });
  after(async () => rm(root, { recursive: true }));

  /** A pull request #7 as GitHub shows it, and what a run of the action on it ends with. */
  async function pullRequest(added: string[], fork = false) {
    const comments: { id: number; body: string; user: { type: string } }[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const path = request.url?.split('?')[0];
      if (path === '/repos/acme/notes/pulls/7/files')
        return answer(
          200,
          added.map((filename) => ({ filename, status: 'added' })),
        );
      if (path === '/repos/acme/notes/issues/7/comments' && request.method === 'GET') return answer(200, comments);
      if (path === '/repos/acme/notes/issues/7/comments') {
        comments.push({ id: comments.length + 1, body: JSON.parse(text).body, user: { type: 'Bot' } });
        return answer(201, comments.at(-1));
      }
      const [, id] = /^\/repos\/acme\/notes\/issues\/comments\/(\d+)$/.exec(path ?? '') ?? [];
      const found = comments.find((one) => one.id === Number(id));
      if (request.method !== 'PATCH' || found === undefined) return answer(404, { message: 'Not Found' });
      found.body = JSON.parse(text).body;
      answer(200, found);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const event = join(root, 'event.json');
    const head = { repo: { id: fork ? 2 : 1 } };
    await writeFile(event, JSON.stringify({ pull_request: { number: 7, head, base: { repo: { id: 1 } } } }));
    const log: string[] = [];
    const run = (inputs: Record<string, string> = {}) => {
      const given = {
        mode: 'plan',
        'migrations-dir': '.',
        comment: 'pull-request',
        'github-token': 'ghs_token',
        'throw-away': 'false',
        phase: 'expand',
        'public-artifact': 'refused',
        ...inputs,
      };
      const environment = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      );
      return main(
        createRunner({
          environment: {
            ...environment,
            GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            GITHUB_REPOSITORY: 'acme/notes',
            GITHUB_EVENT_PATH: event,
            GITHUB_WORKSPACE: root,
            GITHUB_RUN_ID: '5',
          },
          write: (line) => void log.push(line),
        }),
      );
    };
    return { run, log, comments, close: () => new Promise((resolve) => server.close(resolve)) };
  }

  test('without any account: the added files, replayed from nothing, in one comment that updates in place', async () => {
    const one = await pullRequest(['2_sessions.sql', '3_drop.sql', 'src/1_notes.sql']);
    const first = await one.run({ replay: 'true' });
    assert.deepEqual([first.decision, first.failed], ['planned', false], first.summary);
    assert.match(
      first.summary,
      /1 migration would be applied.*no database was asked.*replayed from nothing: all 3 files; forward fix only: no rollback SQL for 2_sessions\.sql/,
    );
    assert.equal(first.outputs?.held, '["3_drop.sql"]');
    // Without a replay the text of the files says it.
    assert.equal((await one.run()).decision, 'planned');
    const read = one.comments[0]?.body ?? '';
    assert.match(read, /`table-without-row-security` \| `public\.focus_sessions` \| .*2\\_sessions\.sql line 1/);
    assert.match(read, /`foreign-key-without-index` \| `focus_sessions_note_fkey on public\.focus_sessions`/);
    await one.run({ replay: 'true' });
    await one.close();
    assert.equal(one.comments.length, 1, one.log.join('\n'));
    const body = one.comments[0]?.body ?? '';
    // SQL, classification, findings, and what is new in the schema (MIG-15, CHK-12).
    assert.match(body, /`2_sessions\.sql` \| pending \| 2 statements: schema, access/);
    assert.match(body, /`3_drop\.sql`:1 \| held/);
    assert.match(body, /`table-without-row-security` \| `public\.focus_sessions`/);
    assert.match(body, /`foreign-key-without-index`/);
    assert.match(body, /SQL of <code>3_drop\.sql<\/code>[\s\S]*alter table notes drop column title;/);
    assert.doesNotMatch(body, /SQL of <code>1_notes/);
    assert.match(body, /actions\/runs\/5/);
  });

  test('files that do not get through from nothing refuse the plan, and the comment says where', async () => {
    await writeFile(join(root, '4_bad.sql'), 'create table late (id int);\nalter table never_made add column a int;\n');
    const one = await pullRequest(['4_bad.sql']);
    const result = await one.run({ replay: 'true' });
    await one.close();
    await rm(join(root, '4_bad.sql'));
    assert.deepEqual([result.decision, result.reasonCode, result.failed], ['refused', 'replay_failed', true]);
    assert.match(one.comments[0]?.body ?? '', /4\\_bad\.sql line 2 fails/);
  });

  test('a breaking change is found before the merge, with the statement that is not; the next push mends the comment', async () => {
    const one = await pullRequest(['5_mood.sql']);
    await writeFile(join(root, '5_mood.sql'), 'alter table notes add column mood int not null;\n');
    const breaking = await one.run();
    assert.deepEqual([breaking.decision, breaking.failed], ['refused', true]);
    const body = one.comments[0]?.body ?? '';
    assert.match(
      body,
      /`5_mood\.sql`:1 \| refused \| .*`alter table notes add column mood int not null` \| `.*DEFAULT/i,
    );
    await writeFile(join(root, '5_mood.sql'), 'alter table notes add column mood int not null default 0;\n');
    const mended = await one.run();
    await one.close();
    await rm(join(root, '5_mood.sql'));
    assert.deepEqual([mended.decision, mended.details?.findings], ['planned', []]);
    assert.equal(one.comments.length, 1);
    assert.doesNotMatch(one.comments[0]?.body ?? '', /refused/);
  });

  test('two files, their findings and the sizes of the tables that they touch are one comment; two plans are two', async () => {
    const cluster: Cluster = await startCluster();
    const one = await pullRequest([]);
    try {
      const admin = await connect(cluster.url, { applicationName: 'test' });
      await admin.query(`CREATE TABLE notes (id bigint primary key, title text); INSERT INTO notes SELECT i, 'x' FROM generate_series(1, 1000) i;
        CREATE SCHEMA supabase_migrations;
        CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
        INSERT INTO supabase_migrations.schema_migrations VALUES ('1', '{}', 'notes')`);
      await admin.close();
      await one.run({ 'database-url': cluster.url, 'comment-name': 'backend' });
      await one.run({ 'database-url': cluster.url, 'comment-name': 'backend' });
      await one.run({ 'database-url': cluster.url, 'comment-name': 'reports' });
    } finally {
      await one.close();
      await cluster.stop();
    }
    assert.equal(one.comments.length, 2, one.log.join('\n'));
    const [backend = '', reports = ''] = one.comments.map(({ body }) => body);
    for (const said of [
      /SQL of <code>2_sessions\.sql<\/code>/,
      /SQL of <code>3_drop\.sql<\/code>/,
      /`3_drop\.sql`:1 \| held/,
      /`foreign-key-without-index` \| `focus_sessions_note_fkey on public\.focus_sessions`/,
      /`public\.notes` \| .*KB \| ACCESS EXCLUSIVE/,
      /Plan for `\.` \(`backend`\)/,
    ])
      assert.match(backend, said);
    assert.match(reports, /Plan for `\.` \(`reports`\)/);
  });

  test('a fork gets no comment; its plan stays in the summary', async () => {
    const one = await pullRequest(['2_sessions.sql', '3_drop.sql'], true);
    const result = await one.run();
    await one.close();
    assert.deepEqual([result.decision, one.comments.length], ['planned', 0]);
    assert.match(one.log.join('\n'), /comes from a fork.*stays in the summary/);
    assert.match(result.jobSummary ?? '', /2_sessions/);
  });

  test('against a live database a role that may read no table is enough (S31), and sizes are told', async () => {
    const cluster: Cluster = await startCluster();
    try {
      const admin = await connect(cluster.url, { applicationName: 'test' });
      await admin.query(`CREATE TABLE notes (id bigint primary key, title text); INSERT INTO notes SELECT i, 'x' FROM generate_series(1, 1000) i;
        CREATE SCHEMA supabase_migrations;
        CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
        INSERT INTO supabase_migrations.schema_migrations VALUES ('1', '{}', 'notes');
        CREATE ROLE planner LOGIN;
        GRANT USAGE ON SCHEMA supabase_migrations TO planner; GRANT SELECT ON supabase_migrations.schema_migrations TO planner`);
      await admin.close();
      const url = new URL(cluster.url);
      url.username = 'planner';
      const reader = await connect(url.href, { applicationName: 'test' });
      await assert.rejects(reader.query('SELECT title FROM notes'), /permission denied/);
      await reader.close();
      const one = await pullRequest([]);
      const result = await one.run({ 'database-url': url.href });
      await one.close();
      assert.equal(result.decision, 'planned', result.summary);
      assert.match(one.comments[0]?.body ?? '', /`public\.notes` \| .*KB \| ACCESS EXCLUSIVE/);
    } finally {
      await cluster.stop();
    }
  });
});
