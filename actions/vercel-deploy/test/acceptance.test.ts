import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createGitHub, type GitHub } from '#github/client';
import { formatReleaseHandle, type ReleaseHandle } from '#release/release-handle';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

const bundle = join(import.meta.dirname, '../dist/index.js');
let sha: string;
let sandbox: Sandbox;
let github: GitHub;
let folder: string;
let workspace: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vercel-deploy-acceptance-'));
  workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'supabase', 'migrations'), { recursive: true });
  await writeFile(join(workspace, 'index.html'), '<h1>Notes</h1>');
  await writeFile(join(workspace, 'app.js'), 'hello();');
  await writeFile(join(workspace, 'supabase', 'migrations', '20250101000000_notes.sql'), 'create table notes ();');
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...words], {
      cwd: workspace,
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'First notes');
  sha = git('rev-parse', 'HEAD').trim();
  sandbox = await startSandbox({
    gitDirectory: workspace,
    postgres: false,
    vercel: { readyDelayMs: 60, gitLink: true },
  });
  const { apiUrl, token, repository } = sandbox.description.github;
  github = createGitHub({ apiUrl, token, repository });
});
after(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  log: string;
  outputs: Record<string, string>;
}

let runs = 0;

/** Runs the committed bundle as the runner does; `stop` may end it early. */
async function run(
  inputs: Record<string, string>,
  stop?: (log: () => string, kill: () => void) => void,
): Promise<Ending> {
  const { vercel, github: hub } = sandbox.description;
  runs += 1;
  const outputFile = join(folder, `output-${runs}`);
  await writeFile(outputFile, '');
  const given: Record<string, string> = {
    'vercel-token': vercel.token,
    'vercel-project': vercel.projectName,
    'vercel-team': vercel.teamId,
    'vercel-api-url': vercel.apiUrl,
    'github-token': hub.token,
    ...inputs,
  };
  const child = spawn(process.execPath, [bundle], {
    env: {
      PATH: process.env.PATH,
      GITHUB_OUTPUT: outputFile,
      GITHUB_WORKSPACE: workspace,
      GITHUB_REPOSITORY: hub.repository,
      GITHUB_REPOSITORY_ID: String(sandbox.repositoryId),
      GITHUB_API_URL: hub.apiUrl,
      GITHUB_SHA: sha,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_RUN_ID: String(1_000 + runs),
      GITHUB_RUN_ATTEMPT: '1',
      // Contradicts the project's team: the client would send it with every call.
      VERCEL_TEAM_ID: 'team_of_somebody_else',
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += String(data)));
  stop?.(
    () => log,
    () => child.kill('SIGINT'),
  );
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...ending) => resolve(ending)),
  );
  return { code, signal, log, outputs: readOutputs(await readFile(outputFile, 'utf8')) };
}

function readOutputs(text: string): Record<string, string> {
  const found = text.matchAll(/^([\w-]+)<<(\S+)\n(.*?)\n\2$|^([\w-]+)=(.*)$/gms);
  return Object.fromEntries([...found].map(([, name, , value, plain, rest]) => [name ?? plain, value ?? rest]));
}

async function handleOf(runId: number): Promise<ReleaseHandle> {
  const { repository } = sandbox.description.github;
  const key = `${sandbox.repositoryId}:production:${runId}`;
  const entry = await github.createDeployment({
    ref: sha,
    task: 'ops-actions',
    environment: 'production',
    payload: { schemaVersion: 1, key },
    description: 'v1.0.0',
    production: true,
  });
  return {
    schemaVersion: 1,
    key,
    environment: 'production',
    production: true,
    as: 'production',
    ledgerId: entry.id,
    repository,
    runId,
    commit: sha,
    version: 'v1.0.0',
    openedAt: Date.now(),
    autoAssign: true,
    url: sandbox.description.vercel.domains[0] ?? '',
    mode: 'auto',
    firstDeployment: true,
  };
}

test('the bundle deploys staged, serves the files, and writes intent and outcome into the ledger', {
  timeout: 60_000,
}, async () => {
  const handle = await handleOf(7);
  const release = formatReleaseHandle(handle);
  const ended = await run({ environment: 'production', release, staged: 'true' });
  assert.equal(ended.code, 0, ended.log);
  assert.deepEqual([ended.outputs.decision, ended.outputs['reason-code']], ['ready', 'ready']);
  const address = ended.outputs['deployment-url'] ?? '';
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(await (await fetch(address)).text(), /Notes/);
  const [deployment] = sandbox.vercel.deployments();
  assert.deepEqual(
    [deployment?.id, deployment?.meta.opsRelease, deployment?.meta.opsVersion, deployment?.meta.opsMigration],
    [ended.outputs['deployment-id'], handle.key, 'v1.0.0', '20250101000000'],
  );
  const statuses = await github.listStatuses(handle.ledgerId);
  assert.match(statuses[0]?.description ?? '', /^ops:deploy:intent:create v1\.0\.0/);
  assert.match(statuses[1]?.description ?? '', /^ops:deploy:outcome:ready dpl_/);
  const shown = ended.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  assert.ok(!shown.join('\n').includes(sandbox.description.vercel.token));

  const again = await run({ environment: 'production', release });
  assert.deepEqual([again.code, again.outputs['deployment-id']], [0, deployment?.id]);
  assert.equal(JSON.parse(again.outputs.result ?? '{}').adopted, true);
  assert.equal(sandbox.vercel.deployments().length, 1);
});

