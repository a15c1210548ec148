import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

test('what npm run new:action writes passes the contract test and its own test', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'ops-actions-new-'));
  try {
    for (const entry of [
      'package.json',
      'scripts',
      'test',
      'packages',
      'deploy',
      'rollback',
      'action.yml',
      'actions',
    ]) {
      await cp(join(root, entry), join(copy, entry), {
        recursive: true,
        filter: (source) => !source.endsWith('/dist'),
      });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const node = (args: string[]) => run(process.execPath, args, { cwd: copy, env: { PATH: process.env.PATH } });
    await node(['scripts/new-action.ts', 'wait-for-window']);
    await assert.rejects(node(['scripts/new-action.ts', 'wait-for-window']), /is there already/);
    const { stdout } = await node(['--test', 'test/action-contract.test.ts', 'actions/wait-for-window/test/*.test.ts']);
    assert.match(stdout, /actions\/wait-for-window/);
    assert.match(stdout, /bad is fail/);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});
