import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { openChallenges } from '#backup/challenges';
import { openDecryption } from '#backup/encryption';
import { listPostgres } from '#backup/find-postgres';
import { parseManifest } from '#backup/manifest';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { startStore, storeMissing, type TestStore } from '#backup/test-s3';
import { createGitHub } from '#github/client';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { readWorkflows } from '../workflows-model.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? storeMissing : 'no PostgreSQL server programs on this machine';
const workflow = readWorkflows().find(({ file }) => file === 'backup.yml');

describe('backup.yml from backup to drill, its own steps with their bundles', { skip, concurrency: 1 }, () => {
  let cluster: Cluster;
  let store: TestStore;
  let sandbox: Sandbox;
  let holder: { identity: string; recipient: string };
  let absent: { identity: string; recipient: string };
  let url: string;
  let runs = 100;
  before(async () => {
    [cluster, store, sandbox, holder, absent] = await Promise.all([
      startCluster(),
      startStore(),
      startSandbox({ postgres: false }),
      createOneTimeKey(),
      createOneTimeKey(),
    ]);
    url = await createDatabase(
      cluster,
      `CREATE TABLE notes (id int PRIMARY KEY, v text); INSERT INTO notes SELECT g, 'canary-row' FROM generate_series(1, 500) g`,
    );
  });
  after(async () => {
    await Promise.allSettled([cluster?.stop(), store?.stop(), sandbox?.close(), removeWorkspaces()]);
  });

  /** The step of a job that uses an action of ours, with the values that GitHub would put in. */
  async function job(name: string, given: { inputs?: Record<string, string>; needs?: Record<string, string> } = {}) {
    const step = workflow?.jobs[name]?.steps?.find(
      ({ uses, if: condition }) => uses?.startsWith('$/actions/') && condition === undefined,
    );
    assert.ok(step?.uses !== undefined && step.with !== undefined, name);
    const inputs: Record<string, unknown> = Object.fromEntries(
      Object.entries(workflow?.call.inputs ?? {}).map(([key, { default: standard }]) => [key, standard ?? '']),
    );
    const { connection } = store;
    Object.assign(inputs, {
      'backup-destination': 's3://backups/notes/production',
      's3-endpoint': connection.endpoint,
      'age-recipients': `${holder.recipient}\n${absent.recipient}`,
      ...given.inputs,
    });
    const known: Record<string, unknown> = {
      ...Object.fromEntries(Object.entries(inputs).map(([key, value]) => [`inputs.${key}`, value])),
      'secrets.DATABASE_URL': url,
      'secrets.BACKUP_S3_ACCESS_KEY_ID': connection.accessKeyId,
      'secrets.BACKUP_S3_SECRET_ACCESS_KEY': connection.secretAccessKey,
      'secrets.BACKUP_S3_PRUNE_ACCESS_KEY_ID': '',
      'secrets.BACKUP_SUPABASE_STORAGE_KEY': '',
      'secrets.SUPABASE_ACCESS_TOKEN': '',
      'secrets.BACKUP_S3_PRUNE_SECRET_ACCESS_KEY': '',
      'secrets.BACKUP_AGE_IDENTITY': holder.identity,
      'secrets.BACKUP_GPG_PRIVATE_KEY': '',
      'secrets.BACKUP_GPG_PASSPHRASE': '',
      "inputs.prune && needs.backup.result == 'success'": 'true',
      ...given.needs,
    };
    const value = (expression: string) => {
      const parts = expression.split('||').map((part) => part.trim());
      for (const part of parts) assert.ok(part in known, `${name} reads ${part}`);
      return String(parts.map((part) => known[part]).find((found) => found !== '') ?? '');
    };
    const filled = Object.entries(step.with).map(([key, text]): [string, string] => [
      key,
      String(text).replaceAll(/\$\{\{\s*(.+?)\s*\}\}/g, (_, expression: string) => value(expression)),
    ]);
    const { github } = sandbox.description;
    const run = await runBundle({
      action: step.uses.slice('$/actions/'.length),
      inputs: { ...Object.fromEntries(filled), 'github-token': github.token },
      environment: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.repository,
        GITHUB_REPOSITORY_ID: String(sandbox.repositoryId),
        GITHUB_RUN_ID: String(runs),
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_EVENT_NAME: 'schedule',
        RUNNER_ENVIRONMENT: 'github-hosted',
        ACTIONS_RESULTS_URL: sandbox.artifacts.resultsUrl,
        ACTIONS_RUNTIME_TOKEN: sandbox.runtimeToken(String(runs)),
      },
    });
    const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    assert.doesNotMatch(shown.join('\n'), /canary-row|test-secret-of-the-store|AGE-SECRET-KEY/);
    return run;
  }
  /** Both jobs of a drill, as one run. */
  async function drill(inputs: Record<string, string> = {}) {
    runs += 1;
    const held = await job('drill', { inputs });
    const report = await job('report', { needs: { 'needs.drill.outputs.result': held.outputs.result ?? '' } });
    assert.equal(report.code, 0, report.log);
    return { held, report };
  }
  const issues = () =>
    createGitHub({ ...sandbox.description.github }).listIssues({ labels: ['ops-drill'], state: 'all' });
  const folder = () => join(store.folder, 'notes/production');
  let manifestFile = '';

  test('the night: backed up and proven, then fresh; a limit of 26 h that has passed is red', async () => {
    const made = await job('backup');
    assert.deepEqual([made.code, made.outputs.decision], [0, 'verified'], made.log);
    manifestFile = made.outputs['backup-manifest'] ?? '';
    const checked = await job('check');
    assert.deepEqual([checked.code, checked.outputs.decision], [0, 'fresh'], checked.log);
    const old = await job('check', { inputs: { 'max-age': '1ms' } });
    assert.deepEqual([old.code, old.outputs.decision, old.outputs['reason-code']], [1, 'stale', 'too_old']);
    const never = await job('check', { inputs: { 'drill-max-age': '100d' } });
    assert.deepEqual([never.code, never.outputs['reason-code']], [1, 'no_drill'], never.log);
  });

  test('the drill restores with the real key; a key that nobody has shown fails it and opens one issue', async () => {
    const { held } = await drill();
    assert.deepEqual(
      [held.code, held.outputs.decision, held.outputs['reason-code']],
      [1, 'failed', 'key_not_opened'],
      held.log,
    );
    const { verification, restoreSeconds, ageSeconds, open } = held.result as {
      verification: { verdict: string };
      restoreSeconds: number;
      ageSeconds: number;
      open: { recipient: string }[];
    };
    assert.equal(verification.verdict, 'verified');
    assert.ok(restoreSeconds > 0 && ageSeconds > 0);
    assert.equal(open.length, 1);
    const [issue, ...others] = await issues();
    assert.equal(others.length, 0);
    assert.deepEqual([issue?.title, issue?.state], ['Recovery drill of production: needs a person', 'open']);
    assert.match(issue?.body ?? '', /base64 --decode <<'END' \| age --decrypt --identity backup-key\.txt/);
  });

  test('the word that its holder reads counts, the same issue is closed, and the check knows of the drill', async () => {
    const { challenges = [] } = parseManifest(await readFile(join(folder(), manifestFile), 'utf8'));
    const decryption = await openDecryption({ ageIdentity: absent.identity });
    const [mine = ''] = await openChallenges(challenges, decryption);
    const sealed = Buffer.from(challenges.find(({ recipient }) => recipient === mine)?.sealed ?? '', 'base64');
    const chunks: Uint8Array[] = [];
    for await (const chunk of decryption.decrypt(ReadableStream.from([sealed]))) chunks.push(chunk);
    const { held, report } = await drill({ answers: Buffer.concat(chunks).toString() });
    assert.deepEqual([held.code, held.outputs.decision], [0, 'passed'], held.log);
    assert.equal(report.outputs.decision, 'updated');
    const [issue, ...others] = await issues();
    assert.equal(others.length, 0);
    assert.deepEqual([issue?.title, issue?.state], ['Recovery drill of production: passed', 'closed']);
    assert.equal((issue?.body.match(/^\| \d{4}-\d\d-\d\d /gm) ?? []).length, 2, 'both drills are in the report');
    const checked = await job('check', { inputs: { 'drill-max-age': '100d' } });
    assert.deepEqual([checked.code, checked.outputs.decision], [0, 'fresh'], checked.log);
    // Proven for 100 days: the next drill needs no word.
    assert.equal((await drill()).held.outputs.decision, 'passed');
  });

  test('a slow restore and old data fail the drill, each with its target', async () => {
    const slow = (await drill({ 'restore-within': '1ms' })).held;
    assert.deepEqual([slow.code, slow.outputs['reason-code']], [1, 'too_slow'], slow.log);
    const old = (await drill({ 'data-age': '1ms' })).held;
    assert.deepEqual([old.code, old.outputs['reason-code']], [1, 'data_too_old'], old.log);
  });

  test('a drill that died is told in the same issue', async () => {
    runs += 1;
    const report = await job('report', { needs: { 'needs.drill.outputs.result': '' } });
    assert.equal(report.code, 0, report.log);
    const [issue, ...others] = await issues();
    assert.deepEqual([others.length, issue?.state], [0, 'open']);
    assert.match(issue?.body ?? '', /The drill ended before it could say why, and left no record/);
  });

  test('a manifest that somebody changed is not drilled', async () => {
    const manifest = join(folder(), manifestFile);
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace(/"kind": "\w+"/, '"kind": "manual"'));
    const { held } = await drill();
    assert.deepEqual([held.code, held.outputs['reason-code']], [1, 'no_backup'], held.log);
    assert.match(held.log, /is not used: it stands in no record as it lies there/);
  });

  test('backups that are artifacts of earlier runs are found with the day on which GitHub removes them', async () => {
    const inputs = { 'backup-destination': 'artifact\ns3://backups/notes/beside' };
    const made = await job('backup', { inputs });
    assert.deepEqual([made.code, made.outputs.decision], [0, 'verified'], made.log);
    runs += 1;
    const checked = await job('check', { inputs: { 'backup-destination': 'artifact' } });
    assert.deepEqual([checked.code, checked.outputs.decision, checked.outputs.pruned], [0, 'fresh', '[]'], checked.log);
    assert.equal(checked.outputs['backup-manifest'], made.outputs['backup-manifest']);
    const until = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
    assert.match(
      checked.outputs.summary ?? '',
      new RegExp(`in artifacts of acme/notes-app is .*; kept until ${until}`),
    );
  });
});
