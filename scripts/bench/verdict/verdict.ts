import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Random } from '../../../packages/observe/test/random.ts';
import { type Contender, documented, families, sequentialRatio, shipped, shippedAtOnce } from './contenders.ts';
import { type Measured, measure, quantile } from './measure.ts';
import type { Traffic } from './traffic.ts';
import { twoArmsTable } from './two-arms.ts';

const usual: Traffic = { requests: 200, rho: 0, healthy: 0.005, rate: 0.005, baseline: 30, window: 30 };
const LIMIT = 0.01;
const cells = [20, 200, 2000].flatMap((requests) => [0, 0.01].map((rho) => ({ requests, rho })));

/** `npm run bench -- verdict [--runs 2000] [--seed 1]`: the shipped judge in seeded simulation, others' rules beside it. */
export async function verdict(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: { runs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!(runs >= 100) || !Number.isSafeInteger(seed)) {
    console.error('npm run bench -- verdict [--runs <100 or more>] [--seed <whole number>]');
    process.exitCode = 2;
    return;
  }
  const few = Math.max(100, Math.round(runs / 4));
  console.log(
    `${runs} healthy and ${few} faulty releases per cell, seed ${seed}; limit 1 %, healthy 0.5 %, 30 + 30 intervals of 30 s\n`,
  );
  const missed = [...mainTable(runs, few, seed), ...passTable(few, seed), ...serialTable(runs, seed)];
  othersTable(runs, few, seed);
  besideTable(runs, few, seed);
  drawTable(seed);
  twoArmsTable(runs, seed);
  missed.push(...speed(seed));
  console.log(missed.length === 0 ? '\nevery gate holds' : `\nmissed: ${missed.join('; ')}`);
  if (missed.length > 0) process.exitCode = 1;
}

function mainTable(runs: number, few: number, seed: number): string[] {
  const gates = { caught: [0.95, 0.97, 0.99], three: [9, 10, 2, 4, 1, 3], ten: [2, 2, 1, 2, 1, 2] };
  const missed: string[] = [];
  console.log(
    '| λ, ρ | false rollbacks % | 3 %: caught %, median, p90 | 10 %: caught %, median | 2 %: caught % | 1.5 %: caught % |\n|---|---|---|---|---|---|',
  );
  cells.forEach((cell, index) => {
    const at = (rate: number, count: number): Measured =>
      measure(shipped, { ...usual, ...cell, rate }, LIMIT, count, seed);
    const [healthy, three, ten, two, half] = [
      at(0.005, runs),
      at(0.03, few),
      at(0.1, few),
      at(0.02, few),
      at(0.015, few),
    ];
    const name = `${cell.requests}, ${cell.rho}`;
    console.log(
      `| ${name} | ${share(healthy.failed)} | ${share(three.failed)}, ${three.median}, ${three.late} | ${share(ten.failed)}, ${ten.median} | ${share(two.failed)} | ${share(half.failed)} |`,
    );
    if (healthy.failed > (cell.rho === 0 ? 0.01 : 0.015)) missed.push(`false rollbacks at ${name}`);
    if (three.failed < (gates.caught[Math.floor(index / 2)] ?? 1)) missed.push(`3 % caught at ${name}`);
    if (three.median > (gates.three[index] ?? 0)) missed.push(`median at 3 %, ${name}`);
    if (ten.median > (gates.ten[index] ?? 0)) missed.push(`median at 10 %, ${name}`);
  });
  return missed;
}

function passTable(runs: number, seed: number): string[] {
  const missed: string[] = [];
  console.log(
    '\n| early pass, "above 2 %", λ 200 | healthy: passed %, median interval | 3 % from the start: ever passed % |\n|---|---|---|',
  );
  for (const rho of [0, 0.01, 0.03]) {
    const healthy = measure(shipped, { ...usual, rho }, 0.02, runs, seed);
    const faulty = measure(shipped, { ...usual, rho, rate: 0.03 }, 0.02, runs, seed);
    console.log(`| ρ ${rho} | ${share(healthy.passed)}, ${healthy.passMedian} | ${share(faulty.passed)} |`);
    if (rho <= 0.01 && healthy.passMedian > 8) missed.push(`early pass at ρ ${rho}`);
    if (faulty.passed > 0.01) missed.push(`wrong pass at ρ ${rho}`);
  }
  return missed;
}

