import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { minify } from 'terser';
import { withEagerModules } from './eager-modules.ts';

/**
 * `npm run build [-- name…]` bundles actions/<name>/src/index.ts into actions/<name>/dist with ncc; `--check` builds into a
 * temporary folder and compares every file with the committed one. The same sources give the same bytes.
 */
const root = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const check = words.includes('--check');
const wanted = words.filter((word) => !word.startsWith('--'));

const names = (await readdir(join(root, 'actions')))
  .filter((name) => existsSync(join(root, 'actions', name, 'src/index.ts')))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort();
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such action: ${unknown.join(', ')}`);
  process.exit(2);
}

const results = new Map<string, { sizes: string; problems: string[] }>();
const queue = [...names];
await Promise.all([worker(), worker()]);

let failed = 0;
for (const name of names) {
  const { sizes = '', problems = ['was not built'] } = results.get(name) ?? {};
  if (problems.length > 0) failed++;
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(30)} ${sizes}`);
  for (const problem of problems) console.log(`         ${problem}`);
}
process.exitCode = failed === 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    results.set(
      name,
      await build(name).catch((error: Error) => ({ sizes: '', problems: [error.message.slice(0, 2000)] })),
    );
  }
}

async function build(name: string): Promise<{ sizes: string; problems: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'ops-actions-build-'));
  const out = join(folder, 'dist');
  try {
    // Types are checked by `npm run check`; here ncc only turns TypeScript into one module.
    const options = ['--minify', '--no-cache', '--transpile-only', '--quiet', '--out', out];
    const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
    await promisify(execFile)(
      process.execPath,
      [ncc, 'build', join(root, 'actions', name, 'src/index.ts'), ...options],
      {
        cwd: root,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    await finish(out);
    const code = await readAll(out);
    // ncc does not see the file that libpg-query loads beside its code (github-actions.md, bundling).
    if (code.includes('libpg-query.wasm')) {
      await copyFile(join(root, 'node_modules/libpg-query/wasm/libpg-query.wasm'), join(out, 'libpg-query.wasm'));
    }
    const problems = [
      ...faults(code),
      ...(existsSync(join(out, 'package.json')) ? [] : ['dist/package.json is missing']),
    ];
    const sizes = await describeSizes(out);
    const target = join(root, 'actions', name, 'dist');
    if (check) problems.push(...(await differences(out, target)));
    else if (problems.length === 0) {
      await rm(target, { recursive: true, force: true });
      await cp(out, target, { recursive: true });
    }
    return { sizes, problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function finish(folder: string): Promise<void> {
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.js')).sort()) {
    const path = join(folder, file);
    const code = await readFile(path, 'utf8');
    await writeFile(path, withEagerModules(file === 'index.js' ? code : await minifyChunk(file, code)));
  }
}

/** ncc minifies the entry only; the chunks that load lazily get the same treatment, with ncc's own settings. */
async function minifyChunk(file: string, given: string): Promise<string> {
  const { code } = await minify(given, {
    module: true,
    compress: false,
    mangle: { keep_classnames: true, keep_fnames: true },
  });
  if (code === undefined) throw new Error(`${file} could not be minified`);
  return code;
}

/** What a bundle that builds with exit 0 can still hide. */
function faults(code: string): string[] {
  const found: string[] = [];
  const missing = /new Error\(["'`]Cannot find module '([^'"`$]+)'["'`]\)/.exec(code)?.[1];
  if (missing !== undefined) found.push(`the module ${missing} is missing: the bundle would fail when it runs`);
  if (code.includes(root)) found.push('the bundle contains an absolute path of this checkout');
  return found;
}

async function readAll(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.js'));
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('\n');
}

async function describeSizes(folder: string): Promise<string> {
  const parts: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    if (file === 'package.json') continue;
    const bytes = await readFile(join(folder, file));
    const packed = file === 'index.js' ? ` (${kilobytes(gzipSync(bytes).length)} gzip)` : '';
    parts.push(`${file} ${kilobytes(bytes.length)}${packed}`);
  }
  return parts.join(', ');
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}

async function differences(built: string, committed: string): Promise<string[]> {
  if (!existsSync(committed)) return ['dist is not there: run npm run build'];
  const names = [...new Set([...(await readdir(built)), ...(await readdir(committed))])].sort();
  const different: string[] = [];
  for (const name of names) {
    const [ours, theirs] = await Promise.all(
      [built, committed].map((folder) => readFile(join(folder, name)).catch(() => undefined)),
    );
    if (ours === undefined) different.push(`dist/${name} is not made by the sources`);
    else if (theirs === undefined) different.push(`dist/${name} is missing`);
    else if (!ours.equals(theirs)) different.push(`dist/${name} differs from what the sources build`);
  }
  return different;
}
