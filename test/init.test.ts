import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { loadConfig } from '#config/load-config';
import type { EnvironmentSettings } from '#config/settings';
import { root as libraryRoot, readWorkflow, readWorkflows } from './workflows-model.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';
const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

interface Repository {
  root: string;
  home: string;
  init(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  read(path: string): Promise<string>;
}

/** A git repository with these files, and a home beside it. */
async function repository(files: Record<string, string | object>): Promise<Repository> {
  const folder = await mkdtemp(join(tmpdir(), 'init-'));
  folders.push(folder);
  const root = join(folder, 'notes');
  const home = join(folder, 'home');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  await mkdir(root, { recursive: true });
  const git = (words: string[]) => promisify(execFile)('git', words);
  await git(['-C', root, 'init', '-q', '-b', 'main']);
  await git(['-C', root, 'remote', 'add', 'origin', 'git@github.com:acme/notes.git']);
  const bin = join(libraryRoot, 'bin/ops-actions.js');
  return {
    root,
    home,
    read: (path) => readFile(join(root, path), 'utf8'),
    init: (...words) =>
      new Promise((resolve) => {
        const env = { PATH: process.env.PATH ?? '', HOME: home, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
        execFile(process.execPath, [bin, 'init', ...words], { cwd: root, env }, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
        );
      }),
  };
}

const link = { '.vercel/project.json': { projectId: 'prj_notes', orgId: 'team_acme', projectName: 'notes' } };
const supabase = {
  'supabase/config.toml':
    'project_id = "notes"\n\n[api]\nport = 54321\n\n[db]\nport = 54322\nmajor_version = 17\n\n[db.pooler]\nenabled = false\n',
  'supabase/migrations/20260101000000_notes.sql': 'create table notes (id int);\n',
};
const next = {
  'package.json': {
    dependencies: { next: '16' },
    scripts: { lint: 'eslint', test: 'vitest', 'test:smoke': 'node smoke.js' },
  },
  'package-lock.json': {},
  'app/api/health/route.ts': '',
  'app/api/health/database/route.ts': '',
  'app/api/health/[id]/route.ts': '',
  'app/api/notes/route.ts': '',
};

async function settingsOf(repo: Repository, environment: string): Promise<EnvironmentSettings> {
  const text = await repo.read('.github/ops.yml');
  const readReference = async () => assert.fail('nothing is fetched');
  return (await loadConfig({ file: 'ops.yml', text, environment, throwAway: false, readReference })).settings;
}

/** Holds the callers to the workflows they call: inputs, secrets and permissions. */
async function checkWorkflows(repo: Repository): Promise<void> {
  const called = new Map(readWorkflows().map((workflow) => [workflow.file, workflow]));
  for (const file of ['deploy.yml', 'rollback.yml']) {
    const caller = readWorkflow(file, await repo.read(`.github/workflows/${file}`));
    assert.deepEqual(caller.permissions, {});
    for (const job of Object.values(caller.jobs)) {
      const target = called.get(/\/([\w-]+\.yml)@/.exec(job.uses ?? '')?.[1] ?? '');
      assert.ok(target, job.uses);
      const { with: given, secrets } = job as { with?: object; secrets?: Record<string, string> };
      for (const input of Object.keys(given ?? {})) assert.ok(target.call.inputs?.[input], `${file}: input ${input}`);
      for (const secret of Object.keys(secrets ?? {}))
        assert.ok(target.call.secrets?.[secret], `${file}: secret ${secret}`);
      const rank = ['none', 'read', 'write'];
      for (const inner of Object.values(target.jobs)) {
        for (const [permission, needed] of Object.entries(inner.permissions ?? {})) {
          const has = job.permissions?.[permission] ?? 'none';
          assert.ok(
            rank.indexOf(has) >= rank.indexOf(needed),
            `${file}: ${permission}: ${needed} is needed, ${has} is given`,
          );
        }
      }
    }
  }
}

test('a Next.js app with Supabase gets three files that work, a key outside and one secret per line', async () => {
  const repo = await repository({ ...link, ...supabase, ...next });
  const ran = await repo.init('--ref', commit, '--url', 'https://notes.example.com', '--slack', 'C0123456789');
  assert.equal(ran.code, 0, ran.stderr);
  const ops = await repo.read('.github/ops.yml');
  assert.ok(ops.trimEnd().split('\n').length < 15, ops);
  assert.match(ops, /mode: auto # rolls back by itself/);
  const settings = await settingsOf(repo, 'production');
  assert.deepEqual(settings.vercel, { project: 'prj_notes', team: 'team_acme' });
  assert.equal(settings.url, 'https://notes.example.com');
  assert.deepEqual(settings.health.checks, [{ path: '/api/health' }, { path: '/api/health/database' }]);
  assert.deepEqual(
    [settings.smoke.command, settings.slack.channel, settings.watch.mode],
    ['npm run test:smoke', 'C0123456789', 'auto'],
  );
  await checkWorkflows(repo);
  const deploy = await repo.read('.github/workflows/deploy.yml');
  assert.ok(deploy.includes(`deploy-production.yml@${commit}\n`));
  const { jobs } = parse(deploy) as { jobs: Record<string, { with: Record<string, string> }> };
  assert.equal(jobs.production?.with['validate-commands'], 'npm ci\nnpm run lint\nnpm run test\n');
  assert.equal(jobs.production?.with['setup-commands'], 'npm ci --ignore-scripts');
  assert.equal(jobs.production?.with['postgres-major'], '17');
  const keyFile = join(repo.home, '.config/ops-actions/acme-notes-backup.agekey');
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(keyFile))).mode & 0o777, 0o700);
  const key = /AGE-SECRET-KEY-1\w+/.exec(await readFile(keyFile, 'utf8'))?.[0] ?? '';
  assert.equal(ran.stdout.split(key).length, 2, 'shown exactly once');
  assert.ok(!`${ops}${deploy}`.includes('AGE-SECRET-KEY'));
  for (const name of ['VERCEL_TOKEN', 'DATABASE_URL', 'SLACK_BOT_TOKEN'])
    assert.match(ran.stdout, new RegExp(`^ {2}gh secret set ${name}$`, 'm'));
  // Once more: nothing changes and the key is not shown again.
  const again = await repo.init('--ref', commit, '--url', 'https://notes.example.com', '--slack', 'C0123456789');
  assert.equal(again.code, 0);
  assert.ok(!again.stdout.includes(key));
  assert.equal(again.stdout.match(/^unchanged/gm)?.length, 3);
});

