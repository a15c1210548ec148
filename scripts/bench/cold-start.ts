import { execFile } from 'node:child_process';
import { readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const rounds = 15;
const run = promisify(execFile);

interface Contender {
  name: string;
  script: string[];
  environment: Record<string, string>;
}

/**
 * Time from process start to its end of health-gate with one local probe, against a bundle of the toolkit's core + zod +
 * one fetch built by the same tool in the same run; contenders take turns, so a busy moment hits all of them.
 */
export async function coldStart(): Promise<void> {
  const server = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const out = join(tmpdir(), `ops-actions-bench-${process.pid}`);
  try {
    const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
    const source = join(root, 'scripts/bench/cold-start-reference.ts');
    const options = ['--minify', '--no-cache', '--transpile-only', '--quiet', '--out', out];
    await run(process.execPath, [ncc, 'build', source, ...options], { cwd: root });
    const names = (await readdir(join(root, 'actions'))).sort();
    const gate = { INPUT_URLS: url, INPUT_CONSECUTIVE: '1', INPUT_INTERVAL: '10ms' };
    const contenders: Contender[] = [
      { name: 'node -e 0', script: ['-e', '0'], environment: {} },
      { name: 'reference: core + zod + fetch', script: [join(out, 'index.js')], environment: { INPUT_URLS: url } },
      { name: 'health-gate, one probe', script: [join(root, 'actions/health-gate/dist/index.js')], environment: gate },
      ...names
        .filter((name) => name !== 'health-gate')
        // Without inputs an action reads them, says what is missing and ends: its own start and no work.
        .map((name) => ({ name, script: [join(root, 'actions', name, 'dist/index.js')], environment: {} })),
    ];
    const times = new Map<string, number[]>(contenders.map((one) => [one.name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) times.get(contender.name)?.push(await timeOf(contender));
    }
    const medians = new Map([...times].map(([name, all]) => [name, median(all)]));
    const bare = medians.get('node -e 0') ?? Number.NaN;
    const reference = medians.get('reference: core + zod + fetch') ?? Number.NaN;
    console.log('median of', rounds, 'starts'.padEnd(24), '  ms', '  ÷ node -e 0', '  ÷ reference', '  kB');
    for (const { name, script } of contenders) {
      const own = medians.get(name) ?? Number.NaN;
      const columns = [
        own.toFixed(0).padStart(5),
        (own / bare).toFixed(2).padStart(10),
        (own / reference).toFixed(2).padStart(12),
      ];
      console.log(name.padEnd(34), ...columns, String(await kilobytes(script[0] ?? '')).padStart(10));
    }
    const ratio = (medians.get('health-gate, one probe') ?? Number.NaN) / reference;
    console.log(`health-gate ÷ reference = ${ratio.toFixed(2)} (aim: at most 1.25)`);
  } finally {
    server.close();
    await rm(out, { recursive: true, force: true });
  }
}

async function timeOf({ script, environment }: Contender): Promise<number> {
  const started = performance.now();
  await run(process.execPath, script, { env: { PATH: process.env.PATH, ...environment } }).catch(
    (error: { code?: unknown }) => {
      if (typeof error.code !== 'number') throw error;
    },
  );
  return performance.now() - started;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function kilobytes(script: string): Promise<string | number> {
  const size = await stat(script).catch(() => undefined);
  return size === undefined ? '-' : Math.round(size.size / 1000);
}
