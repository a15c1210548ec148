import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Result } from '#action-kit/result';
import { createRunner, type Runner } from '#action-kit/runner';
import { createOneTimeKey } from '#backup/age-stream';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { main as backup } from '../actions/backup/src/main.ts';
import { main as migrate } from '../actions/migrate-with-backup/src/main.ts';
import { main as preflight } from '../actions/preflight/src/main.ts';
import { main as restore } from '../actions/restore/src/main.ts';

// No host of this machine by its name, and yet nothing leaves it: the connection is refused at once.
const weak = 'postgresql://postgres:canary@0.0.0.0:1/postgres?sslmode=require';
const reason = 'the proxy has no certificate of its own';

describe('a connection that proves less than the host (S30)', () => {
  let folder: string;
  let sandbox: Sandbox;
  let recipient: string;
  let identity: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weak-tls-'));
    sandbox = await startSandbox({ postgres: false });
    ({ identity, recipient } = await createOneTimeKey());
    await mkdir(join(folder, '.github'));
    await mkdir(join(folder, 'supabase/migrations'), { recursive: true });
    await writeFile(join(folder, 'supabase/migrations/20260101000000_notes.sql'), 'CREATE TABLE notes (id int);\n');
  });
  after(async () => {
    await sandbox?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** How the action ends, and everything that it said, with this section of ops.yml. */
  async function run(main: (runner: Runner) => Promise<Result>, inputs: Record<string, string>, database: object) {
    await writeFile(join(folder, '.github/ops.yml'), JSON.stringify({ database, environments: { production: {} } }));
    const lines: string[] = [];
    const given = { environment: 'production', ...inputs };
    const runner = createRunner({
      environment: {
        ...{ PATH: process.env.PATH, HOME: folder, RUNNER_TEMP: folder, GITHUB_WORKSPACE: folder },
        OPS_ACTIONS_SUPABASE_API_URL: sandbox.description.supabase.apiUrl,
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      write: (line) => lines.push(line),
    });
    const ended = await main(runner).catch((error: Error & { reasonCode?: string }) => ({
      reasonCode: error.reasonCode,
      summary: error.message,
      details: undefined,
      jobSummary: undefined,
    }));
    return { ...ended, page: ended.jobSummary ?? '', log: lines.join('\n') };
  }

  const stores = () => ({ 'backup-destination': 'directory', 'backup-path': folder, 'age-recipients': recipient });
  const stored = () => ({ manifest: 'a.json', digest: `sha256:${'0'.repeat(64)}`, 'backup-path': folder });
  const cases = [
    { name: 'migrate', main: migrate, inputs: () => ({ 'database-url': weak, ...stores() }) },
    { name: 'backup', main: backup, inputs: () => ({ 'database-url': weak, ...stores() }) },
    {
      name: 'restore',
      main: restore,
      inputs: () => ({ 'target-url': weak, confirm: 'postgres', 'age-identity': identity, ...stored() }),
    },
  ];
  for (const { name, main, inputs } of cases) {
    test(`${name}: refused without a reason, shown with one`, async () => {
      const refused = await run(main, inputs(), {});
      assert.equal(refused.reasonCode, 'weak_tls_without_reason', refused.summary);
      assert.match(refused.summary, /sslmode=require does not prove.*database: \{ tls-reason: /);
      const shown = await run(main, inputs(), { 'tls-reason': reason });
      assert.notEqual(shown.reasonCode, 'weak_tls_without_reason');
      assert.match(shown.log, new RegExp(`Weaker than standard: sslmode=require .*: ${reason}`));
      if (main === restore) assert.match(shown.page, new RegExp(`Connection .*weaker than standard: .*${reason}`));
    });
  }

  test('point in time: refused before the platform is asked to go back; who lists the points is told', async () => {
    const { token, project } = sandbox.description.supabase;
    const inputs = {
      mode: 'point-in-time',
      'supabase-access-token': token,
      'supabase-project': project,
      'target-url': `postgresql://postgres.${project}:p@aws-0-eu-central-1.pooler.supabase.com/postgres?sslmode=require`,
    };
    const asked = { ...inputs, ...stores(), confirm: project, 'recovery-time': new Date().toISOString() };
    assert.equal((await run(restore, asked, {})).reasonCode, 'weak_tls_without_reason');
    assert.deepEqual(sandbox.supabase.backups.restores, []);
    const listed = await run(restore, inputs, { 'tls-reason': reason });
    assert.equal(listed.reasonCode, 'point_not_chosen', listed.summary);
    assert.match(listed.log, new RegExp(`Weaker than standard: sslmode=require .*: ${reason}`));
    assert.match(listed.page, new RegExp(`Connection .*weaker than standard: .*${reason}`));
  });

  test('preflight: a finding without a reason, so that a release fails before anything starts', async () => {
    const codes = async (database: object) => {
      const { details } = await run(preflight, { 'database-url': weak }, database);
      assert.ok(details);
      return (details.problems as { code: string }[]).map(({ code }) => code);
    };
    assert.ok((await codes({})).includes('weak_tls_without_reason'));
    const found = await codes({ 'tls-reason': reason });
    assert.ok(found.includes('database_unreachable'), found.join());
    assert.ok(!found.includes('weak_tls_without_reason'));
  });

  test('what only reads goes on and says that no reason is given', async () => {
    const read = await run(migrate, { 'database-url': weak, mode: 'plan' }, {});
    assert.notEqual(read.reasonCode, 'weak_tls_without_reason');
    assert.match(read.log, /Weaker than standard: sslmode=require .*: no reason is given/);
  });
});
