import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { createRunner } from '#action-kit/runner';
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
import { main as backUp } from '../../actions/backup/src/main.ts';
import { minutesOf } from '../cron-times.ts';
import { readWorkflows, root } from '../workflows-model.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? storeMissing : 'no PostgreSQL server programs on this machine';
const workflow = readWorkflows().find(({ file }) => file === 'backup.yml');
/** What a consumer has. */
const caller = parse(await readFile(join(root, 'examples/notes-app/.github/workflows/backup.yml'), 'utf8')) as {
  on: { schedule: { cron: string }[]; workflow_dispatch?: { inputs?: Record<string, { default?: unknown }> } };
  jobs: { production: { uses: string; with: Record<string, string> } };
};

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
  async function job(
    name: string,
    given: {
      inputs?: Record<string, string>;
      needs?: Record<string, string>;
      event?: string;
      files?: Record<string, string>;
    } = {},
  ) {
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
      'secrets.SUPABASE_DB_PASSWORD': '',
      'secrets.BACKUP_S3_ACCESS_KEY_ID': connection.accessKeyId,
      'secrets.BACKUP_S3_SECRET_ACCESS_KEY': connection.secretAccessKey,
      'secrets.BACKUP_S3_PRUNE_ACCESS_KEY_ID': '',
      'secrets.BACKUP_SUPABASE_STORAGE_KEY': '',
      'secrets.SUPABASE_ACCESS_TOKEN': '',
      'secrets.BACKUP_S3_PRUNE_SECRET_ACCESS_KEY': '',
      'secrets.BACKUP_AGE_IDENTITY': holder.identity,
      'secrets.BACKUP_GPG_PRIVATE_KEY': '',
      'secrets.BACKUP_GPG_PASSPHRASE': '',
      'needs.rebuild-end.outputs.result': '',
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
        GITHUB_EVENT_NAME: given.event ?? 'schedule',
        RUNNER_ENVIRONMENT: 'github-hosted',
        ACTIONS_RESULTS_URL: sandbox.artifacts.resultsUrl,
        ACTIONS_RUNTIME_TOKEN: sandbox.runtimeToken(String(runs)),
      },
      ...(given.files === undefined ? {} : { files: given.files }),
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
    const files = { '.github/ops.yml': 'version: 1\ndrills: { rollback: quarterly }\n' };
    const unrehearsed = await job('check', { files });
    assert.deepEqual([unrehearsed.code, unrehearsed.outputs['reason-code']], [1, 'no_rehearsal'], unrehearsed.log);
  });

  test('the week: what lies in both places is read back, restored again with a real key, and the check knows of it', async () => {
    const wanted = { 'verification-max-age': '9d' };
    const never = await job('check', { inputs: wanted });
    assert.deepEqual([never.code, never.outputs['reason-code']], [1, 'no_verification'], never.log);
    const inputs = { verify: 'restore', 'backup-destination': 's3://backups/notes/week\ns3://backups/notes/beside-it' };
    runs += 1;
    const made = await job('backup', { inputs });
    assert.equal(made.outputs.decision, 'verified', made.log);
    runs += 1;
    const verified = await job('verify', { inputs });
    assert.deepEqual([verified.code, verified.outputs.decision], [0, 'verified'], verified.log);
    const { places } = verified.result as { places: { backup: string; verdict: string; message: string }[] };
    const name = (made.outputs['backup-manifest'] ?? '').replace('.manifest.json', '');
    assert.deepEqual(
      places.map(({ backup, verdict }) => [backup, verdict]),
      [
        [name, 'verified'],
        [name, 'verified'],
      ],
    );
    assert.match(places[1]?.message ?? '', /^the same bytes as before/);
    const checked = await job('check', { inputs: wanted });
    assert.deepEqual([checked.code, checked.outputs.decision], [0, 'fresh'], checked.log);
    // The second place has lost its copy.
    await rm(join(store.folder, 'notes/beside-it', `${name}.dump.zst.age`));
    const lost = await job('verify', { inputs });
    assert.deepEqual([lost.code, lost.outputs.decision, lost.outputs['reason-code']], [1, 'mismatch', 'incomplete']);
    const keyless = { 'secrets.BACKUP_AGE_IDENTITY': '' };
    const without = await job('verify', { inputs, needs: keyless });
    assert.equal(without.code, 1);
    assert.match(without.log, /age-identity: no private key is given/);
    const bytes = await job('verify', {
      inputs: { verify: 'digest', 'backup-destination': 's3://backups/notes/week' },
      needs: keyless,
    });
    assert.deepEqual(
      [bytes.code, bytes.outputs.decision, bytes.outputs['reason-code']],
      [0, 'could-not-verify', 'digest_only'],
      bytes.log,
    );
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

  test('one dispatch of the example makes a full backup by hand, with its size, time and rows on the page', async () => {
    const { workflow_dispatch: dispatch } = caller.on;
    assert.equal(dispatch?.inputs?.drill?.default, false, 'a run by hand is a backup unless its box is ticked');
    assert.match(caller.jobs.production.uses, /\/backup\.yml@/);
    runs += 1;
    const files = { '.github/ops.yml': 'version: 1\ndatabase: { backup: { name: "backup_manual_{date}" } }\n' };
    const inputs = { 'backup-destination': 's3://backups/notes/by-hand' };
    const made = await job('backup', { inputs, files, event: 'workflow_dispatch' });
    assert.deepEqual([made.code, made.outputs.decision], [0, 'verified'], made.log);
    const place = join(store.folder, 'notes/by-hand');
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const manifest = parseManifest(await readFile(join(place, made.outputs['backup-manifest'] ?? ''), 'utf8'));
    assert.deepEqual([manifest.kind, manifest.rows, manifest.partial], ['manual', 500, undefined]);
    assert.match(manifest.name, new RegExp(`^backup_manual_(?:${day}|\\d{8})-${runs}\\.1$`));
    const object = await readFile(join(place, manifest.object.file), 'latin1');
    assert.match(object, /^age-encryption\.org\/v1\n/);
    assert.doesNotMatch(object, /canary-row|PGDMP/);
    assert.match(made.summary, /\| relations, rows \| `\d+, 500` \|/);
    assert.match(made.summary, /\| size \| `[\d.]+ \w?B stored, [\d.]+ \w?B dumped` \|/);
    assert.match(made.summary, /\| seconds \| `dump [\d.]+, restore [\d.]+, compare [\d.]+, total [\d.]+` \|/);
  });

  test('over a day of the example on the clock a dump appears in the sink at 02:00 and at no other time', async () => {
    const day = Date.parse('2026-01-24T00:00:00Z');
    const { schedule } = caller.on;
    const { verify, drill } = caller.jobs.production.with;
    const { github } = sandbox.description;
    const nightly = schedule.filter(({ cron }) => !`${verify} ${drill}`.includes(`github.event.schedule == '${cron}'`));
    const fired = nightly.flatMap(({ cron }) => minutesOf(cron, day));
    for (const at of fired) {
      runs += 1;
      const environment = {
        PATH: process.env.PATH,
        GITHUB_EVENT_NAME: 'schedule',
        GITHUB_RUN_ID: String(runs),
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_API_URL: github.apiUrl,
        GITHUB_WORKSPACE: store.folder,
        RUNNER_ENVIRONMENT: 'github-hosted',
        INPUT_ENVIRONMENT: 'production',
        'INPUT_DATABASE-URL': url,
        'INPUT_BACKUP-DESTINATION': 's3://backups/notes/nights',
        'INPUT_S3-ENDPOINT': store.connection.endpoint ?? '',
        'INPUT_S3-ACCESS-KEY-ID': store.connection.accessKeyId,
        'INPUT_S3-SECRET-ACCESS-KEY': store.connection.secretAccessKey,
        'INPUT_AGE-RECIPIENTS': holder.recipient,
      };
      const clock = { now: () => at, sleep: async () => {} };
      const made = await backUp(createRunner({ environment, clock, write: () => {} }));
      assert.equal(made.decision, 'verified', made.summary);
    }
    const dumps = (await readdir(join(store.folder, 'notes/nights'))).filter((name) => name.includes('.dump.'));
    assert.deepEqual(dumps, [`backup-production-20260124T020000Z-${runs}.1.dump.zst.age`]);
  });
});
