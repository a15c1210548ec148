import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

/** GitHub's own toolkit judges ours: the same calls must give the same bytes on stdout and in the runner's files. */
const folder = mkdtempSync(join(tmpdir(), 'ops-actions-oracle-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const toolkit = `
import * as core from '@actions/core';
core.setSecret('canary,secret:100%');
core.setSecret(encodeURIComponent('canary,secret:100%'));
core.info('plain line');
core.notice('a notice: 100%, two\\nlines');
core.warning('a warning');
core.error('an error\\r\\nmore');
core.debug('debug: %0A');
await core.group('a group, with: signs', async () => core.info('inside'));
core.setOutput('decision', 'pass');
core.setOutput('result', '{"a":"line\\nline","b":"ghadelimiter_<<"}');
await core.summary.addRaw('# Title\\n\\nüöä', true).write();
console.log('INPUT=' + core.getInput('vercel-token') + '|' + core.getInput('a name'));
`;

const ours = `
import { createRunner } from '${join(import.meta.dirname, 'runner.ts')}';
const runner = createRunner();
runner.mask('canary,secret:100%');
runner.logger.info('plain line');
runner.logger.notice('a notice: 100%, two\\nlines');
runner.logger.warning('a warning');
runner.logger.error('an error\\r\\nmore');
runner.logger.debug('debug: %0A');
await runner.logger.group('a group, with: signs', async () => runner.logger.info('inside'));
runner.output('decision', 'pass');
runner.output('result', '{"a":"line\\nline","b":"ghadelimiter_<<"}');
runner.summary('# Title\\n\\nüöä');
console.log('INPUT=' + runner.input('vercel-token') + '|' + runner.input('a name'));
`;

function run(name: string, source: string): { stdout: string; output: string; summary: string } {
  // Beside the sources, so that the toolkit is found.
  const script = join(import.meta.dirname, `.${name}-${process.pid}.mjs`);
  const files = { GITHUB_OUTPUT: join(folder, `${name}-output`), GITHUB_STEP_SUMMARY: join(folder, `${name}-summary`) };
  for (const file of Object.values(files)) writeFileSync(file, '');
  writeFileSync(script, source);
  try {
    const environment = { PATH: process.env.PATH ?? '', 'INPUT_VERCEL-TOKEN': ' tok en ', INPUT_A_NAME: 'x', ...files };
    const stdout = execFileSync(process.execPath, [script], { env: environment, encoding: 'utf8' });
    const output = readFileSync(files.GITHUB_OUTPUT, 'utf8').replace(/ghadelimiter_[0-9a-f-]{36}/g, 'DELIMITER');
    return { stdout, output, summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8') };
  } finally {
    rmSync(script);
  }
}

test('outputs, summary, masks, inputs and annotations are the bytes of the toolkit', () => {
  const theirs = run('toolkit', toolkit);
  const mine = run('ours', ours);
  // Line ends of foreign text are made one kind before they are escaped; the toolkit keeps a CR.
  assert.equal(mine.stdout, theirs.stdout.replace('%0D%0Amore', '%0Amore'));
  assert.equal(mine.output, theirs.output);
  assert.equal(mine.summary, theirs.summary);
});
