import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { readGitHubContext } from './github-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'github-context-'));
after(() => rmSync(folder, { recursive: true, force: true }));

it('reads what the runner says', () => {
  const file = join(folder, 'event.json');
  writeFileSync(file, '{"ref":"refs/tags/v1"}');
  const context = readGitHubContext({
    GITHUB_REPOSITORY: 'acme/notes',
    GITHUB_RUN_ID: '42',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_SERVER_URL: 'https://github.example.com',
    GITHUB_EVENT_PATH: file,
    RUNNER_ENVIRONMENT: 'github-hosted',
  });
  assert.deepEqual(context.event, { ref: 'refs/tags/v1' });
  assert.deepEqual([context.runId, context.runAttempt, context.hosted], [42, 2, true]);
  assert.equal(context.runUrl, 'https://github.example.com/acme/notes/actions/runs/42');
});

it('is empty outside a runner, and never asks for an event that is not there', () => {
  const context = readGitHubContext({ GITHUB_EVENT_PATH: join(folder, 'missing') });
  assert.deepEqual([context.runId, context.runUrl, context.repository, context.hosted], [0, '', '', false]);
  assert.deepEqual(context.event, {});
  assert.equal(context.apiUrl, 'https://api.github.com');
  assert.equal(context.workspace, process.cwd());
});
