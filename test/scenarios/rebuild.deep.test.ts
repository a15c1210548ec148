import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { readDrillDatabase } from '#backup/drill-database';
import { listPostgres } from '#backup/find-postgres';
import { query } from '#backup/test-database';
import { runComposite } from '#local-runner/run-composite';
import { type ReleaseFixture, releaseFixture, shortWatch } from './release-fixture.ts';
import { workflowComposite } from './workflow-composite.ts';

const skip = (await listPostgres()).some((found) => found.server) ? false : 'no PostgreSQL server programs';
const jobs = ['backup', 'rebuild', 'rebuilt-app', 'rebuild-end', 'drill', 'report'] as const;
type Job = (typeof jobs)[number];

describe('the app rebuilt from backup and record, the jobs of backup.yml', { skip, concurrency: 1 }, () => {
  let fixture: ReleaseFixture;
  let key: { identity: string; recipient: string };
  let backups: string;
  let drillUrl: string;
  let productionUrl: string;
  let released: string;
  const composites = new Map<Job, Disposable & { path: string }>();
  let runs = 5_000;

  before(async () => {
    backups = await mkdtemp(join(tmpdir(), 'rebuild-backups-'));
    key = await createOneTimeKey();
    for (const name of jobs) composites.set(name, await workflowComposite('backup.yml', name));
    fixture = await releaseFixture({
      database: true,
      ops: {
        watch: shortWatch,
        database: { backup: { destination: 'directory', path: backups } },
        health: { checks: [{ path: '/api/health/database' }], consecutive: 1, interval: '100ms', deadline: '10s' },
        smoke: 'npm run test:smoke -- --env={environment} --url={url}',
      },
    });
    productionUrl = fixture.sandbox.description.postgres.url;
    const url = new URL(productionUrl);
    await query(productionUrl, 'CREATE DATABASE drill');
    url.pathname = '/drill';
    drillUrl = url.href;
    const inputs = { 'age-recipients': key.recipient };
    const first = await fixture.release({ version: 'v1.0.0', inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    [released = ''] = (await fixture.entries()).map(({ commit }) => commit);
    await query(productionUrl, `INSERT INTO notes (text) VALUES ('kept since the first day')`);
    const made = await job('backup', { 'age-recipients': key.recipient });
    assert.equal(made.outputs.decision, 'verified', made.told);
    // What is on the branch and was not released is not what is rebuilt.
    await fixture.commit('v1.1.0', {
      'api/health/database.js': 'export const GET = () => new Response(null, { status: 500 })',
    });
    await query(productionUrl, `INSERT INTO notes (text) VALUES ('newer than the backup')`);
  });
  after(async () => {
    for (const composite of composites.values()) composite[Symbol.dispose]();
    await fixture?.[Symbol.asyncDispose]();
    await rm(backups, { recursive: true, force: true });
  });

  async function job(name: Job, given: Record<string, string> = {}) {
    const { vercel, github } = fixture.sandbox.description;
    const version = name === 'rebuilt-app' || name === 'backup' ? 'v1.0.0' : 'v1.1.0';
    const head = name === 'backup' ? released : await fixture.repository.head();
    const lines: string[] = [];
    const report = await runComposite({
      action: composites.get(name)?.path ?? '',
      inputs: {
        environment: 'production',
        'drill-database': 'drill',
        'database-variable': 'DATABASE_URL',
        rebuild: 'true',
        'rehearsed-in': 'staging',
        BACKUP_AGE_IDENTITY: key.identity,
        DRILL_DATABASE_URL: drillUrl,
        VERCEL_TOKEN: vercel.token,
        ...(name === 'backup' ? { DATABASE_URL: productionUrl } : {}),
        ...given,
      },
      secrets: [github.token, vercel.token],
      environment: { OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl },
      eventName: 'workflow_dispatch',
      event: {},
      github: {
        repository: github.repository,
        repositoryId: fixture.sandbox.repositoryId,
        sha: head,
        ref: 'refs/heads/main',
        runId: runs,
        token: github.token,
        apiUrl: github.apiUrl,
      },
      workspace: await fixture.repository.checkOut(version),
      onEvent: (event) => lines.push(JSON.stringify(event)),
    });
    assert.doesNotMatch(lines.join('\n'), /AGE-SECRET-KEY|kept since the first day/);
    const [message] = report.annotations.filter(({ level }) => level === 'error').map((one) => one.message);
    return { ...report, told: message ?? report.outputs.summary ?? '' };
  }

  /** Drives the jobs as one run; `meanwhile` is called while the rebuilt app is there. */
  async function dispatch(given: Record<string, string> = {}, meanwhile = async () => {}) {
    runs += 1;
    const began = await job('rebuild', given);
    const { commit = '', result = '' } = began.outputs;
    const app =
      began.conclusion === 'success' ? await job('rebuilt-app', { ...given, 'rebuild-commit': commit }) : undefined;
    await meanwhile();
    const { deploy = '', health = '', smoke = '' } = app?.outputs ?? {};
    const said = { 'rebuild-result': result, 'rebuilt-app-deploy': deploy, 'rebuilt-app-health': health };
    const ended = await job('rebuild-end', { ...given, ...said, 'rebuilt-app-smoke': smoke });
    return { began, app, ended, end: JSON.parse(ended.outputs.result ?? '{}') as Record<string, unknown> };
  }
  const previews = () =>
    fixture.sandbox.vercel.deployments().filter(({ meta, deletedAt }) => meta.opsDrill && !deletedAt);
  const texts = async (url: string) =>
    (await query<{ text: string }>(url, 'SELECT text FROM notes ORDER BY id')).map((one) => one.text);

  test('one dispatch deploys the recorded release against the newest backup; production saw no request', async () => {
    const rows = await texts(productionUrl);
    const serves = fixture.served();
    const asked = () => fixture.sandbox.edgeRequests().filter(({ environment }) => environment === 'production').length;
    const before = asked();
    assert.ok(before > 0, 'the release was checked there');
    let seen: string[] = [];
    const { app, ended, end } = await dispatch({}, async () => {
      const [preview] = previews();
      const answer = (await (await fetch(`http://${preview?.url}/api/notes`)).json()) as { notes: { text: string }[] };
      seen = answer.notes.map(({ text }) => text);
      assert.deepEqual([preview?.meta.gitCommitSha, preview?.target], [released, null]);
    });
    assert.deepEqual([app?.outputs.health, app?.outputs.smoke], ['pass', 'pass'], app?.told);
    // Newest first: what the smoke tests wrote through it, and what the backup held.
    assert.equal(seen[0], 'smoke test');
    assert.ok(seen.includes('kept since the first day') && !seen.includes('newer than the backup'), seen.join());
    assert.deepEqual(
      [ended.outputs.result === undefined, end.passed, end.reasonCode],
      [false, true, 'rebuilt'],
      ended.told,
    );
    assert.deepEqual([asked(), await texts(productionUrl), fixture.served()], [before, rows, serves]);
    const { tables, marked } = await readDrillDatabase(drillUrl);
    assert.deepEqual([previews(), tables, marked], [[], 0, false]);

    const drill = await job('drill', { 'rebuild-end-result': ended.outputs.result ?? '' });
    assert.equal(drill.outputs.decision, 'passed', drill.told);
    await job('report', { 'drill-result': drill.outputs.result ?? '' });
    const [issue] = await fixture.issues();
    assert.match(issue?.title ?? '', /Recovery drill of production: passed/);
    assert.match(issue?.body ?? '', new RegExp(`well, ${released.slice(0, 7)}`));
  });

  test('the database of production, and one that no drill marked, are refused and left as they are', async () => {
    const rows = await texts(productionUrl);
    const name = new URL(productionUrl).pathname.slice(1);
    const source = await dispatch({ DRILL_DATABASE_URL: productionUrl, 'drill-database': name });
    assert.deepEqual(
      [source.end.passed, source.end.reasonCode],
      [false, 'drill_database_is_source'],
      source.ended.told,
    );
    assert.deepEqual(await texts(productionUrl), rows);
    const unnamed = await dispatch({ 'drill-database': '' });
    assert.equal(unnamed.end.reasonCode, 'drill_database_not_confirmed');
    await query(drillUrl, 'CREATE TABLE of_somebody (id int)');
    const full = await dispatch();
    assert.equal(full.end.reasonCode, 'drill_database_not_empty');
    assert.equal((await readDrillDatabase(drillUrl)).tables, 1);
    await query(drillUrl, 'DROP TABLE of_somebody');
    const unproven = await job('rebuild', {
      DRILL_DATABASE_URL: 'postgresql://postgres@db.example.com/drill?sslmode=require',
    });
    assert.match(unproven.told, /sslmode=require does not prove that the database is the right one/);
  });

  test('a build that fails fails the drill, and everything is removed', async () => {
    fixture.sandbox.vercel.orderBuild({ end: 'ERROR' });
    const { ended, end } = await dispatch();
    assert.deepEqual([end.reasonCode, end.removed], ['rebuild_not_deployed', true], ended.told);
    assert.deepEqual([previews(), (await readDrillDatabase(drillUrl)).tables], [[], 0]);
    const drill = await job('drill', { 'rebuild-end-result': ended.outputs.result ?? '' });
    assert.deepEqual([drill.outputs.decision, /rebuild of the app: /.test(drill.told)], ['failed', true], drill.told);
  });

  test('what a run that was killed left is removed by the next drill; its own drill has failed', async () => {
    runs += 1;
    const { commit = '' } = (await job('rebuild')).outputs;
    assert.equal((await job('rebuilt-app', { 'rebuild-commit': commit })).outputs.health, 'pass');
    const drill = await job('drill', { 'rebuild-end-result': '' });
    assert.deepEqual([drill.outputs.decision, previews().length], ['failed', 1], drill.told);
    assert.match(drill.told, /rebuild of the app ended before it could say/);
    const next = await dispatch();
    assert.equal(next.end.passed, true, next.ended.told);
    assert.deepEqual([previews(), (await readDrillDatabase(drillUrl)).tables], [[], 0]);
  });
});
