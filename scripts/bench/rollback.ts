import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient } from '#http/client';
import { systemClock } from '#http/clock';
import { rollBack } from '#release/roll-back';
import { type Scene, setScene } from '../../packages/release/test/scene.ts';

const rounds = 15;
const outageMs = 10_000;
let runId = 900;

/**
 * From the decision to the domains swapped: our way back (lock, guard, project's state, one rollback, proof of the domains)
 * against the bare two calls of a script (POST rollback, read the alias until it has moved) on the same sandbox, in turns;
 * then with an outage of the Vercel API in the middle; then the memory of a watch over as many
 * intervals as half an hour at its default has.
 */
export async function rollback(): Promise<void> {
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
    const outage = await timeOfOurs(scene, outageMs);
    console.log(
      `with an outage of ${outageMs / 1000} s of the Vercel API: ${(outage.swapped / 1000).toFixed(1)} s (aim: at most ${outageMs / 1000 + 12} s), ${outage.accepted} accepted rollback`,
    );
  } finally {
    await scene.close();
  }
  const [watching, nothing] = [await peakOfWatch(), await peakOf(['-e', '0'], {})];
  console.log(
    `peak memory of a watch of 60 intervals: ${watching} MB (aim: under 100 MB); node -e 0: ${nothing} MB; ratio ${(watching / nothing).toFixed(2)}`,
  );
}

async function timeOfOurs(scene: Scene, outage = 0): Promise<{ swapped: number; accepted: number }> {
  runId += 1;
  const environment = `bench-${runId}`;
  const target = await scene.goLive();
  const from = await scene.goLive();
  const services = await scene.connect({ patienceMs: 60_000 });
  await services.project.setAutoAssign(true);
  const startedAt = Date.now();
  if (outage > 0) scene.sandbox.faults.order({ service: 'vercel', route: '/', times: 10_000, fault: { status: 503 } });
  const over = outage > 0 ? setTimeout(() => scene.sandbox.faults.clear(), outage) : undefined;
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
  const server = createServer((_request, response) => response.end('{"requests": 300, "errors": 1}'));
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

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
