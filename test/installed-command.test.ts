import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');

test('the command runs from below node_modules, where Node strips no types itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ops-actions-installed-'));
  try {
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, 'ops-actions'), { recursive: true });
    for (const name of ['bin', 'packages', 'package.json', 'deploy', 'presets']) {
      await cp(join(root, name), join(modules, 'ops-actions', name), { recursive: true });
    }
    for (const name of await readdir(join(root, 'node_modules'))) {
      await symlink(join(root, 'node_modules', name), join(modules, name));
    }
    const command = join(modules, 'ops-actions/bin/ops-actions.js');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [command, '--help'], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    });
    for (const name of ['demo', 'sandbox', 'run', 'init', 'lock', 'unlock', 'releases'])
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    assert.equal(stderr, '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
