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
async function checkWorkflows(repo: Repository, ...further: string[]): Promise<void> {
  const called = new Map(readWorkflows().map((workflow) => [workflow.file, workflow]));
  for (const file of ['deploy.yml', 'rollback.yml', ...further]) {
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

/** The key of backups is another one in each run. */
async function compareWithFixture(repo: Repository, fixture: string, file: string): Promise<void> {
  const kept = await readFile(join(libraryRoot, 'test/fixtures', fixture, '.github', file), 'utf8');
  const [written, expected] = [await repo.read(`.github/${file}`), kept].map((text) =>
    text.replace(/age1\w{50,}/g, 'age1-of-the-test'),
  );
  assert.equal(written, expected);
}

test('a Next.js app with Supabase gets files that work, a key outside and one secret per line', async () => {
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
  await checkWorkflows(repo, 'database-doctor.yml');
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
  assert.equal(again.stdout.match(/^unchanged/gm)?.length, 4);
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
  const functions = { 'supabase/functions/_shared/cors.ts': '', 'supabase/functions/hello/index.ts': '' };
  const repo = await repository({ ...link, ...supabase, ...next, ...functions });
  const dry = await repo.init('--dry-run', '--json');
  assert.equal(dry.code, 0, dry.stderr);
  const shown = JSON.parse(dry.stdout);
  assert.deepEqual(
    [shown.schemaVersion, shown.dryRun, shown.refIsPlaceholder, shown.backupKey.created],
    [1, true, true, false],
  );
  assert.equal(shown.detected.framework, 'Next.js');
  assert.equal(shown.detected.supabase.functions, 'supabase/functions');
  assert.match(
    shown.next.join('\n'),
    /supabase\/functions is no part of a release .*"functions: \{\}".*SUPABASE_ACCESS_TOKEN/,
  );
  assert.match(shown.files[1].text, /@0{40} # placeholder: put the commit of a release here$/m);
  assert.match(shown.next[0], /^replace 0{40}.*nothing can run before/);
  assert.ok(shown.next.some((step: string) => /plan of migrations as a comment of each pull request/.test(step)));
  await assert.rejects(stat(join(repo.root, '.github')));
  await assert.rejects(stat(repo.home));
  assert.equal(shown.files.length, 4, 'nothing asks for scheduled runs');
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
  await checkWorkflows(repo, 'alerts.yml', 'backup.yml', 'database-doctor.yml');
  assert.match(ran.stdout, /commit the six files/);
  assert.match(ran.stdout, /no run looks at after-release of the preset tag-release yet/);
  const deploy = parse(await repo.read('.github/workflows/deploy.yml'));
  assert.deepEqual(deploy.on, { push: { branches: ['main'], tags: ['v*'] } });
  assert.deepEqual(
    [deploy.jobs.staging.if, deploy.jobs.production.if],
    ["github.ref_type == 'branch'", "github.ref_type == 'tag'"],
  );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub
  assert.equal(deploy.jobs.staging.secrets.DATABASE_URL, '${{ secrets.STAGING_DATABASE_URL }}');
  // The same files lie in test/fixtures, where GitHub's own validator and the linters read them.
  for (const file of [
    'ops.yml',
    'workflows/deploy.yml',
    'workflows/rollback.yml',
    'workflows/alerts.yml',
    'workflows/backup.yml',
    'workflows/database-doctor.yml',
  ])
    await compareWithFixture(repo, 'init', file);
  const back = parse(await repo.read('.github/workflows/rollback.yml')).jobs.rollback;
  assert.match(
    back.secrets.DATABASE_URL,
    /'staging' && secrets\.STAGING_DATABASE_URL \|\| .*'production' && secrets\.DATABASE_URL \|\| ''/,
  );
  const staging = await settingsOf(repo, 'staging');
  const production = await settingsOf(repo, 'production');
  assert.deepEqual([staging.vercel.project, production.vercel.project], ['prj_staging', 'prj_notes']);
  assert.deepEqual([production.release.requiresPassed, production.watch.mode], ['staging', 'notify']);
});

test('a preset that says what is looked at after a release gets the scheduled caller of watch.yml', async () => {
  const repo = await repository({ ...link, ...next });
  const ran = await repo.init('--ref', commit, '--preset', 'validated-pipeline', '--slack', 'C0123456789');
  assert.equal(ran.code, 0, ran.stderr);
  await checkWorkflows(repo, 'watch.yml');
  const { on, jobs } = parse(await repo.read('.github/workflows/watch.yml'));
  assert.deepEqual(on, { schedule: [{ cron: '*/30 * * * *' }], workflow_dispatch: null });
  assert.deepEqual(jobs.production.with, {
    environment: 'production',
    'setup-commands': 'npm ci --ignore-scripts',
  });
  assert.match(ran.stdout, /commit the five files/);
});

test('a preset with alerts gets the scheduled caller of alerts.yml, which has every secret that it may send somewhere', async () => {
  const repo = await repository({ ...link, ...next });
  const ran = await repo.init('--ref', commit, '--preset', 'push-to-main', '--url', 'https://notes.example.com');
  assert.equal(ran.code, 0, ran.stderr);
  await checkWorkflows(repo, 'alerts.yml');
  const { on, jobs } = parse(await repo.read('.github/workflows/alerts.yml'));
  assert.deepEqual(on, { schedule: [{ cron: '*/15 * * * *' }], workflow_dispatch: null });
  assert.deepEqual(jobs.production.with, { environment: 'production', 'base-url': 'https://notes.example.com' });
  const secrets = ['VERCEL_TOKEN', 'VERCEL_AUTOMATION_BYPASS_SECRET', 'SLACK_BOT_TOKEN'];
  assert.deepEqual(Object.keys(jobs.production.secrets), secrets);
  assert.match(ran.stdout, /alerts\.yml judges the limits of the preset push-to-main/);
  assert.match(ran.stdout, /the job forward-fix behind the job that migrates/);
  // Without an address there is no host that the bypass secret may go to.
  const unnamed = await repository({ ...link, ...next });
  const without = await unnamed.init('--ref', commit, '--preset', 'push-to-main');
  const { production } = parse(await unnamed.read('.github/workflows/alerts.yml')).jobs;
  assert.deepEqual(production.with, { environment: 'production' });
  assert.deepEqual(Object.keys(production.secrets), ['VERCEL_TOKEN', 'SLACK_BOT_TOKEN']);
  assert.match(without.stdout, /our own checks need the address of production \(--url\)/);
});

test('a preset with a schedule of backups gets the caller of backup.yml, whose secrets no release sees; without a database nothing', async () => {
  const preset = ['--ref', commit, '--preset', 'staging-branch', '--staging-project', 'prj_staging'];
  const repo = await repository({ ...link, ...supabase, ...next });
  const ran = await repo.init(...preset);
  assert.equal(ran.code, 0, ran.stderr);
  await checkWorkflows(repo, 'backup.yml');
  const { on, jobs } = parse(await repo.read('.github/workflows/backup.yml'));
  const drill = '0 5 1 1,4,7,10 *';
  const verification = '0 4 * * 1';
  assert.deepEqual(on.schedule, [{ cron: '0 2 * * *' }, { cron: verification }, { cron: drill }]);
  const { 'age-recipients': recipient, ...given } = jobs.production.with;
  assert.match(recipient, /^age1[a-z0-9]{58}$/);
  assert.deepEqual(given, {
    environment: 'production',
    'postgres-major': '17',
    verify: `\${{ (github.event.schedule == '${verification}' || inputs.verify == true) && 'restore' || '' }}`,
    'verification-max-age': '9d',
    drill: `\${{ github.event.schedule == '${drill}' || inputs.drill == true }}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub
    answers: '${{ inputs.answers }}',
    storage: true,
  });
  for (const name of ['BACKUP_AGE_IDENTITY', 'SUPABASE_SERVICE_ROLE_KEY']) {
    assert.equal(jobs.production.secrets[name], `\${{ secrets.${name} }}`);
    assert.match(ran.stdout, new RegExp(`gh secret set ${name}$`, 'm'));
    assert.ok(!(await repo.read('.github/workflows/deploy.yml')).includes(name), name);
  }
  assert.match(ran.stdout, /say where scheduled backups lie as database\.backup\.destination/);
  const without = await repository({ ...link, ...next });
  assert.equal((await without.init(...preset)).code, 0);
  await assert.rejects(stat(join(without.root, '.github/workflows/backup.yml')));
});

test('a database gets the caller of the doctor: each environment in a job of its own, the pool left out', async () => {
  const doctor = readWorkflow(
    'database-doctor.yml',
    await readFile(join(libraryRoot, '.github/workflows/database-doctor.yml'), 'utf8'),
  );
  const read = async (repo: Repository) => parse(await repo.read('.github/workflows/database-doctor.yml'));
  const one = await repository({ ...link, ...supabase });
  assert.equal((await one.init('--ref', commit)).code, 0);
  const alone = await read(one);
  assert.deepEqual(Object.keys(alone.on), ['workflow_dispatch']);
  assert.equal(alone.on.workflow_dispatch.inputs.environment, undefined);
  assert.deepEqual([Object.keys(alone.jobs), alone.jobs.production.if], [['production'], undefined]);
  const { options } = alone.on.workflow_dispatch.inputs.mitigate;
  const { description } = (doctor.call.inputs?.mitigate ?? {}) as { description?: string };
  const known = String(description).split(/, | or /);
  assert.deepEqual(
    options,
    known.filter((word) => !word.includes('pool')),
  );
  assert.equal(alone.on.workflow_dispatch.inputs['dry-run'].default, true);

  const two = await repository({ ...link, ...supabase });
  assert.equal((await two.init('--ref', commit, '--staging-project', 'prj_staging')).code, 0);
  await checkWorkflows(two, 'database-doctor.yml', 'rehearse-rollback.yml');
  const { jobs } = await read(two);
  for (const [name, secret] of [
    ['staging', 'STAGING_DATABASE_URL'],
    ['production', 'DATABASE_URL'],
  ] as const) {
    assert.equal(jobs[name].if, `inputs.environment == '${name}'`);
    assert.equal(jobs[name].with.environment, name);
    assert.deepEqual(jobs[name].secrets, { DATABASE_URL: `\${{ secrets.${secret} }}` });
  }

  const none = await repository({ ...link, ...next });
  assert.equal((await none.init('--ref', commit, '--staging-project', 'prj_staging')).code, 0);
  await assert.rejects(stat(join(none.root, '.github/workflows/database-doctor.yml')));
});

test('staging whose watch takes back by itself gets the scheduled rehearsal, with what its releases have and never production', async () => {
  const repo = await repository({ ...link, ...supabase, ...next });
  const ran = await repo.init('--ref', commit, '--preset', 'staging-branch', '--staging-project', 'prj_staging');
  assert.equal(ran.code, 0, ran.stderr);
  await checkWorkflows(repo, 'rehearse-rollback.yml');
  await compareWithFixture(repo, 'init-staging-branch', 'workflows/rehearse-rollback.yml');
  const rehearsal = parse(await repo.read('.github/workflows/rehearse-rollback.yml'));
  const deploy = parse(await repo.read('.github/workflows/deploy.yml'));
  assert.deepEqual(Object.keys(rehearsal.jobs), ['staging']);
  assert.deepEqual(rehearsal.jobs.staging.secrets, deploy.jobs.staging.secrets);
  assert.equal(rehearsal.jobs.staging.with.ref, 'staging', 'the schedule would have the default branch');
  assert.equal((await settingsOf(repo, 'staging')).watch.mode, 'auto');
  assert.match(ran.stdout, /the way back can be rehearsed once staging serves a release/);
});

test('no rehearsal is written where it would be refused: a watch that only tells, or no staging', async () => {
  const telling = await repository({ ...link });
  const ran = await telling.init('--ref', commit, '--preset', 'tag-release', '--staging-project', 'prj_staging');
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal((await settingsOf(telling, 'staging')).watch.mode, 'notify');
  assert.match(ran.stdout, /no workflow rehearses the way back.*environments\.staging\.watch\.mode: auto/);
  const alone = await repository({ ...link });
  const without = await alone.init('--ref', commit);
  assert.ok(!without.stdout.includes('rehearse'));
  for (const { root } of [telling, alone])
    await assert.rejects(stat(join(root, '.github/workflows/rehearse-rollback.yml')));
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
