import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createGitHub } from '#github/client';
import { type BundleRun, type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { readOpenLocks, takeLock } from '#release/lock';
import { deployFiles, type ToldDeployment } from '#sandbox/deploy-files';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

let sandbox: Sandbox;
let good: ToldDeployment;
let bad: ToldDeployment;
let domain: string;
let head: string;
let repository: string;

const app = (failing: number): Record<string, string> => ({
  'package.json': '{"type":"module"}',
  'index.html': '<h1>home</h1>',
  'api/health.js': `export const GET = () => Response.json({ status: 'healthy' });`,
  'api/notes.js': `let count = 0;
    export const GET = () => new Response('', { status: ${failing} > 0 && ++count % ${failing || 1} === 0 ? 500 : 200 });`,
});

before(async () => {
  repository = await mkdtemp(join(tmpdir(), 'watched-repository-'));
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...words], {
      cwd: repository,
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'First');
  head = git('rev-parse', 'HEAD').trim();
  sandbox = await startSandbox({
    postgres: false,
    gitDirectory: repository,
    vercel: { readyDelayMs: 4, aliasDelayMs: 4, observabilityPlus: false },
  });
  good = await deployFiles(sandbox, app(0), { target: 'production' });
  bad = await deployFiles(sandbox, app(6), { target: 'production' });
  domain = sandbox.description.vercel.domains[0] ?? '';
});
after(async () => {
  await sandbox.close();
  await removeWorkspaces();
  await rm(repository, { recursive: true, force: true });
});

/** Users of the app: `rate` requests per second until stopped. */
function traffic(host: string, rate = 60, path = '/api/notes'): () => void {
  const timer = setInterval(() => {
    fetch(`${host}${path}`).then(
      (answer) => answer.arrayBuffer(),
      () => {},
    );
  }, 1000 / rate);
  return () => clearInterval(timer);
}

function watch(inputs: Record<string, string>, run: Partial<BundleRun> = {}): Promise<Ending> {
  const { vercel, github } = sandbox.description;
  return runBundle({
    action: 'auto-rollback-on-error-rate',
    inputs: {
      environment: 'production',
      'base-url': domain,
      window: '4s',
      interval: '1s',
      threshold: '5%',
      act: 'false',
      'vercel-api-url': vercel.apiUrl,
      'vercel-token': vercel.token,
      'vercel-project': vercel.projectId,
      'vercel-team': vercel.teamId,
      'github-token': github.token,
      ...inputs,
    },
    environment: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_REPOSITORY_ID: String(sandbox.repositoryId),
      GITHUB_SHA: head,
      ...run.environment,
    },
    ...run,
  });
}

