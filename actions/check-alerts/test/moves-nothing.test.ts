import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');

/** Every file of ours that a file imports, at once or later. */
async function reachable(file: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(file)) return found;
  found.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const [, name, path] = /^#([\w-]+)\/(.+)$/.exec(specifier) ?? [];
    if (name !== undefined) await reachable(join(root, 'packages', name, 'src', `${path}.ts`), found);
    else if (specifier.startsWith('.')) await reachable(join(dirname(file), specifier), found);
  }
  return found;
}

test('an alert reaches no code that moves production', async () => {
  const files = [...(await reachable(join(root, 'actions/check-alerts/src/main.ts')))].map((file) =>
    relative(root, file),
  );
  assert.ok(files.includes('packages/observe/src/alerts/judge-alert.ts'));
  const moving =
    /^packages\/release\/src\/(roll-back|promote|move-domains|swap-back|take-back|roll-out|take-functions-back)\.ts$/;
  assert.deepEqual(
    files.filter((file) => moving.test(file)),
    [],
  );
});
