import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { createGitHub } from '#github/client';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { openLedger, openRelease } from '#release/ledger';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

let sandbox: Sandbox;
let root: string;
/** Oldest first: good functions, bad ones, and two that change something else. */
const commits: string[] = [];
const file = 'supabase/functions/health/index.ts';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'by-code-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, 'supabase/config.toml'), '[functions.health]\nverify_jwt = false\n');
  for (const answer of ['good', 'bad', undefined, undefined]) {
    if (answer !== undefined) await writeFile(join(root, file), `Deno.serve(() => new Response('${answer}'));\n`);
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '-m', answer ?? 'unrelated');
    commits.push(git('rev-parse', 'HEAD'));
  }
  sandbox = await startSandbox({ postgres: false, gitDirectory: root });
});
after(async () => {
  await sandbox.close();
  await removeWorkspaces();
  await rm(root, { recursive: true, force: true });
});

let run = 300;
function act(inputs: Record<string, string>) {
  const { supabase, github, artifacts } = sandbox.description;
  run += 1;
  return runBundle({
    action: 'edge-functions',
    inputs: {
      environment: 'production',
      'github-token': github.token,
      'supabase-access-token': supabase.token,
      'supabase-project': supabase.project,
      'supabase-api-url': supabase.apiUrl,
      ...inputs,
    },
    environment: {
      GITHUB_WORKSPACE: root,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_RUN_ID: String(run),
      ACTIONS_RESULTS_URL: artifacts.resultsUrl,
      ACTIONS_RUNTIME_TOKEN: sandbox.runtimeToken(String(run)),
    },
  });
}

async function answers(): Promise<string> {
  return await (await fetch(`${sandbox.description.supabase.apiUrl}/functions/v1/health`)).text();
}

test('back by code: the recorded commit is deployed again, not the one before, and a named one as well', async () => {
  const none = await act({ commit: 'recorded' });
  assert.deepEqual([none.code, none.outputs['reason-code']], [1, 'no_recorded_commit'], none.log);
  const deployed = await act({});
  assert.equal(await answers(), 'bad', deployed.log);
  const github = createGitHub(sandbox.description.github);
  const [good = '', bad = ''] = commits;
  const { record } = await openRelease(github, {
    environment: 'production',
    production: true,
    payload: {
      schemaVersion: 1,
      key: '1:production:200',
      runId: 200,
      commit: bad,
      version: 'v2',
      as: 'production',
      rollbackTarget: { deploymentId: 'dpl_1', commit: good, adopted: false },
      autoAssign: true,
      mode: 'auto',
      firstDeployment: false,
    },
  });
  const stored = `artifact:200/1#${'a'.repeat(43)}`;
  await openLedger(github, { ledgerId: record.id }).record('functions', 'intent', 'stored', stored);
  const back = await act({ commit: 'recorded' });
  assert.deepEqual([back.code, back.outputs.decision, back.result.commit], [0, 'deployed', good], back.log);
  assert.match(back.outputs.summary ?? '', new RegExp(`^Functions of commit ${good.slice(0, 7)}: `));
  assert.equal(await answers(), 'good');
  const named = await act({ commit: bad });
  assert.equal(named.outputs.decision, 'deployed', named.log);
  assert.equal(await answers(), 'bad');
});
