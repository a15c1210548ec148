import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

test('a policy is read at its commit, here or elsewhere, and without it nothing goes on', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = request.url?.includes('policy.yml') ?? false;
    response.writeHead(found ? 200 : 404).end(found ? 'watch: { window: 1h }' : '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  const here = { signal, input: () => '', context: { workspace, apiUrl, repository: 'acme/notes' } };
  const load = (policy: string) => loadSettings(here as unknown as Runner, { environment: 'production', policy });
  const commit = 'a'.repeat(40);
  try {
    assert.equal((await load(`acme/rules/release/policy.yml@${commit}`)).watch.windowMs, 3_600_000);
    assert.equal((await load(`./ops/policy.yml@${commit}`)).watch.windowMs, 3_600_000);
    assert.deepEqual(asked, [
      `/repos/acme/rules/contents/release/policy.yml?ref=${commit}`,
      `/repos/acme/notes/contents/ops/policy.yml?ref=${commit}`,
    ]);
    await assert.rejects(load(`acme/rules/gone.yml@${commit}`), /policy: could not be read: it is not there/);
  } finally {
    server.close();
  }
});
