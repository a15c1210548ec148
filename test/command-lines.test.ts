import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const maker = 'packages/release/src/command-line.ts';

// A consumer has no `ops-actions` on the PATH, and the bare name is not ours on npm (S18).
test('no message builds a command line of its own', async () => {
  const commands =
    'sandbox|init|run|deploy|rollback|lock|unlock|reconcile|plan|verdict|releases|would-have-been|validate|doctor';
  const built = new RegExp(`\\bops-actions (?:${commands})\\b`);
  const wrong: string[] = [];
  let files = 0;
  for await (const file of glob('{packages,actions}/*/src/**/*.ts', { cwd: root })) {
    if (file === maker || /\.test\.ts$|packages\/(local-runner|sandbox)\//.test(file)) continue;
    files += 1;
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      // The command line names itself in its own errors: `ops-actions init: …`.
      const text = line.replace(/^\s*(?:\/\/|\/?\*).*$/, '').replace(/ops-actions (\w+): /g, '');
      if (built.test(text)) wrong.push(`${file}:${index + 1}`);
    }
  }
  assert.ok(files > 200, `${files} files`);
  assert.deepEqual(wrong, []);
});
