import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { SimulatedClock } from '../../observe/test/simulated-clock.ts';
import { LocalVercel } from '../test/local-vercel.ts';
import { createDeployment, type DeployOutcome, type DeployRequest } from './deploy.ts';
import { openVercelProject, type VercelConnection } from './project.ts';

let vercel: LocalVercel;
let directory: string;
let lines: string[];
const key = '1:production:77';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'deploy-test-'));
  await mkdir(join(directory, 'api'));
  await mkdir(join(directory, 'frontend'));
  await writeFile(join(directory, 'index.html'), '<h1>Notes</h1>');
  await writeFile(join(directory, 'api', 'health.js'), 'export default () => new Response("ok");');
  await writeFile(join(directory, 'frontend', 'page.js'), 'export const page = 1;');
  await writeFile(join(directory, 'private.txt'), 'not for Vercel');
  await writeFile(join(directory, '.vercelignore'), 'private.txt\n');
});
after(() => rm(directory, { recursive: true, force: true }));
beforeEach(async () => {
  vercel = await LocalVercel.start();
  vercel.project.targets = { production: { id: 'dpl_old' } };
  lines = [];
});
afterEach(() => vercel.close());

/** Waits take no time, however slow the requests are. */
async function deploy(
  more: Partial<DeployRequest> = {},
  given: Partial<VercelConnection> = {},
): Promise<DeployOutcome> {
  const clock = new SimulatedClock();
  const connection = vercel.connection({ clock, log: (line) => void lines.push(line), ...given });
  return createDeployment(await openVercelProject(connection), {
    connection,
    directory,
    build: 'remote',
    as: 'production',
    staged: true,
    meta: { opsVersion: 'v1.0.0' },
    git: { sha: 'a'.repeat(40), ref: 'main', repository: 'acme/notes', author: 'Ada' },
    deadlineMs: 20_000,
    releaseKey: key,
    ...more,
  });
}

test('files are uploaded from the root without ignored ones, and a staged production deployment becomes ready', async () => {
  process.env.VERCEL_TEAM_ID = 'team_of_somebody_else';
  try {
    const done = await deploy();
    assert.deepEqual([done.outcome, done.adopted, done.deployment?.id], ['ready', false, 'dpl_created1'], done.message);
  } finally {
    assert.equal(process.env.VERCEL_TEAM_ID, 'team_of_somebody_else');
    delete process.env.VERCEL_TEAM_ID;
  }
  const [sent] = vercel.created as { files: { file: string }[]; meta: unknown; gitMetadata: { commitSha: string } }[];
  const names = sent?.files.map(({ file }) => file).sort();
  assert.deepEqual(names, ['.vercelignore', 'api/health.js', 'frontend/page.js', 'index.html']);
  assert.deepEqual(sent?.meta, { opsVersion: 'v1.0.0', opsRelease: key });
  assert.equal(sent?.gitMetadata.commitSha, 'a'.repeat(40));
  const { target, autoAssignCustomDomains, project } = sent as unknown as Record<string, unknown>;
  assert.deepEqual([target, autoAssignCustomDomains, project], ['production', false, 'prj_local']);
  assert.match(
    lines.join('\n'),
    /4 files, .*\n.*new to Vercel\n4 files uploaded\nVercel created dpl_created1\n.*BUILDING.*\n.*READY after/s,
  );
});

test('a second attempt of the same release uses what the first one created', async () => {
  await deploy();
  const again = await deploy();
  assert.deepEqual([again.outcome, again.adopted, again.deployment?.id], ['ready', true, 'dpl_created1']);
  assert.equal(vercel.created.length, 1);
});

test('of two deployments of one release the earlier stays and the other is cancelled', async () => {
  vercel.add({ id: 'dpl_b', readyState: 'BUILDING', createdAt: 20, meta: { opsRelease: key } });
  vercel.add({ id: 'dpl_a', readyState: 'READY', createdAt: 10, meta: { opsRelease: key } });
  const done = await deploy();
  assert.deepEqual([done.deployment?.id, vercel.deployments.get('dpl_b')?.readyState], ['dpl_a', 'CANCELED']);
});

test('a deployment of another target or release with our key in meta is not used', async () => {
  vercel.add({ id: 'dpl_preview', readyState: 'READY', target: null, meta: { opsRelease: key } });
  vercel.add({ id: 'dpl_failed', readyState: 'ERROR', meta: { opsRelease: key } });
  vercel.add({ id: 'dpl_else', readyState: 'READY', meta: { opsRelease: '1:production:78' } });
  assert.equal((await deploy()).deployment?.id, 'dpl_created1');
});