function serialTable(runs: number, seed: number): string[] {
  const missed: string[] = [];
  console.log('\n| rates that persist (latent AR(1)), λ 200, ρ 0.01 | false rollbacks % |\n|---|---|');
  for (const phi of [0.5, 0.8]) {
    for (const shape of ['copula', 'lognormal'] as const) {
      const { failed } = measure(shipped, { ...usual, rho: 0.01, serial: { phi, shape } }, LIMIT, runs, seed);
      console.log(`| φ ${phi}, ${shape === 'copula' ? 'beta' : 'log-normal'} rates | ${share(failed)} |`);
      if (phi === 0.5 && shape === 'copula' && failed > 0.03) missed.push('false rollbacks at φ 0.5');
    }
  }
  return missed;
}

function othersTable(runs: number, few: number, seed: number): void {
  console.log(
    '\n| others, errors in bursts (ρ 0.01): false rollbacks %, then median at 3 % | λ 20 | λ 200 | λ 2000 |\n|---|---|---|---|',
  );
  const bursty = cells.filter(({ rho }) => rho > 0).map((cell) => ({ ...usual, ...cell }));
  const judged = (contender: Contender, traffic: Traffic): string => {
    const healthy = measure(contender, traffic, LIMIT, contender === shipped ? few : runs, seed);
    const faulty = measure(contender, { ...traffic, rate: 0.03 }, LIMIT, few, seed);
    return `${share(healthy.failed)}, ${faulty.failed < 0.5 ? 'misses most' : faulty.median}`;
  };
  const row = (name: string, cell: (traffic: Traffic) => string): void =>
    console.log(`| ${name} | ${bursty.map(cell).join(' | ')} |`);
  for (const contender of [shipped, ...documented, sequentialRatio(false), sequentialRatio(true)]) {
    row(contender.name, (traffic) => judged(contender, traffic));
  }
  for (const { name, settings } of families) {
    row(name, (traffic) => {
      const allowed = settings.filter((each) => measure(each, traffic, LIMIT, runs, seed + 1).failed <= 0.01);
      const ranked = allowed
        .map((each) => ({ each, ...measure(each, { ...traffic, rate: 0.03 }, LIMIT, few, seed + 1) }))
        .filter(({ failed }) => failed >= 0.9)
        .toSorted((a, b) => a.median - b.median);
      return ranked[0] ? judged(ranked[0].each, traffic) : 'none at 1 %';
    });
  }
}

