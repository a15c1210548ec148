import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

/** What a committed bundle needs to run elsewhere; that it is what the sources build is proven by `npm run build -- --check`. */
const root = join(import.meta.dirname, '..');
const names = readdirSync(join(root, 'actions')).filter((name) =>
  existsSync(join(root, 'actions', name, 'action.yml')),
);

for (const name of names) {
  describe(`actions/${name}/dist`, () => {
    const dist = join(root, 'actions', name, 'dist');
    const files = readdirSync(dist);
    const code = files.filter((file) => file.endsWith('.js')).map((file) => readFileSync(join(dist, file), 'utf8'));

    it('says that it is an ES module', () => {
      assert.deepEqual(JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8')), { type: 'module' });
    });

    it('holds every file that its code loads, and no other', () => {
      const loaded = new Set(['index.js', 'package.json']);
      for (const text of code) {
        for (const [, chunk] of text.matchAll(/\b\w+\.e\((?:\/\* import\(\) \*\/ )?(\d+)\)/g))
          loaded.add(`${chunk}.index.js`);
        if (text.includes('libpg-query.wasm')) loaded.add('libpg-query.wasm');
      }
      assert.deepEqual(files.toSorted(), [...loaded].sort());
    });

    it('names no folder of the machine that built it', () => {
      for (const text of code)
        assert.doesNotMatch(text, /["'`]\/(?:home|root|work|Users|tmp\/ops-actions-build)[\w./-]*\/node_modules\//);
    });

    it('runs alone, without node_modules beside it, and ends by naming what it was not given', () => {
      const folder = mkdtempSync(join(tmpdir(), 'dist-alone-'));
      try {
        cpSync(dist, join(folder, 'dist'), { recursive: true });
        writeFileSync(join(folder, 'output'), '');
        const ended = spawnSync(process.execPath, ['dist/index.js'], {
          cwd: folder,
          env: { PATH: process.env.PATH, GITHUB_OUTPUT: join(folder, 'output') },
          encoding: 'utf8',
          timeout: 30_000,
        });
        const outputs = readFileSync(join(folder, 'output'), 'utf8');
        assert.match(
          outputs,
          /^reason-code<<\S+\n(?:bad_input|not_configured|github_token_missing|no_major)$/m,
          ended.stdout,
        );
        assert.equal(ended.stderr, '');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
}