test('variables of one deployment are sent for its build and its functions, of a preview only', async () => {
  const environment = { DATABASE_URL: 'postgres://drill' };
  const done = await deploy({ as: 'alias', environment });
  assert.equal(done.outcome, 'ready', done.message);
  const [sent] = vercel.created as unknown as { env: unknown; build: { env: unknown }; target?: string }[];
  assert.deepEqual([sent?.env, sent?.build.env, sent?.target], [environment, environment, undefined]);
  for (const as of ['production', 'custom-environment'] as const) {
    const refused = await deploy({ as, customEnvironment: 'staging', environment, releaseKey: as });
    assert.deepEqual([refused.outcome, refused.reasonCode], ['failed', 'variables_not_for_production']);
  }
  vercel.project.targets = {};
  const first = await deploy({ as: 'alias', environment, releaseKey: 'first' });
  assert.match(first.message, /no production yet/);
  assert.equal(vercel.created.length, 1);
});

test('a lost answer is looked up before anything is created again', async () => {
  vercel.listLag = 3;
  await deploy({ releaseKey: 'other' });
  vercel.faults.push({ method: 'POST', route: /v13/, afterEffect: 'cut' });
  const done = await deploy();
  assert.deepEqual(
    [done.outcome, done.deployment?.id, vercel.created.length],
    ['ready', 'dpl_created2', 2],
    done.message,
  );
});

test('a black hole at creation ends within the deadline and leaves no request open', { timeout: 20_000 }, async () => {
  vercel.faults.push({ method: 'POST', route: /v13/, blackHole: true, times: 9 });
  const from = Date.now();
  const done = await deploy({ deadlineMs: 1_500 });
  assert.deepEqual([done.outcome, done.reasonCode], ['timed-out', 'upload_timed_out']);
  assert.ok(Date.now() - from < 15_000);
});

test('a build that fails brings the last lines of its log, cleaned', async () => {
  vercel.build = [['ERROR', 1]];
  vercel.createdWith = { errorCode: 'BUILD_FAILED', errorMessage: 'Command "npm run build" exited with 1' };
  const texts = ['installing', '::stop-commands::x', '\u001b[31mType error\u001b[0m in page.ts'];
  const events = texts.map((text, at) => ({ type: 'stdout', created: at, payload: { text, date: at } }));
  vercel.routes.push({ method: 'GET', route: /\/events$/, answer: () => ({ json: events.toReversed() }) });
  const done = await deploy();
  assert.deepEqual([done.outcome, done.reasonCode], ['failed', 'build_failed']);
  assert.match(
    done.message,
    /BUILD_FAILED.*exited with 1.*installing \| ::stop-commands::x \| Type error in page\.ts$/,
  );
});

test('CANCELED, BLOCKED and never ready are endings of their own', async () => {
  vercel.build = [['CANCELED', 1]];
  assert.equal((await deploy({ releaseKey: 'a' })).outcome, 'cancelled');
  vercel.build = [['BLOCKED', 0]];
  vercel.createdWith = { seatBlock: { blockCode: 'TEAM_ACCESS_REQUIRED' } };
  const blocked = await deploy({ releaseKey: 'b' });
  assert.equal(blocked.outcome, 'blocked');
  assert.match(blocked.message, /TEAM_ACCESS_REQUIRED.*commit author Ada.*Add the author to the Vercel team/);
  vercel.build = [['BUILDING', 0]];
  const late = await deploy({ releaseKey: 'c' });
  assert.deepEqual([late.outcome, late.reasonCode], ['timed-out', 'deployment_timed_out']);
  assert.equal(vercel.deployments.get('dpl_created3')?.readyState, 'CANCELED');
  assert.match(late.message, /still BUILDING after 20 s. It was cancelled/);
});

test('without staging the domains must have been assigned', async () => {
  vercel.createdWith = { aliasError: { code: 'alias_failed', message: 'the domain is not verified' } };
  const failed = await deploy({ staged: false, releaseKey: 'a' });
  assert.match(failed.message, /could not be assigned: alias_failed: the domain is not verified/);
  vercel.createdWith = {};
  const never = await deploy({ staged: false, releaseKey: 'b' });
  assert.deepEqual([never.outcome, never.reasonCode], ['timed-out', 'alias_not_assigned']);
  vercel.createdWith = { aliasAssigned: true };
  assert.equal((await deploy({ staged: false, releaseKey: 'c' })).outcome, 'ready');
  assert.equal(vercel.created[0]?.autoAssignCustomDomains, undefined);
});

test("a project's first deployment is said to be live", async () => {
  vercel.project.targets = {};
  const done = await deploy();
  assert.deepEqual([done.outcome, done.live], ['ready', true]);
  assert.match(done.message, /live: it is the first/);
});

test('a staging deployment is a preview or belongs to the custom environment, and nothing of production is sent', async () => {
  await deploy({ as: 'alias', releaseKey: 'a' });
  const custom = await deploy({ as: 'custom-environment', customEnvironment: 'staging', releaseKey: 'b' });
  assert.equal(custom.deployment?.target, 'staging');
  const sent = vercel.created.map(({ target, customEnvironmentSlugOrId }) => [target, customEnvironmentSlugOrId]);
  assert.deepEqual(sent, [
    [undefined, undefined],
    [undefined, 'staging'],
  ]);
  assert.ok(vercel.posts().every((path) => !/promote|rollback/.test(path)));
});

