import process from 'node:process';

/** `npm run bench -- <name>`: ratios of medians against a peer or a bare baseline of the same run. */
const benches: Record<string, () => Promise<void>> = {
  verdict: async () => (await import('./bench/verdict/verdict.ts')).verdict(),
  database: async () => (await import('./bench/database/database.ts')).database(),
  rollback: async () => (await import('./bench/rollback.ts')).rollback(),
  'cold-start': async () => (await import('./bench/cold-start.ts')).coldStart(),
};

const [name = ''] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`npm run bench -- <name>, where name is one of: ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else await bench();
