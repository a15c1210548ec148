import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** `npm run check`: format and lint, types, import boundaries, README tables, schema, unused code. All run; one line each. */
const root = join(import.meta.dirname, '..');
const binaries = join(root, 'node_modules/.bin');

const checks: { name: string; command: string; args: string[] }[] = [
  { name: 'format and lint', command: join(binaries, 'biome'), args: ['check', '.'] },
  { name: 'types', command: join(binaries, 'tsc'), args: ['--noEmit'] },
  { name: 'import boundaries', command: process.execPath, args: ['--test', 'test/boundaries.test.ts'] },
  { name: 'README tables', command: process.execPath, args: ['scripts/readme.ts', '--check'] },
  { name: 'configuration schema', command: process.execPath, args: ['scripts/schema.ts', '--check'] },
  { name: 'unused code', command: join(binaries, 'knip'), args: ['--no-progress'] },
];

let failed = 0;
for (const { name, command, args } of checks) {
  const started = performance.now();
  const { code, output } = await outcomeOf(command, args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (code === 0) continue;
  failed++;
  process.stdout.write(`${output.trimEnd()}\n`);
}
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function outcomeOf(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