test('what is there is never overwritten without --force, and not a byte or key is written', async () => {
  const repo = await repository({ ...link, ...supabase, '.github/ops.yml': 'version: 1\n' });
  const refused = await repo.init('--ref', commit);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\.github\/ops\.yml is there and would change; nothing was written.*--force overwrites/);
  assert.equal(await repo.read('.github/ops.yml'), 'version: 1\n');
  await assert.rejects(stat(join(repo.root, '.github/workflows')));
  await assert.rejects(stat(repo.home));
  assert.equal((await repo.init('--ref', commit, '--force')).code, 0);
  assert.match(await repo.read('.github/ops.yml'), /prj_notes/);
});

test('a dry run shows everything and writes nothing; JSON never holds the private key', async () => {
  const repo = await repository({ ...link, ...supabase, ...next });
  const dry = await repo.init('--dry-run', '--json');
  assert.equal(dry.code, 0, dry.stderr);
  const shown = JSON.parse(dry.stdout);
  assert.deepEqual(
    [shown.schemaVersion, shown.dryRun, shown.refIsPlaceholder, shown.backupKey.created],
    [1, true, true, false],
  );
  assert.equal(shown.detected.framework, 'Next.js');
  assert.match(shown.files[1].text, /@0{40} # placeholder: put the commit of a release here$/m);
  assert.match(shown.next[0], /^replace 0{40}.*nothing can run before/);
  await assert.rejects(stat(join(repo.root, '.github')));
  await assert.rejects(stat(repo.home));
  const done = await repo.init('--json');
  const outcome = JSON.parse(done.stdout);
  assert.deepEqual([outcome.backupKey.created, outcome.files[0].action], [true, 'created']);
  assert.match(outcome.backupKey.recipient, /^age1/);
  assert.ok(!`${done.stdout}${done.stderr}`.includes('AGE-SECRET-KEY'));
});

test('a monorepo without a database: the app is found, its smoke script runs from the root', async () => {
  const repo = await repository({
    'package.json': { workspaces: ['apps/*'], scripts: { test: 'turbo test' } },
    'pnpm-lock.yaml': '',
    'turbo.json': {},
    'apps/web/package.json': { dependencies: { astro: '5' }, scripts: { smoke: 'x' } },
    'apps/web/vercel.json': { git: { deploymentEnabled: { main: false } } },
    'apps/web/src/pages/api/health.ts': '',
    'packages/ui/package.json': { name: 'ui' },
    '.vercel/repo.json': { orgId: 'user1', projects: [{ id: 'prj_web', name: 'web', directory: 'apps/web' }] },
  });
  const ran = await repo.init('--ref', commit, '--json');
  assert.equal(ran.code, 0, ran.stderr);
  const { detected, backupKey, next: steps } = JSON.parse(ran.stdout);
  assert.deepEqual(
    [detected.app, detected.framework, detected.monorepo, detected.packageManager, detected.gitDeployments],
    ['apps/web', 'Astro', 'Turborepo', 'pnpm', 'off'],
  );
  assert.equal(backupKey, null);
  assert.ok(!steps.join('\n').includes('Git integration'));
  const settings = await settingsOf(repo, 'production');
  assert.deepEqual(settings.vercel, { project: 'prj_web', workingDirectory: 'apps/web' });
  assert.deepEqual(settings.health.checks, [{ path: '/api/health' }]);
  assert.equal(settings.smoke.command, 'pnpm --dir apps/web run smoke');
  const deploy = await repo.read('.github/workflows/deploy.yml');
  assert.ok(!deploy.includes('DATABASE_URL') && !deploy.includes('age-recipients'));
  assert.match(deploy, /corepack enable && pnpm install --frozen-lockfile\n {8}pnpm run test/);
  assert.match(deploy, /setup-commands: corepack enable && pnpm install --frozen-lockfile --ignore-scripts\n/);
  assert.ok(!deploy.includes('postgres-major'));
  await checkWorkflows(repo);
});

test('several apps: one has to be named', async () => {
  const app = { dependencies: { next: '16' } };
  const repo = await repository({ 'apps/a/package.json': app, 'apps/b/package.json': app });
  const asked = await repo.init();
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /several apps: say which with --app <folder>: apps\/a, apps\/b/);
  assert.equal((await repo.init('--app', 'apps/b', '--ref', commit)).code, 0);
  assert.equal((await settingsOf(repo, 'production')).vercel.workingDirectory, 'apps/b');
});

