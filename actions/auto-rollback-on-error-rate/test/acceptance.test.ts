import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createGitHub } from '#github/client';
import { type BundleRun, type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { readOpenLocks, takeLock } from '#release/lock';
import { deployFiles } from '#sandbox/deploy-files';
import { startSandbox } from '#sandbox/start-sandbox';
import { startUsers } from '../../../test/scenarios/people.ts';

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
});
after(async () => {
  await removeWorkspaces();
  await rm(repository, { recursive: true, force: true });
});

/** A sandbox of its own, whose production serves a good release or, after it, a bad one. */
async function setStage(serves: 'good' | 'bad') {
  const sandbox = await startSandbox({
    postgres: false,
    gitDirectory: repository,
    vercel: { readyDelayMs: 4, aliasDelayMs: 4, observabilityPlus: false },
  });
  const { vercel, github } = sandbox.description;
  const [domain = ''] = vercel.domains;
  const served = () => sandbox.vercel.servedBy(new URL(domain).host);
  const good = await deployFiles(sandbox, app(0), { target: 'production' });
  const bad = serves === 'bad' ? await deployFiles(sandbox, app(6), { target: 'production' }) : undefined;
  for (let tries = 0; served() !== (bad ?? good).id; tries += 1) {
    assert.ok(tries < 3_000, 'the domain did not move');
    await delay(10);
  }
  return {
    sandbox,
    domain,
    served,
    good: good.id,
    bad: bad?.id,
    users: (perSecond = 60) => startUsers(`${domain}/api/notes`, perSecond),
    watch(inputs: Record<string, string>, run: Partial<BundleRun> = {}): Promise<Ending> {
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
        },
        ...run,
      });
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}

/** Acts once, as soon as the log of the bundle says it. */
function onceItSays(says: RegExp, act: (child: ChildProcess) => void): NonNullable<BundleRun['meanwhile']> {
  return (child, log) => {
    const wait = setInterval(() => {
      if (!says.test(log())) return;
      clearInterval(wait);
      act(child);
    }, 20);
    child.once('close', () => clearInterval(wait));
  };
}

