import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient } from '#http/client';
import { systemClock } from '#http/clock';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { rollBack } from '#release/roll-back';
import { countedSourceNames, measureWatch } from '../../actions/auto-rollback-on-error-rate/test/measured-watch.ts';
import { type Scene, setScene } from '../../packages/release/test/scene.ts';

const rounds = 15;
const outageMs = 10_000;
const retryAfterSeconds = 15;
let runId = 900;

/**
 * From the decision to the domains swapped: our way back (lock, guard, project's state, one rollback, proof of the domains)
 * against the bare two calls of a script (POST rollback, read the alias until it has moved) on the same sandbox, in turns;
 * with an outage of the Vercel API in the middle, and with a limit that names its time; from the end of the bucket on which a
 * watch decides; then the memory of a watch over as many intervals as half an hour at its default has, and what a quarter of an hour
 * asks of each source.
 */
export async function rollback(): Promise<void> {
  const missed: string[] = [];
  const told = (what: string, value: number, aim: number, unit: string, rest = '') => {
    const over = value > aim;
    if (over) missed.push(what);
    console.log(`${what}: ${value.toFixed(1)} ${unit} (aim: at most ${aim} ${unit})${rest}${over ? '  missed' : ''}`);
  };
  const scene = await setScene();
  try {
    const [ours, bare]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      bare.push(await timeOfBare(scene));
      ours.push((await timeOfOurs(scene)).swapped);
    }
    const [own, other] = [median(ours), median(bare)];
    console.log(`median of ${rounds} ways back, from the decision to the domains swapped`);
    console.log(`bare calls                     ${other.toFixed(0).padStart(7)} ms`);
    console.log(`lock, guard, swap and proof    ${own.toFixed(0).padStart(7)} ms`);
    console.log(`way back ÷ bare calls = ${(own / other).toFixed(2)}`);
    const outage = await timeOfOurs(scene, { fault: { status: 503 }, forMs: outageMs });
    const once = ({ accepted }: { accepted: number }) => `, ${accepted} accepted rollback`;
    told(`with an outage of ${outageMs / 1000} s`, outage.swapped / 1000, outageMs / 1000 + 12, 's', once(outage));
    const headers = { 'retry-after': String(retryAfterSeconds) };
    const limited = await timeOfOurs(scene, { fault: { status: 429, headers }, forMs: 1_000 });
    told(`with Retry-After: ${retryAfterSeconds}`, limited.swapped / 1000, retryAfterSeconds + 2, 's', once(limited));
    const intervalMs = 1_000;
    const fromBucket = await timeFromBucket(scene, intervalMs);
    told('from the end of the bucket whose verdict is fail', fromBucket / 1000, intervalMs / 1000 + 2, 's');
  } finally {
    await scene.close();
  }
  const [watching, nothing] = [await peakOfWatch(), await peakOf(['-e', '0'], {})];
  const ratio = `; node -e 0: ${nothing} MB; ratio ${(watching / nothing).toFixed(2)}`;
  told('peak memory of a watch of 60 intervals', watching, 100, 'MB', ratio);
  console.log('requests of a watch of 15 minutes at 60 s, to the source and to lock and ledger (probes apart)');
  for (const name of countedSourceNames) {
    const { requests, heapBytes } = await measureWatch(name);
    const total = requests.source + requests.lock;
    const parts = `, source ${requests.source}, lock ${requests.lock}; heap ${(heapBytes / 1e6).toFixed(0)} MB`;
    told(name, total, 40, 'requests', parts);
  }
  console.log(missed.length === 0 ? 'every aim is met' : `missed: ${missed.join('; ')}`);
  if (missed.length > 0) process.exitCode = 1;
}