test('staging before production: jobs, triggers and secrets of their own, never the same project', async () => {
  const repo = await repository({ ...link, ...supabase, ...next });
  const without = await repo.init('--preset', 'tag-release');
  assert.equal(without.code, 2);
  assert.match(without.stderr, /tag-release releases to staging first: say how staging exists/);
  const same = await repo.init('--preset', 'tag-release', '--staging-project', 'prj_notes');
  assert.match(same.stderr, /is the project of production: a staging release would move the production domains/);
  const ran = await repo.init(
    '--ref',
    commit,
    '--preset',
    'tag-release',
    '--staging-project',
    'prj_staging',
    '--url',
    'https://notes.example.com',
  );
  assert.equal(ran.code, 0, ran.stderr);
  await checkWorkflows(repo);
  const deploy = parse(await repo.read('.github/workflows/deploy.yml'));
  assert.deepEqual(deploy.on, { push: { branches: ['main'], tags: ['v*'] } });
  assert.deepEqual(
    [deploy.jobs.staging.if, deploy.jobs.production.if],
    ["github.ref_type == 'branch'", "github.ref_type == 'tag'"],
  );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub
  assert.equal(deploy.jobs.staging.secrets.DATABASE_URL, '${{ secrets.STAGING_DATABASE_URL }}');
  // The same files lie in test/fixtures, where GitHub's own validator and the linters read them.
  for (const file of ['ops.yml', 'workflows/deploy.yml', 'workflows/rollback.yml']) {
    const kept = await readFile(join(libraryRoot, 'test/fixtures/init/.github', file), 'utf8');
    assert.equal(
      (await repo.read(`.github/${file}`)).replace(/age1\w{50,}/g, 'age1-of-the-test'),
      kept.replace(/age1\w{50,}/g, 'age1-of-the-test'),
    );
  }
  const staging = await settingsOf(repo, 'staging');
  const production = await settingsOf(repo, 'production');
  assert.deepEqual([staging.vercel.project, production.vercel.project], ['prj_staging', 'prj_notes']);
  assert.deepEqual([production.release.requiresPassed, production.watch.mode], ['staging', 'notify']);
});

