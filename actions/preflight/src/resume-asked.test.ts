import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { ledgerTask } from '#release/release-record';
import type { inputs } from './inputs.ts';
import { resumeAsked } from './resume-asked.ts';

const commit = 'a'.repeat(40);
const runner = {
  context: { repositoryId: '1', runId: 7, repository: 'acme/notes-app', runUrl: '', actor: 'alice' },
} as unknown as Runner;
const settings = {
  environment: 'production',
  production: true,
  url: 'https://notes.example.com',
  vercel: { project: 'prj_notes' },
  watch: {},
} as unknown as EnvironmentSettings;

const attempt = (number: number) => `ops:release:intent:attempt-${number}`;
const asked = 'ops:approval:intent:asked until 1800000000 then auto, answers 0/0';

/** What the job of a run says whose record has these facts; without facts there is no record. */
async function resume(given: { answer: boolean; resume?: boolean }, facts: readonly string[]) {
  const payload = { schemaVersion: 1, key: '1:production:7', runId: 7, commit, version: 'v1.1.0' };
  const entry = { id: 3, sha: commit, task: ledgerTask, environment: 'production', payload, createdAt: 0 };
  const github = {
    listDeployments: async () => (facts.length === 0 ? [] : [entry]),
    listStatuses: async () => facts.map((description, createdAt) => ({ description, createdAt })),
  } as unknown as GitHub;
  return await resumeAsked(runner, given as InputValues<typeof inputs>, settings, { github, commit });
}

test('Only the job that waits for an answer goes on with the question of its run', async () => {
  const open = [attempt(1), asked];
  assert.equal(await resume({ answer: false }, open), undefined);
  assert.equal(
    await resume({ answer: false, resume: true }, open),
    undefined,
    'what was staged is released, not awaited',
  );
  const found = await resume({ answer: true }, open);
  assert.deepEqual(
    [found?.decision, found?.failed, found?.outputs?.['promote-decision']],
    ['asked', false, 'promoted'],
  );
  assert.equal(JSON.parse(found?.outputs?.asked ?? '').until, 1_800_000_000_000);
});

test('Where no question is open it ends red and begins no release', async () => {
  const closed = [attempt(1), asked, 'ops:release:outcome:cancelled unwatched'];
  const rows: [string, string[], RegExp][] = [
    ['there is no record', [], /^this run on production: its question is not open any more; nothing was done\.$/],
    ['it was never kept', [attempt(1)], /^v1\.1\.0 on production: .*not open any more; nothing/],
    ['its record was closed meanwhile', closed, /\(its record says cancelled\); nothing was done/],
    ['another attempt began', [attempt(1), asked, attempt(2)], /not open any more; nothing/],
    ['it was answered', [attempt(1), asked, 'ops:approval:outcome:declined'], /not open any more; nothing/],
  ];
  for (const [name, facts, says] of rows) {
    const found = await resume({ answer: true }, facts);
    assert.deepEqual(
      [found?.decision, found?.reasonCode, found?.failed],
      ['superseded', 'no_open_question', true],
      name,
    );
    assert.match(found?.summary ?? '', says, name);
    assert.equal(found?.outputs?.release, '', name);
  }
});
