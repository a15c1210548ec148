import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gitAccess } from './git-access.ts';
import { mirrorTag } from './mirror-tag.ts';

let folder: string;
let workspace: string;
let remote: string;
const environment = {
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', args, { cwd, env: environment, stdio: 'pipe' }).toString().trim();
const commit = (message: string) => git(workspace, 'commit', '--quiet', '--allow-empty', '--message', message);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-'));
  [workspace, remote] = [join(folder, 'work'), join(folder, 'second.git')];
  await mkdir(workspace);
  git(workspace, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'init', '--quiet', '--bare', remote);
  commit('one');
  commit('two');
  git(workspace, 'tag', '--annotate', '--message', 'v1.0.0', 'v1.0.0');
});
after(() => rm(folder, { recursive: true, force: true }));

const mirror = (tag: string, more: { workspace?: string; remote?: string } = {}) => {
  const to = more.remote ?? remote;
  const given = { workspace, temporary: folder, tag, deadlineMs: 20_000, ...more };
  return mirrorTag({ remote: to, where: to, kind: 'path' }, {}, given);
};

test('a second bare remote has the tag with its whole history; again it is there already', async () => {
  const made = await mirror('v1.0.0');
  assert.equal(made.outcome, 'mirrored', made.message);
  assert.equal(git(remote, 'rev-parse', 'refs/tags/v1.0.0'), git(workspace, 'rev-parse', 'refs/tags/v1.0.0'));
  assert.equal(git(remote, 'rev-list', '--count', 'v1.0.0'), '2');
  assert.equal(git(remote, 'for-each-ref', '--format=%(refname)'), 'refs/tags/v1.0.0', 'the tag and nothing else');
  assert.equal((await mirror('v1.0.0')).outcome, 'already-there');
});

test('a tag that is another one there stays as it is', async () => {
  commit('three');
  git(workspace, 'tag', 'v1.1.0');
  await mirror('v1.1.0');
  const kept = git(remote, 'rev-parse', 'v1.1.0');
  commit('four');
  git(workspace, 'tag', '--force', 'v1.1.0');
  const moved = await mirror('v1.1.0');
  assert.deepEqual([moved.outcome, 'reasonCode' in moved && moved.reasonCode], ['failed', 'tag_differs']);
  assert.equal(git(remote, 'rev-parse', 'v1.1.0'), kept);
});

test('no tag, no history and no remote are told, each with what to do', async () => {
  const shallow = join(folder, 'shallow');
  git(folder, 'clone', '--quiet', '--depth=1', '--branch=v1.0.0', `file://${workspace}`, shallow);
  for (const [given, reason, says] of [
    [mirror('v9.9.9'), 'tag_missing', /no tag v9\.9\.9/],
    [mirror('v1.0.0', { workspace: shallow }), 'history_missing', /fetch-depth: 0/],
    [mirror('v1.0.0', { remote: join(folder, 'nowhere.git') }), 'remote_refused', /does not answer: fatal/],
  ] as const) {
    const found = await given;
    assert.deepEqual([found.outcome, 'reasonCode' in found && found.reasonCode], ['failed', reason], found.message);
    assert.match(found.message, says);
  }
});

test('a token is a header that git knows from its environment alone', async () => {
  const found = await gitAccess('https', { token: 'canary-token' }, folder);
  const header = execFileSync('git', ['config', '--get', 'http.extraHeader'], { env: { ...environment, ...found } });
  const [, word = ''] = /^Authorization: Basic (\S+)$/.exec(header.toString().trim()) ?? [];
  assert.equal(Buffer.from(word, 'base64').toString(), 'x-access-token:canary-token');
});

test('a deploy key lies in a private file while ssh uses it, and nowhere afterwards', async (t) => {
  // Stands for ssh and the host: notes what it was given, then does what git asks the host to do.
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const notes = join(folder, 'notes');
  const script = [
    '#!/bin/sh',
    `for word in "$@"; do case "$word" in */key) stat -c %a "$word" >> ${notes}; cat "$word" >> ${notes};; UserKnownHostsFile=*) cat "\${word#*=}" >> ${notes};; esac; done`,
    `printf '%s\\n' "$*" >> ${notes}`,
    `eval "last=\\\${$#}"`,
    'exec sh -c "$last"',
    '',
  ].join('\n');
  await writeFile(join(programs, 'ssh'), script, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${programs}:${path}`;
  t.after(() => {
    process.env.PATH = path;
  });
  const second = join(folder, 'third.git');
  git(folder, 'init', '--quiet', '--bare', second);
  const plan = { remote: `git@host.example:${second}`, where: 'host', kind: 'ssh' } as const;
  const secrets = { sshKey: 'canary-private-key', knownHosts: 'host.example ssh-ed25519 AAAA' };
  const found = await mirrorTag(plan, secrets, { workspace, temporary: folder, tag: 'v1.0.0', deadlineMs: 20_000 });
  assert.equal(found.outcome, 'mirrored', found.message);
  assert.equal(git(second, 'rev-list', '--count', 'v1.0.0'), '2');
  const told = await readFile(notes, 'utf8');
  assert.match(told, /^600\ncanary-private-key\nhost\.example ssh-ed25519 AAAA\n/);
  const words = told.split('\n').filter((line) => line.includes('git@host.example'));
  assert.ok(words.length > 0);
  for (const line of words) {
    assert.match(line, /StrictHostKeyChecking=yes/);
    assert.doesNotMatch(line, /canary-private-key/);
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('ops-actions-mirror-')),
    [],
  );
});