test('one pipeline through staging: production waits for the job of staging', async () => {
  const repo = await repository({ ...link });
  const ran = await repo.init('--ref', commit, '--preset', 'blue-green', '--staging-alias', 'staging.example.com');
  assert.equal(ran.code, 0, ran.stderr);
  const deploy = parse(await repo.read('.github/workflows/deploy.yml'));
  assert.deepEqual([deploy.on, deploy.jobs.production.needs], [{ push: { branches: ['main'] } }, 'staging']);
  assert.deepEqual((await settingsOf(repo, 'staging')).vercel, {
    project: 'prj_notes',
    team: 'team_acme',
    as: 'alias',
    alias: 'staging.example.com',
  });
  await checkWorkflows(repo);
});

test('all wrong options come at once', async () => {
  const repo = await repository({ ...link });
  const ran = await repo.init(
    '--ref',
    'v1',
    '--url',
    'http://notes.example.com',
    '--slack',
    '#general',
    '--on',
    'sometimes',
    '--app',
    '../x',
    '--age-recipient',
    'x',
  );
  assert.equal(ran.code, 2);
  for (const part of [
    /--ref: "v1" is not a commit/,
    /--url: must be an address that starts with https/,
    /--slack: "#general" is not a channel id/,
    /--on: "sometimes" is not a trigger/,
    /--app: "\.\.\/x" is not a folder/,
    /--age-recipient: "x" is not a public age key/,
  ]) {
    assert.match(ran.stderr, part);
  }
  await assert.rejects(stat(join(repo.root, '.github')));
});

test('the private key never lands inside the repository', async () => {
  const repo = await repository({ ...link, ...supabase });
  for (const file of ['backup.agekey', './keys/../keys/backup.agekey']) {
    const ran = await repo.init('--ref', commit, '--key-file', join(repo.root, file));
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /must not lie inside the repository/);
  }
  await assert.rejects(stat(join(repo.root, 'keys')));
  await assert.rejects(stat(join(repo.root, '.github')));
});

test('broken and hostile files of a repository are nothing found, never a crash or a line in a workflow', async () => {
  const repo = await repository({
    'package.json': '{ not json',
    'vercel.json': '[]',
    '.vercel/project.json': { projectId: 'prj\n  run: evil', orgId: 7 },
    'supabase/config.toml': '',
  });
  const ran = await repo.init(
    '--ref',
    commit,
    '--age-recipient',
    `age1${'q'.repeat(58)}`,
    '--url',
    "https://x.example/}#'",
  );
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal((await settingsOf(repo, 'production')).url, "https://x.example/}#'");
  assert.ok(!(await repo.read('.github/ops.yml')).includes('evil'));
  await checkWorkflows(repo);
  assert.match(ran.stdout, /name the Vercel project in \.github\/ops\.yml/);
});

test('outside of a git repository init says where to run it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'init-'));
  folders.push(folder);
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
    execFile(
      process.execPath,
      [join(libraryRoot, 'bin/ops-actions.js'), 'init'],
      { cwd: folder, env: { PATH: process.env.PATH ?? '', HOME: folder } },
      (error, _stdout, text) => resolve({ code: error?.code, stderr: text }),
    ),
  );
  assert.equal(code, 2);
  assert.match(stderr, /in no git repository/);
});
