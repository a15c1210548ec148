import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { embeddedPresets } from './embedded-presets.ts';
import { loadConfig } from './load-config.ts';

const text = await readFile(join(import.meta.dirname, '../../../docs/how-to/configure.md'), 'utf8');

test('the first file of the documentation is valid, short, and has no warning', async () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  assert.ok(example.split('\n').length < 15);
  const readReference = async () => assert.fail('nothing is fetched');
  for (const environment of ['production', 'staging']) {
    const { warnings } = await loadConfig({
      file: 'ops.yml',
      text: example,
      environment,
      throwAway: false,
      readReference,
    });
    assert.deepEqual(warnings, []);
  }
});

test('the documentation lists every preset', () => {
  const listed = [...text.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, name]) => name);
  assert.deepEqual(listed.sort(), Object.keys(embeddedPresets).sort());
});
