import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '#config/load-config';
import { InputError } from './input-error.ts';
import type { Runner } from './runner.ts';
import { loadSettings } from './settings.ts';

const workspace = mkdtempSync(join(tmpdir(), 'settings-'));
after(() => rmSync(workspace, { recursive: true, force: true }));
const runner = { context: { workspace } } as Runner;

test('without a file the settings are what an empty file says', async () => {
  for (const environment of ['', 'production', 'staging', 'qa']) {
    for (const throwAway of [false, true]) {
      const readReference = () => Promise.reject(new Error('nothing is extended'));
      const { settings } = await loadConfig({ file: 'ops.yml', text: '', environment, throwAway, readReference });
      assert.deepEqual(await loadSettings(runner, { environment, throwAway }), settings);
    }
  }
});

test('a file that is named must be there', async () => {
  await assert.rejects(loadSettings(runner, { config: 'other.yml' }), (error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /config: cannot be read \(ENOENT\): check out the repository first/);
    return true;
  });
});
