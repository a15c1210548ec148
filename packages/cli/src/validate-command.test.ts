import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runTool } from '#child-process/run-tool';

const folder = mkdtempSync(join(tmpdir(), 'validate-command-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function command(...words: string[]) {
  const args = [join(import.meta.dirname, '../../../bin/ops-actions.js'), ...words];
  return await runTool({ command: process.execPath, args, cwd: folder, environment: {}, deadlineMs: 30_000 });
}

test('validate lists every mistake of every environment with its line, once, and ends with 1', async () => {
  writeFileSync(
    join(folder, 'ops.yml'),
    `watch: { window: soon }
environments:
  production: { database: { backup: { policy: skip } } }
  qa:
    watch: { on-no-data: pass }
  staging: { watch: { on-no-data: pass } }
`,
  );
  const told = await command('validate', '--config', 'ops.yml');
  assert.equal(told.exitCode, 1, told.stderr);
  assert.equal(told.stdout.match(/ops\.yml:1:\d+ watch\.window/g)?.length, 1, told.stdout);
  assert.match(told.stdout, /ops\.yml:3:\d+ environments\.production\.database\.backup\.policy: skip is refused/);
  assert.match(told.stdout, /ops\.yml:5:\d+ environments\.qa\.watch\.on-no-data: pass is refused/);
  assert.match(told.stdout, /^3 mistakes, for production, qa, staging\.$/m);
  const json = JSON.parse((await command('validate', '--config', 'ops.yml', '--json')).stdout);
  assert.deepEqual([json.schemaVersion, json.valid, json.problems.length], [1, false, 3]);
  assert.deepEqual([json.problems[0].file, json.problems[0].line], ['ops.yml', 1]);
});

test('validate ends with 0 for a sound file, says what is not acted on, and with 2 where there is none', async () => {
  writeFileSync(
    join(folder, 'ops.yml'),
    'smoke: { after: [x] }\nenvironments: { qa: { watch: { on-no-data: pass } } }\n',
  );
  const refused = await command('validate', '--config', 'ops.yml');
  assert.equal(refused.exitCode, 1);
  writeFileSync(join(folder, 'ops.yml'), 'contacts: {}\nenvironments: { qa: { watch: { on-no-data: pass } } }\n');
  const sound = await command('validate', '--config', 'ops.yml', '--environment', 'qa', '--throw-away');
  assert.equal(sound.exitCode, 0, sound.stdout);
  assert.match(sound.stdout, /read but not acted on by this version: contacts/);
  assert.match(sound.stdout, /ops\.yml is sound, for qa\./);
  const none = await command('validate');
  assert.equal(none.exitCode, 2);
  assert.match(none.stderr, /there is no \.github\/ops\.yml\. Write one with: .* init/);
});

test('validate warns where ops.yml says when backups are made and no workflow starts them', async () => {
  const text =
    'database: { backup: { schedule: daily at 02:00 UTC, verify-every: 7d } }\nenvironments: { production: {}, staging: {} }\n';
  writeFileSync(join(folder, 'ops.yml'), text);
  const unmade = /database\.backup\.schedule: backups of production are meant to be made by the schedule 0 2 \* \* \*/;
  const warned = await command('validate', '--config', 'ops.yml');
  assert.equal(warned.exitCode, 0, warned.stdout);
  assert.match(warned.stdout, unmade);
  assert.match(warned.stdout, /database\.backup\.verify-every: stored backups of production/);
  assert.doesNotMatch(warned.stdout, /backups of staging/);
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
  const example = join(import.meta.dirname, '../../../examples/notes-app/.github/workflows/backup.yml');
  copyFileSync(example, join(folder, '.github/workflows/backup.yml'));
  const made = await command('validate', '--config', 'ops.yml');
  assert.doesNotMatch(made.stdout, unmade);
  assert.doesNotMatch(made.stdout, /verify-every/);
});

test('validate warns where ops.yml says how often the way back is rehearsed and no workflow rehearses it', async () => {
  writeFileSync(
    join(folder, 'ops.yml'),
    'drills: { rollback: monthly }\nenvironments: { production: {}, staging: {} }\n',
  );
  const warned = await command('validate', '--config', 'ops.yml');
  assert.equal(warned.exitCode, 0, warned.stdout);
  assert.match(warned.stdout, /drills\.rollback: .* none that calls rehearse-rollback\.yml rehearses by a schedule/);
});

test('deploy takes no secret as an option, and without an environment it starts nothing', async () => {
  const secret = await command('deploy', '--environment', 'production', '--vercel-token', 'vcp_1234');
  assert.equal(secret.exitCode, 2);
  assert.match(secret.stderr, /unknown option '--vercel-token'/);
  const open = await command('deploy', '--version', 'v1.0.0');
  assert.equal(open.exitCode, 2);
  assert.match(open.stderr, /required option '--environment <value>' not specified/);
});
