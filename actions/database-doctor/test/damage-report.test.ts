import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InputError } from '#action-kit/inputs';
import { createRunner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import type { Damage } from '#postgres/doctor/find-damage';
import { judgeDamage } from '#postgres/doctor/judge-damage';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { tellDamage } from '../src/damage-report.ts';
import { main } from '../src/main.ts';

let sandbox: Sandbox;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'damage-report-'));
  sandbox = await startSandbox({ postgres: false });
});
after(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

const first = Date.parse('2026-03-01T10:01:00Z') / 1000;
const at = Date.parse('2026-03-02T08:00:00Z');
const found: Damage[] = [
  { name: 'owner-removed', rows: 12, first },
  { name: 'below-zero', rows: 3 },
  { name: 'orphans', rows: 0 },
  { name: 'unreadable', failed: '42501' },
];

function tell(damage: readonly Damage[], everybodyReads = false): string | undefined {
  return tellDamage(damage, judgeDamage(damage, { environment: 'production', everybodyReads }), { at, everybodyReads });
}

/** The action in mode damage-report, with the token of GitHub and nothing else. */
async function report(inputs: Record<string, string | undefined>, isPrivate = true) {
  const { github } = sandbox.description;
  const event = join(folder, 'event.json');
  await writeFile(event, JSON.stringify({ repository: { private: isPrivate } }));
  const given = { mode: 'damage-report', environment: 'production', 'github-token': github.token, ...inputs };
  const runner = createRunner({
    environment: {
      ...{ GITHUB_EVENT_PATH: event, GITHUB_REPOSITORY: github.repository, GITHUB_API_URL: github.apiUrl },
      ...{ GITHUB_SHA: '0'.repeat(40), GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1', GITHUB_WORKSPACE: folder },
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value ?? ''])),
    },
    write: () => {},
  });
  return await main(runner);
}

const incidents = async () =>
  (await createGitHub(sandbox.description.github).listIssues({ labels: ['ops-incident'], state: 'all' })).toSorted(
    (a, b) => a.number - b.number,
  );

test('damage opens one incident with scope, time and the restore before it; looked for again it is updated, and reopened', async () => {
  const filed = await report({ 'damage-result': tell(found) });
  assert.deepEqual([filed.decision, filed.reasonCode, filed.failed], ['filed', 'data_damaged', false]);
  const [issue, ...others] = await incidents();
  assert.deepEqual(others, []);
  assert.equal(issue?.title, 'The database on production holds damaged rows');
  const body = issue?.body ?? '';
  assert.match(body, /15 damaged rows, the first at 2026-03-01T10:01:00\.000Z/);
  assert.match(body, /\| `owner-removed` \| `12 since 2026-03-01T10:01:00\.000Z` \|\n\| `below-zero` \| `3` \|\n/);
  assert.match(body, /- 2026-03-01 10:01:00 UTC `the first damage`\n- 2026-03-02 08:00:00 UTC/);
  assert.match(body, /actions\/restore --input environment=production --input before=2026-03-01T10:01:00\.000Z/);
  assert.match(body, /1 of the queries could not be asked/);
  assert.doesNotMatch(body, /orphans|unreadable/);

  await createGitHub(sandbox.description.github).updateIssue(issue?.number ?? 0, { state: 'closed' });
  const more = await report({ 'damage-result': tell([{ name: 'owner-removed', rows: 14, first }]) });
  assert.equal(more.decision, 'updated');
  const after = await incidents();
  assert.deepEqual(
    after.map(({ number, state }) => [number, state]),
    [[issue?.number, 'open']],
  );
  assert.match(after[0]?.body ?? '', /14 damaged rows/);

  const later = [{ name: 'owner-removed', rows: 1, first: first + 86_400 }];
  assert.equal((await report({ 'damage-result': tell(later) })).decision, 'filed');
});

test('in a public repository the incident tells totals only', async () => {
  const text = tell([{ name: 'tenant-seven', rows: 2 }], true) ?? '';
  assert.doesNotMatch(text, /seven/);
  assert.equal((await report({ 'damage-result': text }, false)).decision, 'filed');
  const body = (await incidents()).at(-1)?.body ?? '';
  assert.match(body, /2 damaged rows, nobody told since when/);
  assert.match(body, /find out when it began/);
  assert.doesNotMatch(body, /seven|### Next/);
});

test('nothing found opens nothing, and what is no report of damage is refused with everything that is missing', async () => {
  assert.equal(
    tell([
      { name: 'orphans', rows: 0 },
      { name: 'unreadable', failed: '42501' },
    ]),
    undefined,
  );
  const before = (await incidents()).length;
  assert.equal((await report({ 'damage-result': '' })).decision, 'not-needed');
  const wrong = { 'damage-result': '{"rows":0}', environment: '', 'github-token': '' };
  await assert.rejects(report(wrong), (error) => {
    assert.ok(error instanceof InputError);
    for (const name of ['environment', 'github-token', 'damage-result']) assert.match(error.message, new RegExp(name));
    return true;
  });
  assert.equal((await incidents()).length, before);
});
