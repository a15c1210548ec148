import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

test('what npm run new:source writes passes the contract suite and the type check', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'ops-actions-source-'));
  try {
    for (const entry of ['package.json', 'tsconfig.json', 'scripts', 'packages']) {
      await cp(join(root, entry), join(copy, entry), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const node = (args: string[]) => run(process.execPath, args, { cwd: copy, env: { PATH: process.env.PATH } });
    await node(['scripts/new-source.ts', 'my-metrics']);
    const { stdout } = await node(['--test', 'packages/observe/src/sources/my-metrics.test.ts']);
    assert.match(stdout, /source my-metrics/);
    const files = ['my-metrics.ts', 'my-metrics.test.ts', 'registry.ts'].map(
      (file) => `packages/observe/src/sources/${file}`,
    );
    files.push('packages/sandbox/src/monitoring/my-metrics.ts');
    await node([join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--project', await only(copy, files)]);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

async function only(folder: string, files: string[]): Promise<string> {
  const { writeFile } = await import('node:fs/promises');
  const project = join(folder, 'tsconfig.source.json');
  await writeFile(project, JSON.stringify({ extends: './tsconfig.json', include: [], files }));
  return project;
}
