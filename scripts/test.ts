import { glob } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * `npm test [-- filter…]` runs every `*.test.ts` but the deep ones; `--deep` runs those. What is drawn in either is drawn
 * from OPS_ACTIONS_SEED, which is printed: given again, the same is drawn.
 * Ends with the slowest files, every skipped test and its reason, every failed test and its error again, and the line
 * `N passed, N failed, N skipped`: whoever sees only the end of a log sees what to mend.
 */
const root = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const deep = words.includes('--deep');
const filters = words.filter((word) => !word.startsWith('--'));

const files: string[] = [];
for await (const file of glob('{packages,actions,test,scripts}/**/*.test.ts', {
  cwd: root,
  exclude: (name) => name === 'node_modules' || name === 'dist',
})) {
  const wanted = file.endsWith('.deep.test.ts') === deep;
  if (wanted && (filters.length === 0 || filters.some((filter) => file.includes(filter)))) files.push(join(root, file));
}
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(' ')}`);
  process.exit(2);
}
// Every file is a process of its own and loads the same sources: what one has compiled the next one reads.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compile');
process.env.OPS_ACTIONS_SEED ??= String(Math.floor(Math.random() * 2 ** 31));
console.log(`seed: OPS_ACTIONS_SEED=${process.env.OPS_ACTIONS_SEED}`);

let passed = 0;
let failed = 0;
const skipped: string[] = [];
const failures: string[] = [];
const seconds = new Map<string, number>();
const started = performance.now();
// More than half of a deep test is waiting: for windows, deadlines, processes.
const concurrency = Math.min(2, availableParallelism()) + (deep ? 1 : 0);
const timeout = (process.env.OPS_ACTIONS_CRASH === 'all' ? 120 : 15) * 60_000;
const stream = run({ files: files.sort(), concurrency, timeout });
stream.on('test:pass', (event) => {
  // Of a suite that was skipped nothing else is told.
  if (event.skip !== undefined && event.skip !== false) {
    const reason = typeof event.skip === 'string' && event.skip !== '' ? event.skip : 'no reason given';
    skipped.push(`${relative(root, event.file ?? '')} › ${event.name}: ${reason}`);
  } else if (event.details.type !== 'suite') passed++;
});
stream.on('test:fail', (event) => {
  if (event.details.type === 'suite') return;
  failed++;
  const { cause } = event.details.error;
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? event.details.error.message);
  failures.push(`${relative(root, event.file ?? '')} › ${event.name}\n${reason.replace(/^/gm, '    ')}`);
});
stream.on('test:summary', (event) => {
  if (event.file !== undefined) seconds.set(event.file, event.duration_ms / 1000);
});
stream.compose(spec()).pipe(process.stdout);
await new Promise((resolve) => stream.once('end', resolve));
await new Promise((resolve) => setImmediate(resolve));

process.stdout.write('\n');
const slowest = [...seconds].sort(([, one], [, other]) => other - one).slice(0, 10);
for (const [file, took] of slowest) process.stdout.write(`slow: ${took.toFixed(1)} s ${relative(root, file)}\n`);
for (const line of failures) process.stdout.write(`failed: ${line}\n`);
for (const line of skipped) process.stdout.write(`skipped: ${line}\n`);
process.stdout.write(`${files.length} files in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
