import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { listPostgres } from '#backup/find-postgres';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { renderTree } from '../scripts/render-tree.ts';
import { type ActConsumer, createActConsumer } from './act-consumer.ts';
import { root } from './workflows-model.ts';
import { findTool } from './workflows-tools.ts';

const act = findTool('act');
const npm = findTool('npm');
const skip =
  act === undefined
    ? 'act is not installed (go install github.com/nektos/act@v0.2.89)'
    : npm === undefined
      ? 'npm is not on PATH'
      : (await listPostgres()).length === 0
        ? 'PostgreSQL is not installed'
        : false;
const recipient = await identityToRecipient(await generateX25519Identity());
const repository = 'acme/notes-app';
const checkoutPin = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1';
const uploadPin = 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f';
const consumerPin = 'org/ops-actions@0123456789abcdef0123456789abcdef01234567';

const base = mkdtempSync(join(tmpdir(), 'act-'));
after(() => rmSync(base, { recursive: true, force: true }));

interface ActRun {
  code: number | null;
  log: string;
}

/** One run of a workflow of the consumer by act in host mode, against the rendered tree and the sandbox. */
function runAct(given: {
  consumer: ActConsumer;
  sandbox: Sandbox;
  tree: string;
  event: string;
  workflow: string;
  payload: unknown;
  runId: number;
}): Promise<ActRun> {
  const { consumer, sandbox, tree } = given;
  const { vercel, postgres, slack, github } = sandbox.description;
  const payload = join(base, `event-${given.runId}.json`);
  writeFileSync(payload, JSON.stringify(given.payload));
  const secrets = join(base, 'secrets');
  writeFileSync(
    secrets,
    Object.entries({
      GITHUB_TOKEN: github.token,
      VERCEL_TOKEN: vercel.token,
      DATABASE_URL: postgres.url,
      SLACK_BOT_TOKEN: slack.token,
    })
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
  const environment = {
    GITHUB_API_URL: github.apiUrl,
    GITHUB_RUN_ID: String(given.runId),
    GITHUB_REPOSITORY_ID: String(sandbox.repositoryId),
    OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl,
    OPS_ACTIONS_SLACK_API_URL: slack.apiUrl,
    CONSUMER_REPOSITORY: consumer.directory,
    ARTIFACTS: consumer.artifacts,
  };
  const words = [
    given.event,
    ...[
      '--workflows',
      `.github/workflows/${given.workflow}`,
      '--eventpath',
      payload,
      '--platform',
      'ubuntu-latest=-self-hosted',
    ],
    ...[
      `org/ops-actions@v1=${tree}`,
      `${consumerPin}=${tree}`,
      `${checkoutPin}=${consumer.checkout}`,
      `${uploadPin}=${consumer.upload}`,
    ].flatMap((pair) => ['--local-repository', pair]),
    ...['--action-offline-mode', '--no-cache-server', '--pull=false', '--secret-file', secrets],
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--var', `BACKUP_AGE_RECIPIENTS=${recipient}`],
  ];
  const home = join(base, 'home');
  mkdirSync(home, { recursive: true });
  const path = [join(root, 'node_modules/.bin'), dirname(npm ?? ''), process.env.PATH].join(':');
  return new Promise((resolve, reject) => {
    // act hands its whole environment to the steps.
    const child = spawn(act ?? '', words, {
      cwd: consumer.directory,
      env: { PATH: path, HOME: home, DOCKER_HOST: 'unix:///nowhere' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        log += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, log }));
  });
}

test('act, which is not ours, releases twice and rolls back by the example workflows on the rendered tree', {
  skip,
  timeout: 600_000,
}, async () => {
  const consumer = await createActConsumer(repository, base);
  const sandbox = await startSandbox({ gitDirectory: consumer.directory, repository });
  try {
    const tree = join(base, 'tree');
    await renderTree(root, tree, { style: 'full', repository: 'org/ops-actions', ref: 'v1' });
    // act gives a composite the outputs of its last inner step on top of its own: here that step has none.
    for (const composite of ['deploy', 'rollback']) {
      appendFileSync(join(tree, composite, 'action.yml'), `    - { shell: bash, run: ':' }\n`);
    }
    const [domain = ''] = sandbox.description.vercel.domains.map((address) => new URL(address).host);
    const release = async (version: string, runId: number) => {
      const sha = await consumer.commit(version);
      const payload = { ref: `refs/tags/${version}`, after: sha };
      const run = await runAct({ consumer, sandbox, tree, event: 'push', workflow: 'deploy.yml', payload, runId });
      assert.equal(run.code, 0, run.log);
      return { log: run.log, serving: sandbox.vercel.servedBy(domain) ?? '' };
    };
    const first = (await release('v1.0.0', 101)).serving;
    const [chart = ''] = readdirSync(consumer.artifacts);
    assert.match(chart, /^watch-chart-.*production/);
    assert.match(readFileSync(join(consumer.artifacts, chart), 'utf8'), /^<svg /);
    writeFileSync(join(consumer.directory, 'public/extra.html'), '<h1>more</h1>');
    consumer.askForApproval();
    const approved = await release('v1.0.1', 102);
    const second = approved.serving;
    assert.ok(first.startsWith('dpl_') && second.startsWith('dpl_') && first !== second);
    assert.equal(sandbox.vercel.deployments().length, 2, 'the release job went on with what the stage job staged');
    assert.match(approved.log, /Approved\. v1\.0\.1 is staged/);
    const rollback = await runAct({
      consumer,
      sandbox,
      tree,
      event: 'workflow_dispatch',
      workflow: 'rollback.yml',
      payload: { ref: 'refs/heads/main', inputs: { target: 'previous', reason: 'too slow', confirm: 'production' } },
      runId: 103,
    });
    assert.equal(rollback.code, 0, rollback.log);
    assert.equal(sandbox.vercel.servedBy(domain), first);
    assert.match(rollback.log, /Incident #1: \S/);
    for (const secret of [sandbox.description.vercel.token, sandbox.description.slack.token]) {
      assert.ok(!rollback.log.includes(secret), 'a secret is in the log');
    }
  } finally {
    await sandbox.close();
    await consumer.remove();
  }
});
