import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runTool } from '#child-process/run-tool';
import { createGitHub, type GitHub, GitHubError } from '#github/client';
import type { MigrationFinding } from '#postgres/classify-migrations';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { deployedCodeFindings, describeUnused } from './deployed-code-findings.ts';
import { type SearchRequest, searchDeployedCode } from './search-deployed-code.ts';

let sandbox: Sandbox;
let repository = '';
let elsewhere = '';
let github: GitHub;
let deployed = '';

const removed = [{ name: 'mood', table: 'notes' }];
const deep = `src/${'a-folder-with-a-long-name/'.repeat(8)}list.ts`;

async function git(...args: string[]): Promise<string> {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  const { stdout } = await runTool({ command: 'git', args: [...who, ...args], cwd: repository, deadlineMs: 10_000 });
  return stdout.trim();
}

function write(path: string, text: string): void {
  mkdirSync(join(repository, path, '..'), { recursive: true });
  writeFileSync(join(repository, path), text);
}

before(async () => {
  repository = mkdtempSync(join(tmpdir(), 'ops-actions-deployed-'));
  elsewhere = mkdtempSync(join(tmpdir(), 'ops-actions-elsewhere-'));
  await git('init', '--quiet');
  write('src/notes.ts', "export const list = () =>\n  db.from('notes').select('id, mood');\n");
  write(deep, 'notes.mood');
  write('db/1_notes.sql', 'create table notes (id int, mood text);');
  write('picture.bin', 'notes mood\0');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=old');
  deployed = await git('rev-parse', 'HEAD');
  write('src/notes.ts', "export const list = () => db.from('notes').select('id');\n");
  rmSync(join(repository, deep));
  await git('add', '--all');
  await git('commit', '--quiet', '--message=new');
  sandbox = await startSandbox({ postgres: false, gitDirectory: repository });
  const { apiUrl, token, repository: name } = sandbox.description.github;
  github = createGitHub({ apiUrl, token, repository: name, attempts: 1 });
});
after(async () => {
  await sandbox?.close();
  for (const folder of [repository, elsewhere]) rmSync(folder, { recursive: true, force: true });
});

function search(more: Partial<SearchRequest> = {}) {
  return searchDeployedCode({
    ...{ deployed: { commit: deployed }, removed, workspace: repository, migrations: 'db', github },
    ...more,
  });
}

const finding: MigrationFinding = {
  ...{ file: '2_drop.sql', line: 3, rule: 'drop-column', severity: 'hold', message: '', correction: '' },
  ...{ statement: 'alter table notes drop column mood', removes: removed },
};

test('The deployed commit is searched, not the checkout: out of its own objects, or out of the archive of GitHub', async () => {
  const inOwn = await search({ github: undefined });
  const inArchive = await search({ workspace: elsewhere });
  assert.deepEqual(inArchive, inOwn);
  if ('reason' in inOwn) assert.fail(inOwn.reason);
  const places = inOwn.uses.map(({ path, line }) => `${path}:${line}`);
  assert.deepEqual(places.toSorted(), [`${deep}:1`, 'src/notes.ts:2'].toSorted());
  const [told, ...others] = deployedCodeFindings([finding], inOwn);
  assert.deepEqual(
    [told?.file, told?.line, told?.rule, told?.severity, others.length],
    [...['2_drop.sql', 3, 'used-by-deployed-code', 'warn'], 0],
  );
  assert.match(
    told?.message ?? '',
    new RegExp(`commit ${deployed.slice(0, 7)}\\) names mood of notes: .*src/notes\\.ts:2`),
  );
});

test('No use in the deployed commit is said with what was read, and is no finding', async () => {
  const found = await search({ deployed: { commit: await git('rev-parse', 'HEAD') } });
  assert.deepEqual(deployedCodeFindings([finding], found), []);
  assert.match(
    describeUnused([finding], found) ?? '',
    /^No use of mood of notes found in 1 files of the deployed commit/,
  );
});

const fromGitHub = (archive: GitHub['archive']): Partial<SearchRequest> => ({
  workspace: elsewhere,
  github: { archive },
});
async function* pieces(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}
const emptyTar = new Uint8Array(1024);
const refusals: [name: string, more: () => Partial<SearchRequest>, reason: RegExp][] = [
  [
    'nobody knows the commit',
    () => ({ deployed: { unknown: 'vercel-token is not given' } }),
    /vercel-token is not given/,
  ],
  ['no full commit is named', () => ({ deployed: { commit: 'main' } }), /names no full commit/],
  ['another repository was deployed', () => ({ deployed: { commit: '1'.repeat(40) } }), /GitHub found nothing/],
  ['nobody may ask', () => ({ workspace: elsewhere, github: undefined }), /no github-token is given/],
  ['the archive is cut off', () => fromGitHub(async () => pieces(gzipSync('x').subarray(0, 8))), /cannot be unpacked/],
  [
    'no file of the commit can hold code',
    () => fromGitHub(async () => pieces(gzipSync(emptyTar))),
    /none of its files/,
  ],
  ['something else than an archive comes', () => fromGitHub(async () => pieces(gzipSync('x'.repeat(600)))), /no tar/],
  [
    'GitHub does not answer',
    () => ({
      ...fromGitHub(
        (_sha, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
      deadlineMs: 200,
    }),
    /longer than its deadline/,
  ],
  [
    'GitHub stops in the middle',
    () =>
      fromGitHub(async () =>
        (async function* () {
          yield gzipSync('x').subarray(0, 5);
          throw new GitHubError('github_unreachable', 'GitHub hung up');
        })(),
      ),
    /GitHub hung up/,
  ],
];
for (const [name, more, reason] of refusals) {
  test(`Where ${name}, the reason is a finding, never "no use found"`, async () => {
    const found = await search(more());
    assert.equal(describeUnused([finding], found), undefined);
    const [told] = deployedCodeFindings([finding], found);
    assert.deepEqual([told?.rule, told?.severity], ['deployed-code-not-searched', 'warn']);
    assert.match(told?.message ?? '', /still uses mood of notes could not be searched: /);
    assert.match(told?.message ?? '', reason);
  });
}
