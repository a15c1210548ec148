import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareDeployments, describeDifferences } from './rollback-differences.ts';

const clean = { path: '/api/clean', schedule: '0 5 * * *' };
const send = { path: '/api/send', schedule: '0 6 * * *' };

test('Variables that changed or are gone since the target was built and cron jobs that differ are named, values never', () => {
  const differences = compareDeployments({
    target: { variables: ['API_KEY', 'OLD_FLAG', 'VERCEL_URL'], crons: [clean] },
    left: { variables: ['API_KEY'], crons: [send], url: 'notes-abc.vercel.app' },
    changed: ['API_KEY'],
    present: ['API_KEY'],
    aliases: ['notes-abc.vercel.app', 'notes-git-main-acme.vercel.app', 'beta.example.com'],
  });
  assert.deepEqual(describeDifferences(differences), [
    'Environment variables changed since it was built, it has the older values: API_KEY.',
    'Environment variables removed since it was built, it still has them: OLD_FLAG.',
    'Cron jobs that run again: /api/clean (0 5 * * *).',
    'Cron jobs that run no more: /api/send (0 6 * * *).',
    'Custom aliases that still point at what was left, move them yourself: beta.example.com.',
  ]);
});

test('Where nothing differs, or Vercel tells of one side only, nothing is said', () => {
  const same = compareDeployments({
    target: { crons: [clean] },
    left: { crons: [clean], url: 'notes-abc.vercel.app' },
    changed: [],
    present: [],
    aliases: [],
  });
  assert.deepEqual(describeDifferences(same), []);
  const half = compareDeployments({
    target: { crons: [clean] },
    left: undefined,
    changed: [],
    present: [],
    aliases: [],
  });
  assert.deepEqual(describeDifferences(half), []);
});

test('A long list is cut, and says so', () => {
  const names = Array.from({ length: 12 }, (_, index) => `V${index}`);
  const [sentence] = describeDifferences({
    changed: names,
    removed: [],
    cronsAdded: [],
    cronsRemoved: [],
    aliasesLeft: [],
  });
  assert.match(sentence ?? '', /V9 and 2 more\.$/);
});