async function serving(deployment: ToldDeployment): Promise<void> {
  const host = new URL(domain).host;
  if (sandbox.vercel.servedBy(host) === deployment.id) return;
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  await fetch(`${apiUrl}/v10/projects/${projectId}/promote/${deployment.id}?teamId=${teamId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  for (let tries = 0; sandbox.vercel.servedBy(host) !== deployment.id; tries += 1) {
    assert.ok(tries < 200, 'the domain did not move');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a bad release: would-roll-back, red, early, with times, buckets and the reason', async () => {
  await serving(bad);
  const stop = traffic(domain);
  const ending = await watch({ window: '20s' });
  stop();
  assert.equal(ending.code, 1, ending.log);
  assert.equal(ending.outputs.decision, 'would-roll-back');
  assert.equal(ending.outputs['reason-code'], 'above_limit');
  assert.equal(ending.outputs.verdict, 'fail');
  const { result } = ending;
  assert.equal(result.source, 'vercel-runtime-logs');
  assert.equal(result.denominator, 'function requests');
  assert.equal(result.deploymentId, bad.id);
  assert.ok((result.buckets as unknown[]).length <= 5, ending.log);
  const lastEnd = (result.buckets as { end: number }[]).at(-1)?.end ?? 0;
  assert.ok(
    (result.detectedAt as number) - lastEnd < 1,
    `decided ${(result.detectedAt as number) - lastEnd} s after the interval`,
  );
  assert.ok((result.breachAt as number) <= lastEnd);
  assert.ok(
    ending.endedAt - lastEnd < 1.5,
    `the next step could start ${ending.endedAt - lastEnd} s after the interval`,
  );
  assert.match(ending.outputs.summary ?? '', /Error rate 1\d\.\d % \(\d+ of \d+ requests.*above the limit of 5\.0 %/);
  assert.match(ending.summary, /xychart-beta/);
  const chart = await readFile(ending.outputs.chart ?? '', 'utf8');
  assert.match(chart, /^<svg [\s\S]*>Verdict fail: \d+ of \d+ requests failed \(1\d\.\d %\)<[\s\S]*>limit 5\.00 %</);
});

test('in mode observe the same is green', async () => {
  await serving(bad);
  const stop = traffic(domain);
  const ending = await watch({ mode: 'observe', window: '10s' });
  stop();
  assert.equal(ending.code, 0, ending.log);
  assert.equal(ending.outputs.decision, 'would-roll-back');
});

test('a good release passes at the end of its window', async () => {
  await serving(good);
  const stop = traffic(domain, 80);
  const ending = await watch({});
  stop();
  assert.equal(ending.code, 0, ending.log);
  assert.equal(ending.outputs.decision, 'pass', ending.log);
  assert.ok(Number(ending.outputs.requests) > 150);
});

test('no traffic ends held as too little traffic: our own checks are not counted as traffic', async () => {
  await serving(good);
  const config = `environments: { production: { health: [{ path: /api/health, json: { $.status: healthy } }] } }\n`;
  const inputs = { 'min-requests': '3', window: '4s' };
  const ending = await watch(inputs, { files: { '.github/ops.yml': config } });
  assert.equal(ending.code, 0, ending.log);
  assert.equal(ending.outputs.decision, 'held');
  assert.equal(ending.outputs['reason-code'], 'too_little_traffic', ending.log);
  assert.equal(ending.outputs.requests, '0');
  assert.match(ending.log, /::warning::Live, not proven: too little traffic.*rounds of our own checks passed/);
  const red = await watch({ 'fail-on': 'held', window: '2s' });
  assert.equal(red.code, 1);
});

test('a source that this plan does not have is blind, said with what works instead', async () => {
  const ending = await watch(
    { source: 'vercel-observability', window: '1m', interval: '1m' },
    {
      meanwhile: (child, log) => {
        const wait = setInterval(() => {
          if (!/Observability Plus/.test(log())) return;
          clearInterval(wait);
          child.kill('SIGTERM');
        }, 50);
      },
    },
  );
  assert.equal(ending.outputs.decision, 'cancelled');
  assert.match(ending.log, /needs Vercel's Observability Plus.*Use source: vercel-runtime-logs, probe or http-json/);
});

test('a blind source: one extension, then held; on-no-data: fail is a breach', async () => {
  await serving(good);
  const fault = {
    service: 'vercel',
    route: '/v1/projects/:id/deployments/:id/runtime-logs',
    times: 1000,
    fault: { status: 500 },
  } as const;
  sandbox.faults.order(fault);
  try {
    const ending = await watch({ window: '2s' });
    assert.equal(ending.outputs.decision, 'held', ending.log);
    assert.equal(ending.outputs['reason-code'], 'source_blind');
    assert.match(ending.log, /the watch goes on for 2 s, once/);
    const failing = await watch({ window: '1s', 'on-no-data': 'fail' });
    assert.equal(failing.outputs.decision, 'would-roll-back', failing.log);
  } finally {
    sandbox.faults.clear();
  }
});

test('without any account our own checks are the source', async () => {
  const inputs = {
    source: 'probe',
    'vercel-token': '',
    'github-token': '',
    mode: 'notify',
    act: 'true',
    window: '2s',
    interval: '400ms',
  };
  const passing = await watch(inputs);
  assert.equal(passing.outputs.decision, 'pass', passing.log);
  assert.equal(passing.outputs['reason-code'], 'probes_clean');
  const failing = await watch({ ...inputs, 'base-url': `${domain}/nothing` });
  assert.equal(failing.outputs.decision, 'would-roll-back', failing.log);
  assert.equal(failing.outputs['reason-code'], 'probes_failing');
});

test('a cancelled watch ends within five seconds with what it has seen', async () => {
  await serving(good);
  const stop = traffic(domain);
  let killedAt = 0;
  const ending = await watch(
    { window: '1m' },
    {
      meanwhile: (child, log) => {
        const wait = setInterval(() => {
          if (!/\[00:02\]/.test(log())) return;
          clearInterval(wait);
          killedAt = performance.now();
          child.kill('SIGINT');
        }, 20);
      },
    },
  );
  stop();
  assert.ok(performance.now() - killedAt < 5000);
  assert.equal(ending.outputs.decision, 'cancelled');
  assert.equal(ending.code, 1);
  assert.ok(Number(ending.outputs.requests) > 20, ending.log);
});

test('a rollback dispatched during the watch ends it as superseded (S1)', async () => {
  await serving(good);
  const github = createGitHub(sandbox.description.github);
  const environment = 'superseded-test';
  const taken = {
    schemaVersion: 1 as const,
    key: `${sandbox.repositoryId}:${environment}:99`,
    reason: 'rolled back by hand',
    environment,
    ref: head,
    production: true,
    target: { deploymentId: good.id },
    expiresAfterMs: 60_000,
  };
  setTimeout(() => void takeLock(github, taken), 1500);
  const ending = await watch({ environment, window: '20s' });
  assert.equal(ending.outputs.decision, 'superseded', ending.log);
  assert.equal(ending.code, 1);
  assert.ok(ending.durationMs < 8000);
});

test('with act: true in mode auto the release is taken back, and production serves the target', async () => {
  await serving(bad);
  const stop = traffic(domain);
  const config = 'environments: { production: { watch: { after-rollback: 2s } } }\n';
  const inputs = { act: 'true', window: '20s', 'rollback-target': good.id };
  const ending = await watch(inputs, { files: { '.github/ops.yml': config } });
  stop();
  assert.equal(ending.code, 1, ending.log);
  assert.equal(ending.outputs.decision, 'rolled-back', ending.log);
  assert.equal(ending.outputs.verdict, 'fail');
  assert.equal(sandbox.vercel.servedBy(new URL(domain).host), good.id);
  const rollback = ending.result.rollback as { from: string; to: string; swappedAt: number };
  assert.deepEqual([rollback.from, rollback.to], [bad.id, good.id]);
  assert.ok(rollback.swappedAt - (ending.result.detectedAt as number) < 5);
  const locks = await readOpenLocks(createGitHub(sandbox.description.github), 'production');
  assert.equal(locks[0]?.target?.deploymentId, good.id);
  assert.match(locks[0]?.reason ?? '', /above the limit/);
  const restored = ending.result.restored as { verdict: string; requests: number; startedAt: number };
  // Two seconds of traffic may be too little for a pass; what was restored is watched as well, and not found sick.
  assert.match(restored.verdict, /^(pass|inconclusive)$/);
  assert.ok(restored.requests > 20 && restored.startedAt > rollback.swappedAt, JSON.stringify(restored));
  assert.match(ending.outputs.summary ?? '', /Watched after it: /);
});

test('act: true without what it needs is refused before anything is watched', async () => {
  const ending = await watch({ act: 'true', 'vercel-token': '', source: 'probe' });
  assert.equal(ending.outputs['reason-code'], 'bad_input');
  assert.match(ending.log, /needs environment, github-token, vercel-token and vercel-project/);
});

test('all mistakes at once, with what is allowed', async () => {
  const ending = await watch({ source: 'sentri', rules: 'errors above 2', window: '5x', threshold: '' });
  assert.equal(ending.outputs['reason-code'], 'bad_input');
  assert.match(ending.log, /source.*vercel-observability, vercel-runtime-logs, .*sentry, datadog/);
});