test('a refusal of Vercel is told in its words', async () => {
  vercel.faults.push({
    method: 'POST',
    route: /v13/,
    status: 402,
    body: { error: { code: 'over_limit', message: 'Upgrade' } },
  });
  const done = await deploy();
  assert.deepEqual([done.outcome, done.reasonCode], ['failed', 'vercel_plan']);
  assert.match(done.message, /402 \(over_limit\): Upgrade/);
});

test("a working directory that contradicts the project's Root Directory is refused before anything is sent", async () => {
  vercel.project.rootDirectory = 'backend';
  const done = await deploy({ workingDirectory: './frontend' });
  assert.equal(done.reasonCode, 'root_directory_differs');
  vercel.project.rootDirectory = null;
  await deploy({ workingDirectory: './frontend/' });
  const [sent] = vercel.created as { files: { file: string }[] }[];
  assert.deepEqual(
    sent?.files.map(({ file }) => file),
    ['page.js'],
  );
});

test('prebuilt output is uploaded as such, and missed with the command that makes it', async () => {
  const missing = await deploy({ build: 'prebuilt' });
  assert.match(missing.message, /vercel build --prod/);
  const output = join(directory, '.vercel', 'output');
  await mkdir(join(output, 'static'), { recursive: true });
  await writeFile(join(output, 'config.json'), '{"version":3}');
  await writeFile(join(output, 'static', 'app.js'), 'hello()');
  try {
    assert.equal((await deploy({ build: 'prebuilt' })).outcome, 'ready');
  } finally {
    await rm(join(directory, '.vercel'), { recursive: true });
  }
  const [sent] = vercel.created as { files: { file: string }[] }[];
  assert.deepEqual(sent?.files.map(({ file }) => file).sort(), [
    '.vercel/output/config.json',
    '.vercel/output/static/app.js',
  ]);
  const post = vercel.log.findLast(({ method, path }) => method === 'POST' && path === '/v13/deployments');
  assert.equal(post?.query.get('prebuilt'), '1');
});

test('adopting takes what the Git integration built of this commit, waits for it, and names what it refuses', async () => {
  vercel.project.link = { type: 'github', org: 'acme', repo: 'notes', repoId: 12, productionBranch: 'main' };
  const gitSource = { type: 'github', repoId: 12, sha: 'a'.repeat(40), ref: 'main' };
  const creator = { username: 'ada' };
  vercel.add({ id: 'dpl_forged', readyState: 'READY', meta: { githubCommitSha: 'a'.repeat(40) }, creator });
  const nothing = await deploy({ build: 'adopt' });
  assert.deepEqual([nothing.outcome, nothing.reasonCode], ['timed-out', 'nothing_to_adopt']);
  assert.match(nothing.message, /dpl_forged: Vercel does not say from which commit/);
  const building = vercel.add({ id: 'dpl_git', readyState: 'BUILDING', gitSource, creator });
  vercel.afterReads(3, /dpl_git$/, () => {
    building.readyState = 'READY';
  });
  const done = await deploy({ build: 'adopt' });
  assert.deepEqual([done.outcome, done.adopted, done.deployment?.id], ['ready', true, 'dpl_git']);
  assert.deepEqual(vercel.posts(), []);
});

test('a deployment that the workflow names is adopted by the same terms, or refused by name without waiting', async () => {
  vercel.project.link = { type: 'github', org: 'acme', repo: 'notes', repoId: 12, productionBranch: 'main' };
  const gitSource = { type: 'github', repoId: 12, sha: 'a'.repeat(40), ref: 'main' };
  const creator = { username: 'ada' };
  vercel.add({ id: 'dpl_older', readyState: 'READY', gitSource, creator, createdAt: 1 });
  vercel.add({ id: 'dpl_newer', readyState: 'READY', gitSource, creator, createdAt: 2 });
  vercel.add({ id: 'dpl_else', readyState: 'READY', gitSource: { ...gitSource, sha: 'b'.repeat(40) }, creator });
  const named = (deploymentId: string) => deploy({ build: 'adopt', deploymentId });
  const done = await named('dpl_older');
  assert.deepEqual([done.outcome, done.adopted, done.deployment?.id], ['ready', true, 'dpl_older'], done.message);
  const other = await named('dpl_else');
  assert.deepEqual([other.outcome, other.reasonCode], ['failed', 'not_adoptable']);
  assert.match(other.message, /dpl_else cannot be released: it was built from b{40}/);
  assert.match((await named('dpl_gone')).message, /has no such deployment/);
  assert.deepEqual(vercel.posts(), []);
});

test('a cancelled run ends with its reason and cancels what it created', async () => {
  vercel.build = [['BUILDING', 0]];
  const cancelled = new AbortController();
  vercel.afterReads(2, /dpl_created1$/, () => cancelled.abort(new Error('the run was cancelled')));
  await assert.rejects(deploy({}, { signal: cancelled.signal }), /the run was cancelled/);
  assert.equal(vercel.deployments.get('dpl_created1')?.readyState, 'CANCELED');
});
