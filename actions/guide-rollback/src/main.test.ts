import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { main } from './main.ts';

/** Runs the step against an app whose answers show these versions, one after the other, the last for ever. */
async function run(versions: readonly string[], more: Record<string, string> = {}) {
  let asked = 0;
  const server = createServer((_, response) => {
    const version = versions[Math.min(asked++, versions.length - 1)];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ version }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  const given = {
    environment: 'production',
    target: 'v1.4.0',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/health?x=secret`,
    interval: '10ms',
    deadline: '60s',
    'version-path': '$.version',
    ...more,
  };
  const inputs = Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const lines: string[] = [];
  const environment = { GITHUB_WORKSPACE: folder, ...Object.fromEntries(inputs) };
  try {
    return { result: await main(createRunner({ environment, write: (line) => lines.push(line) })), lines, asked };
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

test('the app switches its version after the prompt: the run goes on by itself', async () => {
  const { result, lines, asked } = await run(['v1.5.0', 'v1.5.0', 'v1.4.0', 'v1.5.0', 'v1.4.0', 'v1.4.0']);
  assert.deepEqual([result.decision, result.failed, asked], ['restored', false, 6], result.summary);
  assert.match(
    lines.join('\n'),
    /A person restores v1\.4\.0 on production now:[\s\S]*1\. Open the history[\s\S]*3\. Click "Restore"/,
  );
  assert.match(result.summary, /production shows v1\.4\.0 at http:\/\/127\.0\.0\.1:\d+\/api\/health, /);
  assert.doesNotMatch(lines.join('\n') + result.summary, /x=secret/);
});

test('the own steps are told in their order; when the time is over the revert is offered instead', async () => {
  const { result, lines } = await run(['v1.5.0'], { steps: 'Open the editor\nRestore it', deadline: '60ms' });
  assert.deepEqual([result.decision, result.reasonCode, result.failed], ['not-restored', 'not_restored_in_time', true]);
  assert.match(
    result.summary,
    /does not show v1\.4\.0.*take the release back in the code: .* revert --environment production$/,
  );
  assert.match(lines.join('\n'), /1\. Open the editor\n.*2\. Restore it/);
});

test('without an address nothing is waited for: the input is named', async () => {
  await assert.rejects(run(['v1.4.0'], { url: '' }), (error: Error) => /url/.test(error.message));
});
