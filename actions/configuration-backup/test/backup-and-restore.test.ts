import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { createOneTimeKey, type OneTimeKey } from '#backup/age-stream';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { main } from '../src/main.ts';

/** What must be in no log, output, page or file. */
const canaries = ['canary-former-1f2e3d', 'canary-damaged-9a8b7c', 'canary-sensitive-5d4c3b', 'canary-of-functions-77'];

describe('configuration: kept, changed, put back', { concurrency: 1 }, () => {
  let sandbox: Sandbox;
  let folder: string;
  let key: OneTimeKey;
  let runs = 700;
  before(async () => {
    [sandbox, folder, key] = await Promise.all([
      startSandbox({ postgres: false }),
      mkdtemp(join(tmpdir(), 'configuration-')),
      createOneTimeKey(),
    ]);
    const { vercel } = sandbox;
    vercel.setEnvironment(vercel.project, { API_KEY: 'canary-former-1f2e3d', REGION: 'fra1' }, ['production']);
    vercel.project.env.push({
      id: 'sensitive-one',
      key: 'SIGNING_KEY',
      value: 'canary-sensitive-5d4c3b',
      target: ['production'],
      type: 'sensitive',
      createdAt: 0,
    });
    sandbox.supabase.secrets.set('STRIPE_KEY', 'canary-of-functions-77');
  });
  after(async () => {
    await sandbox?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const liveValue = (name: string) => sandbox.vercel.project.env.find((one) => one.key === name)?.value;

  async function run(given: Record<string, string>) {
    const { vercel, supabase, github } = sandbox.description;
    const lines: string[] = [];
    runs += 1;
    const inputs: Record<string, string> = {
      environment: 'production',
      'github-token': github.token,
      'vercel-token': vercel.token,
      'vercel-project': vercel.projectId,
      'vercel-team': vercel.teamId,
      'supabase-access-token': supabase.token,
      'supabase-project': supabase.project,
      'backup-destination': 'directory',
      'backup-path': folder,
      'age-recipients': key.recipient,
      ...given,
    };
    const environment = {
      ...{
        GITHUB_WORKSPACE: folder,
        RUNNER_TEMP: folder,
        GITHUB_RUN_ID: String(runs),
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_SHA: '0'.repeat(40),
      },
      ...{ GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.repository, RUNNER_DEBUG: '1' },
      OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl,
      OPS_ACTIONS_SUPABASE_API_URL: supabase.apiUrl,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    };
    const result = await main(createRunner({ environment, write: (line) => lines.push(line) }));
    const shown = [...lines.filter((line) => !line.startsWith('::add-mask::')), JSON.stringify(result)].join('\n');
    for (const canary of canaries) assert.ok(!shown.includes(canary), `${canary} is shown:\n${shown}`);
    return { ...result, shown, masked: lines.filter((line) => line.startsWith('::add-mask::')).join('\n') };
  }
  const restore = (given: Record<string, string>) =>
    run({ mode: 'restore', 'age-identity': key.identity, 'supabase-access-token': '', ...given });
  let manifest = '';
  let digest = '';

  test('a backup holds values, names and functions, encrypted, and says by name what it cannot hold', async () => {
    const made = await run({});
    assert.deepEqual(
      [made.decision, made.reasonCode, made.failed],
      ['verified', 'opened_and_equal', false],
      made.shown,
    );
    assert.deepEqual(made.details?.counts, { variables: 3, variablesWithoutValue: 1, secretNames: 1, functions: 0 });
    assert.deepEqual(made.details?.notCovered, [
      'value of SIGNING_KEY (production): sensitive, Vercel does not give it',
      'value of the Supabase secret STRIPE_KEY: only its digest is given',
    ]);
    assert.match(made.masked, /canary-former-1f2e3d/);
    assert.doesNotMatch(made.masked, /::fra1$/m);
    manifest = made.outputs?.['backup-manifest'] ?? '';
    digest = made.outputs?.digest ?? '';
    const names = await readdir(folder);
    assert.equal(names.filter((name) => name.includes('.configuration.')).length, 2);
    for (const name of names) {
      const text = await readFile(join(folder, name), 'latin1');
      for (const secret of [...canaries, 'API_KEY', 'STRIPE_KEY'])
        assert.ok(!text.includes(secret), `${secret} in ${name}`);
    }
  });

  test('a variable that was changed is put back, after the name of the project was typed and what changes was shown', async () => {
    sandbox.vercel.setEnvironment(sandbox.vercel.project, { API_KEY: 'canary-damaged-9a8b7c' }, ['production']);
    const planned = await restore({ manifest });
    assert.deepEqual([planned.decision, planned.reasonCode], ['planned', 'dry_run'], planned.shown);
    assert.deepEqual(planned.details?.change, ['API_KEY (production)']);
    assert.equal(liveValue('API_KEY'), 'canary-damaged-9a8b7c');
    const mistyped = await restore({ manifest, confirm: 'another' });
    assert.deepEqual([mistyped.decision, mistyped.reasonCode, mistyped.failed], ['refused', 'not_confirmed', true]);
    assert.equal(liveValue('API_KEY'), 'canary-damaged-9a8b7c');
    const done = await restore({ manifest, confirm: sandbox.description.vercel.projectName });
    assert.deepEqual([done.decision, done.reasonCode], ['restored', 'values_back'], done.shown);
    assert.equal(liveValue('API_KEY'), 'canary-former-1f2e3d');
    assert.equal(liveValue('SIGNING_KEY'), 'canary-sensitive-5d4c3b', 'what the backup has no value of stays');
    assert.match(done.shown, /the present values are kept as configuration-production-\S+\.configuration\.json/);
    const again = await restore({ manifest, confirm: sandbox.description.vercel.projectName });
    assert.deepEqual([again.decision, again.reasonCode], ['restored', 'nothing_to_change'], again.shown);
  });

  test('one variable alone; one that is gone is created; what is new stays; a name that is in no backup is refused', async () => {
    const { project } = sandbox.vercel;
    sandbox.vercel.setEnvironment(project, { API_KEY: 'canary-damaged-9a8b7c', NEWER: 'stays' }, ['production']);
    project.env = project.env.filter((one) => one.key !== 'REGION');
    const confirm = sandbox.description.vercel.projectName;
    const unknown = await restore({ manifest, confirm, variables: 'REGION\nNOWHERE' });
    assert.deepEqual([unknown.decision, unknown.reasonCode], ['refused', 'unknown_variable'], unknown.shown);
    assert.equal(liveValue('REGION'), undefined);
    const one = await restore({ manifest, confirm, variables: 'REGION' });
    assert.deepEqual([one.decision, one.details?.create], ['restored', ['REGION (production)']], one.shown);
    assert.deepEqual(
      [liveValue('REGION'), liveValue('API_KEY'), liveValue('NEWER')],
      ['fra1', 'canary-damaged-9a8b7c', 'stays'],
    );
    const all = await restore({ manifest, confirm });
    assert.deepEqual([all.decision, all.details?.extra], ['restored', ['NEWER (production)']], all.shown);
  });

  test('Vercel refuses one of two: the other is written, the run is red and names it, and a second run ends it', async () => {
    const { project } = sandbox.vercel;
    sandbox.vercel.setEnvironment(project, { API_KEY: 'canary-damaged-9a8b7c', REGION: 'iad1' }, ['production']);
    const confirm = sandbox.description.vercel.projectName;
    sandbox.faults.order({ service: 'vercel', method: 'PATCH', route: '/v9/projects', fault: { status: 403 } });
    const half = await restore({ manifest, confirm });
    assert.deepEqual([half.decision, half.reasonCode, half.failed], ['failed', 'variable_differs', true], half.shown);
    assert.equal(((half.details?.wrong ?? []) as string[]).length, 1);
    const rest = await restore({ manifest, confirm });
    assert.deepEqual(
      [rest.decision, liveValue('API_KEY'), liveValue('REGION')],
      ['restored', 'canary-former-1f2e3d', 'fra1'],
    );
  });

  test('somebody else’s file in its place, or a key that is not its own, changes nothing', async () => {
    sandbox.vercel.setEnvironment(sandbox.vercel.project, { API_KEY: 'canary-damaged-9a8b7c' }, ['production']);
    const confirm = sandbox.description.vercel.projectName;
    const stranger = await createOneTimeKey();
    const closed = await restore({ manifest, confirm, 'age-identity': stranger.identity });
    assert.deepEqual([closed.decision, closed.reasonCode], ['failed', 'encryption_failed'], closed.shown);
    const file = join(folder, manifest);
    const text = await readFile(file, 'utf8');
    const forged = text.replace(/"createdAt": \d+/, '"createdAt": 1');
    await writeFile(file, forged);
    const replaced = await restore({ manifest, confirm });
    assert.deepEqual([replaced.decision, replaced.reasonCode], ['failed', 'digest_mismatch'], replaced.shown);
    await writeFile(file, text);
    const unknown = restore({ manifest, confirm, environment: 'staging' });
    await assert.rejects(unknown, /digest.*is needed: no ledger that could be read knows/s);
    assert.equal(liveValue('API_KEY'), 'canary-damaged-9a8b7c');
    const typed = await restore({ manifest, confirm, environment: 'staging', digest });
    assert.deepEqual([typed.decision, liveValue('API_KEY')], ['restored', 'canary-former-1f2e3d'], typed.shown);
  });

  test('all mistakes are said at once', async () => {
    await assert.rejects(
      restore({ 'vercel-token': '', 'vercel-project': '' }),
      /vercel-token[\s\S]*vercel-project[\s\S]*manifest/,
    );
    await assert.rejects(
      run({ 'vercel-token': '', 'supabase-access-token': '' }),
      /there is nothing to read otherwise/,
    );
    const keyless = await run({ 'age-recipients': '' });
    assert.deepEqual([keyless.decision, keyless.reasonCode], ['could-not-verify', 'no_recipients']);
  });
});
