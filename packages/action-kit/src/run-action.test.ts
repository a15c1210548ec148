import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'run-action-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  exitCode: number | null;
  lines: string[];
  outputs: Record<string, string>;
  durationMs: number;
}

/** Runs `main`, given as source text, as an action of its own; `kill` is sent when it prints a line that says ready. */
async function run(
  main: string,
  more: { environment?: Record<string, string>; kill?: NodeJS.Signals } = {},
): Promise<Ended> {
  const output = join(folder, `output-${Math.random()}`);
  writeFileSync(output, '');
  const source = `
    const { runAction } = await import(${JSON.stringify(join(import.meta.dirname, 'run-action.ts'))});
    const { InputError } = await import(${JSON.stringify(join(import.meta.dirname, 'input-error.ts'))});
    await runAction(${main});`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { PATH: process.env.PATH, GITHUB_OUTPUT: output, ...more.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (more.kill && chunk.includes('ready')) child.kill(more.kill);
  });
  const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const durationMs = performance.now() - startedAt;
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { exitCode, lines, outputs: readOutputs(readFileSync(output, 'utf8')), durationMs };
}

function readOutputs(file: string): Record<string, string> {
  const blocks = file.matchAll(/^(.+?)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...blocks].map(([, name, , value]) => [name, value]));
}

function result(more: string): string {
  return `async () => ({ decision: 'fail', reasonCode: 'wrong_status', summary: 'GET /\\nanswered 500', failed: true, ${more} })`;
}

describe('runAction', () => {
  it('fails a step by one error annotation without a stack, and hands out the four outputs and its own', async () => {
    const ended = await run(result(`details: { checks: [1] }, outputs: { checks: 'x\\u202e\\u001b[31m' }`));
    assert.deepEqual(ended.lines, ['::error::GET / answered 500']);
    assert.equal(ended.exitCode, 1);
    const { result: json, ...outputs } = ended.outputs;
    assert.deepEqual(outputs, {
      decision: 'fail',
      'reason-code': 'wrong_status',
      summary: 'GET / answered 500',
      checks: 'x',
    });
    assert.deepEqual(JSON.parse(json ?? ''), {
      schemaVersion: 1,
      decision: 'fail',
      reasonCode: 'wrong_status',
      summary: 'GET / answered 500',
      checks: [1],
    });
  });

  it('shows a warning and stays green, or says the summary and nothing else', async () => {
    const warned = await run(result('failed: false, warning: true'));
    assert.deepEqual([warned.lines, warned.exitCode], [['::warning::GET / answered 500'], 0]);
    const passed = await run(result('failed: false'));
    assert.deepEqual([passed.lines, passed.exitCode], [['GET / answered 500'], 0]);
  });

  it('lists every mistake of the workflow author and shows no stack, not even to a debugger', async () => {
    const ended = await run(`async () => { throw new InputError([
      { name: 'urls', message: 'is required' }, { name: 'mode', message: 'is unknown', given: 'x', allowed: 'auto' }]) }`);
    assert.equal(ended.lines.length, 1);
    assert.match(
      ended.lines[0] ?? '',
      /^::error::2 mistakes in the inputs: urls, mode%0A- urls: is required%0A- mode: is unknown/,
    );
    assert.deepEqual([ended.outputs.decision, ended.outputs['reason-code']], ['could-not-run', 'bad_input']);
    assert.equal(ended.exitCode, 1);
  });

  it('shows an unexpected error with its causes and what to do, its stack only to a debugger', async () => {
    const ended = await run(`async () => { throw new Error('outer', { cause: new Error('inner') }) }`);
    const [error = '', debug = ''] = ended.lines;
    assert.match(error, /^::error::outer%0ACause: inner%0AWhat to do: run the job again with debug logging/);
    assert.match(debug, /^::debug::Error: outer%0A.*at /);
    assert.equal(ended.lines.length, 2);
    assert.equal(ended.outputs['reason-code'], 'unexpected_error');
  });

  it('takes the reason code of an error that has one', async () => {
    const ended = await run(`async () => { throw Object.assign(new Error('no'), { reasonCode: 'wrong_team' }) }`);
    assert.deepEqual([ended.outputs['reason-code'], ended.lines[0], ended.exitCode], ['wrong_team', '::error::no', 1]);
  });

  it('reports a rejection that nobody awaited', async () => {
    const ended = await run(`() => { Promise.reject(new Error('lost')); return new Promise(() => {}) }`);
    assert.match(ended.lines[0] ?? '', /^::error::lost/);
    assert.equal(ended.exitCode, 1);
  });

  it('is not held by a timer that somebody forgot', async () => {
    const ended = await run(`async () => { setInterval(() => {}, 1000); return (${result('failed: false')})() }`);
    assert.equal(ended.exitCode, 0);
    assert.ok(ended.durationMs < 10_000, `${ended.durationMs}`);
  });

  it('fails when the outputs cannot be handed over: the next step must not go on', async () => {
    const environment = { GITHUB_OUTPUT: join(folder, 'no/such/folder') };
    const ended = await run(result('failed: false'), { environment });
    assert.match(ended.lines.at(-1) ?? '', /^::error::The outputs could not be handed to the runner/);
    assert.equal(ended.exitCode, 1);
  });

  for (const [name, value] of [
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['NODE_OPTIONS', '--title=x'],
  ] as const) {
    it(`runs nothing under ${name}=${value} (S11)`, async () => {
      const ended = await run(`async () => { console.log('main ran') }`, { environment: { [name]: value } });
      assert.equal(ended.outputs['reason-code'], 'bad_input');
      assert.match(ended.lines.at(-1) ?? '', new RegExp(`^::error::One mistake in the inputs: ${name}`));
      assert.ok(!ended.lines.includes('main ran'));
    });
  }
});

describe('cancellation', () => {
  const waiting = `(runner) => new Promise((resolve, reject) => {
    console.log('ready'); const timer = setInterval(() => {}, 1000);
    runner.signal.addEventListener('abort', () => { clearInterval(timer); AFTER }) })`;

  for (const kill of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends as cancelled after ${kill}`, async () => {
      const ended = await run(waiting.replace('AFTER', 'reject(runner.signal.reason)'), { kill });
      assert.deepEqual(
        [ended.outputs.decision, ended.outputs['reason-code'], ended.exitCode],
        ['cancelled', 'cancelled', 1],
      );
      assert.match(ended.outputs.summary ?? '', new RegExp(`cancelled by ${kill}`));
    });
  }

  it('keeps the decision of a main that still came to one', async () => {
    const decided = `resolve({ decision: 'rolled-back', reasonCode: 'cancelled_by_user', summary: 's', failed: true })`;
    const ended = await run(waiting.replace('AFTER', decided), { kill: 'SIGINT' });
    assert.equal(ended.outputs.decision, 'rolled-back');
  });

  it('ends a main that does not listen, before the runner kills it', async () => {
    const ended = await run(waiting.replace('clearInterval(timer); AFTER', ''), { kill: 'SIGINT' });
    assert.equal(ended.outputs.decision, 'cancelled');
    assert.ok(ended.durationMs < 10_000, `${ended.durationMs}`);
  });
});