function besideTable(runs: number, few: number, seed: number): void {
  console.log(
    '\n| beside, no gate (λ 200 unless said, ρ 0.01) | false rollbacks % | 3 %: caught %, median |\n|---|---|---|',
  );
  const rows: [string, Partial<Traffic>][] = [
    ['ρ 0.03', { rho: 0.03 }],
    ['λ 20, ρ 0.03', { rho: 0.03, requests: 20 }],
    ['traffic varying fivefold', { varies: [0.33, 1.67] }],
    ['1 baseline interval', { baseline: 1 }],
    ['5 baseline intervals', { baseline: 5 }],
    ['no baseline', { baseline: 0 }],
    ['λ 20, zero errors in the baseline', { noErrorsBefore: true, requests: 20 }],
    ['ρ 0, 3 % in the first interval (a cold start)', { rho: 0, first: 0.03 }],
    ['ρ 0, 5 % in the first interval', { rho: 0, first: 0.05 }],
    ['λ 20, ρ 0, 5 % in the first interval', { rho: 0, requests: 20, first: 0.05 }],
    ['λ 2000, ρ 0, 5 % in the first interval', { rho: 0, requests: 2000, first: 0.05 }],
    ['the fault begins at interval 10, median counted from there', { from: 10 }],
  ];
  for (const [name, more] of rows) {
    const traffic = { ...usual, rho: 0.01, ...more };
    const healthy = measure(shipped, { ...traffic, from: 0 }, LIMIT, few * 2, seed);
    const faulty = measure(shipped, { ...traffic, rate: 0.03 }, LIMIT, few, seed);
    console.log(`| ${name} | ${share(healthy.failed)} | ${share(faulty.failed)}, ${faulty.median} |`);
  }
  for (const requests of [20, 200, 2000]) {
    const traffic = { ...usual, rho: 0, first: 0.1, requests };
    const { failed } = measure(shippedAtOnce, traffic, 0.1, few * 2, seed);
    console.log(`| "above 10%: immediately", λ ${requests}, ρ 0, 10 % in the first interval | ${share(failed)} | |`);
  }
  for (const rate of [0.006, 0.008, 0.01]) {
    const { failed } = measure(shipped, { ...usual, rho: 0.01, rate }, LIMIT, Math.min(runs, few * 2), seed);
    console.log(`| outside drift to ${share(rate)} % | ${share(failed)} | |`);
  }
}

/** p0, limit, λ and ρ at random, so that no constant is fitted to one cell; the fault is three times the limit. */
function drawTable(seed: number): void {
  const random = new Random(seed + 77);
  const drawn = Array.from({ length: 40 }, () => {
    const limit = Math.exp(Math.log(0.005) + random.next() * Math.log(20));
    const healthy = limit * (0.1 + 0.5 * random.next());
    const requests = Math.exp(Math.log(20) + random.next() * Math.log(100));
    const rho = random.next() < 0.3 ? 0 : Math.exp(Math.log(0.001) + random.next() * Math.log(20));
    const traffic = { ...usual, healthy, rate: healthy, requests, rho };
    const { failed } = measure(shipped, traffic, limit, 150, seed);
    const faulty = measure(shipped, { ...traffic, rate: Math.min(0.6, 3 * limit) }, limit, 50, seed);
    return { falsely: failed, caught: faulty.failed, median: faulty.failed >= 0.5 ? faulty.median : 31 };
  });
  const column = (key: 'falsely' | 'caught' | 'median'): number[] => drawn.map((each) => each[key]);
  console.log(
    '\n| 40 draws of limit 0.5 to 10 %, healthy 0.1 to 0.6 of it, λ 20 to 2000, ρ 0 to 0.02 | median | worst decile |\n|---|---|---|',
  );
  console.log(
    `| false rollbacks % | ${share(quantile(column('falsely'), 0.5))} | ${share(quantile(column('falsely'), 0.9))} |`,
  );
  console.log(
    `| 3 x limit: caught % | ${share(quantile(column('caught'), 0.5))} | ${share(quantile(column('caught'), 0.1))} |`,
  );
  console.log(
    `| 3 x limit: median interval | ${quantile(column('median'), 0.5)} | ${quantile(column('median'), 0.9)} |`,
  );
}

function speed(seed: number): string[] {
  const started = process.cpuUsage();
  const [clock, runs] = [performance.now(), 300];
  measure(shipped, { ...usual, rho: 0.01 }, LIMIT, runs, seed);
  const { user, system } = process.cpuUsage(started);
  const perSecond = (runs * (usual.baseline + usual.window)) / ((user + system) / 1e6);
  console.log(
    `\n${Math.round(perSecond)} buckets per second and core (${Math.round(performance.now() - clock)} ms by the clock)`,
  );
  return perSecond >= 10_000 ? [] : ['10,000 buckets per second and core'];
}

function share(value: number): string {
  return String(Number((value * 100).toFixed(2)));
}