/** The committed watch over counts that are bad from its start: from the end of the bucket it decides on to the domains swapped; ms. */
async function timeFromBucket(scene: Scene, intervalMs: number): Promise<number> {
  const target = await scene.goLive();
  await scene.goLive();
  const badFrom = Date.now() / 1000;
  const server = createServer(({ url = '' }, response) => {
    const { from, until } = timeOf(url);
    const errors = Math.round(until - from + Math.max(0, until - Math.max(from, badFrom)) * 60);
    response.end(JSON.stringify({ requests: (until - from) * 300, errors }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { vercel, github } = scene.sandbox.description;
  let swappedAt = 0;
  const looking = setInterval(() => {
    if (swappedAt === 0 && scene.served() === target) swappedAt = Date.now();
  }, 5);
  try {
    const ending = await runBundle({
      action: 'auto-rollback-on-error-rate',
      inputs: {
        environment: 'production',
        'base-url': vercel.domains[0] ?? '',
        source: 'http-json',
        'source-url': `http://127.0.0.1:${(server.address() as AddressInfo).port}/counts?from={from}&until={until}`,
        rules: 'error-rate above 5%',
        window: '30s',
        interval: `${intervalMs}ms`,
        act: 'true',
        'rollback-target': target,
        'vercel-api-url': vercel.apiUrl,
        'vercel-token': vercel.token,
        'vercel-project': vercel.projectId,
        'vercel-team': vercel.teamId,
        'github-token': github.token,
      },
      environment: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.repository,
        GITHUB_REPOSITORY_ID: String(scene.sandbox.repositoryId),
        GITHUB_SHA: scene.commits.at(-1) ?? '',
      },
      files: { '.github/ops.yml': 'environments: { production: { watch: { after-rollback: 2s } } }\n' },
    });
    const end = (ending.result.buckets as { end: number }[] | undefined)?.at(-1)?.end;
    if (swappedAt === 0 || end === undefined) throw new Error(`the watch took nothing back: ${ending.log}`);
    return swappedAt - end * 1000;
  } finally {
    clearInterval(looking);
    server.close();
    await removeWorkspaces();
  }
}

async function timeOfOurs(
  scene: Scene,
  trouble?: { fault: { status: number; headers?: Record<string, string> }; forMs: number },
): Promise<{ swapped: number; accepted: number }> {
  runId += 1;
  const environment = `bench-${runId}`;
  const target = await scene.goLive();
  const from = await scene.goLive();
  const services = await scene.connect({ patienceMs: 60_000 });
  await services.project.setAutoAssign(true);
  const startedAt = Date.now();
  const { fault, forMs } = trouble ?? {};
  if (fault !== undefined) scene.sandbox.faults.order({ service: 'vercel', route: '/', times: 10_000, fault });
  const over = fault === undefined ? undefined : setTimeout(() => scene.sandbox.faults.clear(), forMs);
  const outcome = await rollBack(
    { ...services, clock: systemClock, log: () => {} },
    {
      as: 'production',
      environment,
      production: true,
      key: `1:${environment}:${runId}`,
      runId,
      commit: scene.commits.at(-1) ?? '',
      ledgerId: 0,
      from,
      target: { deploymentId: target, adopted: true },
      reason: 'bench',
      automatic: true,
      autoAssign: true,
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    },
  );
  clearTimeout(over);
  if (outcome.swappedAt === undefined) throw new Error(`the way back was not taken: ${JSON.stringify(outcome)}`);
  const accepted = scene.sandbox
    .requests()
    .filter((one) => one.at >= startedAt && one.method === 'POST' && /\/rollback\/dpl_/.test(one.path));
  return {
    swapped: outcome.swappedAt - startedAt,
    accepted: accepted.filter(({ status }) => status >= 200 && status < 300).length,
  };
}

async function timeOfBare(scene: Scene): Promise<number> {
  const { vercel } = scene.sandbox.description;
  const target = await scene.goLive();
  await scene.goLive();
  const client = createHttpClient({ baseUrl: vercel.apiUrl, headers: { authorization: `Bearer ${vercel.token}` } });
  const query = { teamId: vercel.teamId };
  const startedAt = performance.now();
  await client.request({ method: 'POST', path: `/v1/projects/${vercel.projectId}/rollback/${target}`, query });
  while (scene.served() !== target) await systemClock.sleep(15);
  return performance.now() - startedAt;
}

/** A watch of the committed bundle over a source that answers at once; MB. */
async function peakOfWatch(): Promise<number> {
  const server = createServer(({ url = '' }, response) => {
    const { from, until } = timeOf(url);
    response.end(JSON.stringify({ requests: (until - from) * 300, errors: until - from }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/counts`;
  try {
    const bundle = join(import.meta.dirname, '../../actions/auto-rollback-on-error-rate/dist/index.js');
    return await peakOf([bundle], {
      INPUT_SOURCE: 'http-json',
      'INPUT_SOURCE-URL': `${url}?from={from}&until={until}`,
      INPUT_ACT: 'false',
      INPUT_RULES: 'error-rate above 5%',
      INPUT_WINDOW: '6s',
      INPUT_INTERVAL: '100ms',
    });
  } finally {
    server.close();
  }
}

/** The highest resident memory of a process, by Linux's VmHWM; MB. */
async function peakOf(args: string[], environment: Record<string, string>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ops-actions-bench-'));
  await writeFile(join(folder, 'output'), '');
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, GITHUB_OUTPUT: join(folder, 'output'), RUNNER_TEMP: folder, ...environment },
    stdio: 'ignore',
  });
  let peak = 0;
  const sampling = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }, 5);
  await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sampling);
  await rm(folder, { recursive: true, force: true });
  return Math.round(peak);
}

/** The time that a question is about, Unix seconds. */
function timeOf(url: string): { from: number; until: number } {
  const { searchParams } = new URL(url, 'http://source');
  return { from: Number(searchParams.get('from')), until: Number(searchParams.get('until')) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