// They wait for windows in real time, each beside a sandbox of its own.
describe('the bundle', { concurrency: 6 }, () => {
  test('a bad release: would-roll-back, red, early, with times, buckets and the reason', async () => {
    await using stage = await setStage('bad');
    const users = stage.users();
    const ending = await stage.watch({ window: '60s' });
    await users.stop();
    assert.equal(ending.code, 1, ending.log);
    assert.equal(ending.outputs.decision, 'would-roll-back');
    assert.equal(ending.outputs['reason-code'], 'above_limit');
    assert.equal(ending.outputs.verdict, 'fail');
    const { result } = ending;
    assert.equal(result.source, 'vercel-runtime-logs');
    assert.equal(result.denominator, 'function requests');
    assert.equal(result.deploymentId, stage.bad);
    const buckets = result.buckets as { end: number }[];
    assert.ok(buckets.length <= 20, ending.log);
    const lastEnd = buckets.at(-1)?.end ?? Number.NaN;
    assert.ok((result.breachAt as number) <= lastEnd);
    assert.ok((result.detectedAt as number) >= lastEnd);
    assert.ok(
      ending.endedAt - lastEnd < 10,
      `the next step could start ${ending.endedAt - lastEnd} s after the interval`,
    );
    assert.match(
      ending.outputs.summary ?? '',
      /Error rate \d\d\.\d % \(\d+ of \d+ requests.*above the limit of 5\.0 %/,
    );
    assert.match(ending.summary, /xychart-beta/);
    const chart = await readFile(ending.outputs.chart ?? '', 'utf8');
    assert.match(chart, /^<svg [\s\S]*>Verdict fail: \d+ of \d+ requests failed \(\d\d\.\d %\)<[\s\S]*>limit 5\.00 %</);
  });

  test('in mode observe the same is green', async () => {
    await using stage = await setStage('bad');
    const users = stage.users();
    const ending = await stage.watch({ mode: 'observe', window: '60s' });
    await users.stop();
    assert.equal(ending.code, 0, ending.log);
    assert.equal(ending.outputs.decision, 'would-roll-back');
  });

  test('a good release passes at the end of its window, by all that was served in it', async () => {
    await using stage = await setStage('good');
    const users = stage.users(80);
    const ending = await stage.watch({ threshold: '20%' });
    await users.stop();
    assert.equal(ending.code, 0, ending.log);
    assert.equal(ending.outputs.decision, 'pass', ending.log);
    const buckets = ending.result.buckets as { start: number; end: number }[];
    assert.equal(buckets.length, 4, ending.log);
    const [from, until] = [buckets[0]?.start, buckets.at(-1)?.end].map((seconds) => Math.round(Number(seconds) * 1000));
    const served = stage.sandbox.monitoring.traffic.served(Number(from), Number(until)).length;
    const counted = Number(ending.outputs.requests);
    // The last rows may arrive when the last interval has been read.
    assert.ok(counted > 0.8 * served && counted <= served && served > 0, `${counted} of ${served}`);
  });

  test('no traffic ends held as too little traffic: our own checks are not counted as traffic', async () => {
    await using stage = await setStage('good');
    const config = `environments: { production: { health: [{ path: /api/health, json: { $.status: healthy } }] } }\n`;
    const inputs = { 'min-requests': '3', window: '4s' };
    const files = { '.github/ops.yml': config };
    const [ending, red] = await Promise.all([
      stage.watch(inputs, { files }),
      stage.watch({ 'fail-on': 'held', window: '2s' }),
    ]);
    assert.equal(ending.code, 0, ending.log);
    assert.equal(ending.outputs.decision, 'held');
    assert.equal(ending.outputs['reason-code'], 'too_little_traffic', ending.log);
    assert.equal(ending.outputs.requests, '0');
    assert.match(ending.log, /::warning::Live, not proven: too little traffic.*rounds of our own checks passed/);
    assert.equal(red.code, 1);
  });

  test('a source that this plan does not have is blind, said with what works instead', async () => {
    await using stage = await setStage('good');
    const ending = await stage.watch(
      { source: 'vercel-observability', window: '1m', interval: '1m' },
      { meanwhile: onceItSays(/Observability Plus/, (child) => child.kill('SIGTERM')) },
    );
    assert.equal(ending.outputs.decision, 'cancelled');
    assert.match(ending.log, /needs Vercel's Observability Plus.*Use source: vercel-runtime-logs, probe or http-json/);
  });

  test('a blind source: one extension, then held; on-no-data: fail is a breach', async () => {
    await using stage = await setStage('good');
    stage.sandbox.faults.order({
      service: 'vercel',
      route: '/v1/projects/:id/deployments/:id/runtime-logs',
      times: 1000,
      fault: { status: 500 },
    });
    const [ending, failing] = await Promise.all([
      stage.watch({ window: '2s' }),
      stage.watch({ window: '1s', 'on-no-data': 'fail' }),
    ]);
    assert.equal(ending.outputs.decision, 'held', ending.log);
    assert.equal(ending.outputs['reason-code'], 'source_blind');
    assert.match(ending.log, /the watch goes on for 2 s, once/);
    assert.equal(failing.outputs.decision, 'would-roll-back', failing.log);
  });

  test('without any account our own checks are the source', async () => {
    await using stage = await setStage('good');
    const inputs = {
      source: 'probe',
      'vercel-token': '',
      'github-token': '',
      mode: 'notify',
      act: 'true',
    };
    const [passing, failing] = await Promise.all([
      stage.watch(inputs),
      stage.watch({ ...inputs, window: '8s', 'base-url': `${stage.domain}/nothing` }),
    ]);
    assert.equal(passing.outputs.decision, 'pass', passing.log);
    assert.equal(passing.outputs['reason-code'], 'probes_clean');
    assert.equal(failing.outputs.decision, 'would-roll-back', failing.log);
    assert.equal(failing.outputs['reason-code'], 'probes_failing');
  });

  test('a cancelled watch ends before GitHub kills it, with what it has seen', async () => {
    await using stage = await setStage('good');
    const users = stage.users();
    let cancelledAt = 0;
    const cancel = (child: ChildProcess) => {
      cancelledAt = Date.now() / 1000;
      child.kill('SIGINT');
    };
    const ending = await stage.watch({ window: '2m' }, { meanwhile: onceItSays(/\[00:02\]/, cancel) });
    await users.stop();
    // SIGTERM comes 7.5 s after SIGINT, SIGKILL 2.5 s later.
    assert.ok(ending.endedAt - cancelledAt < 10, `${ending.endedAt - cancelledAt} s`);
    assert.equal(ending.outputs.decision, 'cancelled');
    assert.equal(ending.code, 1);
    assert.ok(Number(ending.outputs.requests) > 0, ending.log);
  });

  test('a rollback dispatched during the watch ends it as superseded (S1)', async () => {
    await using stage = await setStage('good');
    const { sandbox } = stage;
    const taken = {
      schemaVersion: 1 as const,
      key: `${sandbox.repositoryId}:production:99`,
      reason: 'rolled back by hand',
      environment: 'production',
      ref: head,
      production: true,
      target: { deploymentId: stage.good },
      expiresAfterMs: 600_000,
    };
    const take = () => void takeLock(createGitHub(sandbox.description.github), taken);
    const ending = await stage.watch({ window: '2m' }, { meanwhile: onceItSays(/\[00:01\]/, take) });
    assert.equal(ending.outputs.decision, 'superseded', ending.log);
    assert.equal(ending.code, 1);
    assert.ok(ending.durationMs < 60_000, 'long before its window is over');
  });

  test('with act: true in mode auto the release is taken back, and production serves the target', async () => {
    await using stage = await setStage('bad');
    const { sandbox } = stage;
    const users = stage.users();
    const config = 'environments: { production: { watch: { after-rollback: 2s } } }\n';
    const inputs = { act: 'true', window: '60s', 'rollback-target': stage.good };
    const ending = await stage.watch(inputs, { files: { '.github/ops.yml': config } });
    await users.stop();
    assert.equal(ending.code, 1, ending.log);
    assert.equal(ending.outputs.decision, 'rolled-back', ending.log);
    assert.equal(ending.outputs.verdict, 'fail');
    assert.equal(stage.served(), stage.good);
    const rollback = ending.result.rollback as { from: string; to: string; swappedAt: number };
    assert.deepEqual([rollback.from, rollback.to], [stage.bad, stage.good]);
    assert.ok(rollback.swappedAt >= (ending.result.detectedAt as number));
    const locks = await readOpenLocks(createGitHub(sandbox.description.github), 'production');
    assert.equal(locks[0]?.target?.deploymentId, stage.good);
    assert.match(locks[0]?.reason ?? '', /above the limit/);
    const restored = ending.result.restored as { verdict: string; requests: number; startedAt: number };
    // Two seconds of traffic may be too little for a pass; what was restored is watched as well, and not found sick.
    assert.match(restored.verdict, /^(pass|inconclusive)$/);
    assert.ok(restored.requests > 0 && restored.startedAt > rollback.swappedAt, JSON.stringify(restored));
    assert.match(ending.outputs.summary ?? '', /Watched after it: /);
  });

  test('act: true without what it needs is refused before anything is watched', async () => {
    await using stage = await setStage('good');
    const ending = await stage.watch({ act: 'true', 'vercel-token': '', source: 'probe' });
    assert.equal(ending.outputs['reason-code'], 'bad_input');
    assert.match(ending.log, /needs environment, github-token, vercel-token and vercel-project/);
  });

  test('all mistakes at once, with what is allowed', async () => {
    await using stage = await setStage('good');
    const ending = await stage.watch({ source: 'sentri', rules: 'errors above 2', window: '5x', threshold: '' });
    assert.equal(ending.outputs['reason-code'], 'bad_input');
    assert.match(ending.log, /source.*vercel-observability, vercel-runtime-logs, .*sentry, datadog/);
  });
});
