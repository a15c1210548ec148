import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Comparison, isMissed, renderTable } from './report.ts';

const usage =
  'npm run bench -- database [--only migrations,backup,proof,plan] [--rounds 7] [--megabytes 500] [--files 1,50,200] [--no-large] [--json]';

interface Given {
  rounds: number;
  megabytes: number;
  counts: number[];
  large: boolean;
}

const parts: Record<string, (given: Given) => Promise<Comparison[]>> = {
  migrations: async (given) => (await import('./migrations.ts')).migrations(given),
  // A minute each: three turns tell as much as seven.
  backup: async (given) => (await import('./backups.ts')).backups({ ...given, rounds: Math.min(3, given.rounds) }),
  proof: async (given) => (await import('./backups.ts')).proofs({ ...given, rounds: Math.min(3, given.rounds) }),
  plan: async (given) => (await import('./plan.ts')).plan(given),
};

/**
 * The committed bundles as processes, against the tools that they replace, in turns in the same run: what counts is the ratio
 * of the medians. `--no-large` leaves out the memory on a database ten times as large, which takes minutes and much disk; `--json` prints
 * the rows as data.
 */
export async function database(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    allowNegative: true,
    options: {
      only: { type: 'string', default: Object.keys(parts).join(',') },
      rounds: { type: 'string', default: '7' },
      megabytes: { type: 'string', default: '500' },
      files: { type: 'string', default: '1,50,200' },
      large: { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
    },
  });
  const [rounds, megabytes] = [Number(values.rounds), Number(values.megabytes)];
  const counts = values.files.split(',').map(Number);
  const wanted = values.only.split(',');
  if (
    ![rounds, megabytes, ...counts].every((count) => count >= 1) ||
    wanted.some((name) => parts[name] === undefined)
  ) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const all: Comparison[] = [];
  for (const name of wanted) {
    const rows = (await parts[name]?.({ rounds, megabytes, counts, large: values.large })) ?? [];
    all.push(...rows);
    if (!values.json) console.log(`${renderTable(name, rows)}\n`);
  }
  const missed = all.filter(isMissed);
  if (values.json) console.log(JSON.stringify(all, undefined, 2));
  else console.log(missed.length === 0 ? 'every aim is met' : `missed: ${missed.map(({ name }) => name).join('; ')}`);
  if (missed.length > 0) process.exitCode = 1;
}