test('a build that fails, is cancelled or blocked is red and says why; its id is an output', {
  timeout: 60_000,
}, async () => {
  const ends: ['ERROR' | 'CANCELED' | 'BLOCKED', string, string][] = [
    ['ERROR', 'failed', 'build_failed'],
    ['CANCELED', 'failed', 'deployment_cancelled'],
    ['BLOCKED', 'blocked', 'commit_author_blocked'],
  ];
  for (const [end, decision, reasonCode] of ends) {
    sandbox.vercel.orderBuild({ end, ...(end === 'ERROR' && { errorMessage: 'npm run build exited with 1' }) });
    const ended = await run({});
    assert.deepEqual(
      [ended.code, ended.outputs.decision, ended.outputs['reason-code']],
      [1, decision, reasonCode],
      ended.log,
    );
    assert.match(ended.outputs['deployment-id'] ?? '', /^dpl_/);
    assert.equal(ended.log.match(/^::error/gm)?.length, 1, ended.log);
  }
});

test('a build that never ends is cancelled at the deadline', { timeout: 60_000 }, async () => {
  sandbox.vercel.orderBuild({ end: 'never' });
  const from = Date.now();
  const ended = await run({ deadline: '5s' });
  assert.deepEqual(
    [ended.code, ended.outputs.decision, ended.outputs['reason-code']],
    [1, 'timed-out', 'deployment_timed_out'],
  );
  assert.ok(Date.now() - from < 30_000);
  assert.match(ended.outputs.summary ?? '', /It was cancelled\. Raise the deadline/);
  const left = sandbox.vercel.deployments().find(({ id }) => id === ended.outputs['deployment-id']);
  assert.equal(left?.readyState, 'CANCELED');
});

test('a cancelled run ends long before its deadline and cancels its deployment', { timeout: 60_000 }, async () => {
  sandbox.vercel.orderBuild({ end: 'never' });
  const known = sandbox.vercel.deployments().length;
  let killedAt = 0;
  const ended = await run({ deadline: '50s' }, (log, kill) => {
    const timer = setInterval(() => {
      if (!log().includes('BUILDING')) return;
      clearInterval(timer);
      killedAt = Date.now();
      kill();
    }, 20);
  });
  assert.ok(Date.now() - killedAt < 20_000);
  assert.deepEqual([ended.outputs.decision, ended.outputs['reason-code']], ['cancelled', 'cancelled'], ended.log);
  assert.deepEqual(
    sandbox.vercel
      .deployments()
      .slice(known)
      .map(({ readyState }) => readyState),
    ['CANCELED'],
  );
});

test('all wrong inputs are named at once; an expired token and a wrong project say what to do', {
  timeout: 60_000,
}, async () => {
  const wrong = await run({ build: 'magic', deadline: 'soon', 'vercel-token': 'abc' });
  assert.deepEqual(
    [wrong.code, wrong.outputs.decision, wrong.outputs['reason-code']],
    [1, 'could-not-run', 'bad_input'],
  );
  for (const name of ['build', 'deadline', 'vercel-token']) assert.ok(wrong.log.includes(name), wrong.log);
  const expired = await run({ 'vercel-token': 'expired-token-123' });
  assert.deepEqual([expired.code, expired.outputs['reason-code']], [1, 'vercel_token_rejected'], expired.log);
  const project = await run({ 'vercel-project': 'no-such-project' });
  assert.deepEqual([project.code, project.outputs['reason-code']], [1, 'project_not_found'], project.log);
});

test('adopting takes what the Git integration built of the commit; a fork of the same commit is refused by name', {
  timeout: 60_000,
}, async () => {
  const { project } = sandbox.vercel;
  const fork = await sandbox.vercel.deployFromGit(project, { sha, ref: 'main', forkOf: 'mallory' });
  const refused = await run({ build: 'adopt', deadline: '200ms' });
  assert.deepEqual([refused.code, refused.outputs['reason-code']], [1, 'nothing_to_adopt'], refused.log);
  assert.match(refused.outputs.summary ?? '', new RegExp(`${fork.id}: it was built from a fork`));
  const built = await sandbox.vercel.deployFromGit(project, { sha, ref: 'main', author: 'Ada' });
  const known = sandbox.vercel.deployments().length;
  const adopted = await run({ build: 'adopt' });
  assert.deepEqual([adopted.code, adopted.outputs['deployment-id']], [0, built.id], adopted.log);
  const named = await run({ 'deployment-id': built.id });
  assert.deepEqual([named.code, named.outputs['deployment-id']], [0, built.id], named.log);
  const foreign = await run({ 'deployment-id': fork.id });
  assert.deepEqual([foreign.code, foreign.outputs['reason-code']], [1, 'not_adoptable'], foreign.log);
  const both = await run({ 'deployment-id': built.id, build: 'remote' });
  assert.match(both.log, /deployment-id: is built already: it cannot be combined with a build/);
  assert.equal(sandbox.vercel.deployments().length, known);
});
