import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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
    // As npm writes it beside what it installed from GitHub.
    const commit = 'c'.repeat(40);
    const resolved = `git+ssh://git@github.com/acme/ops.git#${commit}`;
    const record = { packages: { 'node_modules/ops-actions': { version: '0.1.0', resolved } } };
    await writeFile(join(modules, '.package-lock.json'), JSON.stringify(record));
    const command = join(modules, '.bin-ops-actions');
    await symlink('ops-actions/bin/ops-actions.js', command);
    const app = join(folder, 'app');
    await mkdir(join(app, 'supabase/migrations'), { recursive: true });
    await promisify(execFile)('git', ['init', '--quiet', app]);
    const run = async (...words: string[]) =>
      await promisify(execFile)(process.execPath, [command, ...words], {
        cwd: app,
        env: { PATH: process.env.PATH, HOME: folder },
      });
    const { stdout, stderr } = await run('--help');
    for (const name of ['demo', 'sandbox', 'run', 'deploy', 'plan', 'validate', 'init', 'lock', 'unlock', 'releases'])
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    assert.equal(stderr, '');
    const proposal = new RegExp(`Write one with: npx github:acme/ops#${commit} init`);
    await assert.rejects(run('validate'), ({ code, stderr }) => code === 2 && proposal.test(stderr));
    await run('init', '--url', 'https://notes.example.com');
    const deploy = await readFile(join(app, '.github/workflows/deploy.yml'), 'utf8');
    assert.match(deploy, new RegExp(`uses: acme/ops/\\.github/workflows/deploy-production\\.yml@${commit}`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
