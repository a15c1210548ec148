import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { type RunToolOptions, runTool, type StartedTool, startTool } from './run-tool.ts';
import { allowListedEnvironment } from './tool-environment.ts';
import { ToolMissing } from './tool-missing.ts';

function script(code: string, more: Partial<RunToolOptions> = {}): RunToolOptions {
  return { command: process.execPath, args: ['-e', code], deadlineMs: 20_000, ...more };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // In a container without an init process nobody collects an ended orphan: it stays as a zombie.
    return !existsSync('/proc/self/stat') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether a process is gone, at once or as soon as the kernel has got round to it. */
async function isGone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 600 && isAlive(pid); turn++) await wait(50);
  return !isAlive(pid);
}

/** The first thing that a program says, a line here: by then it has done what stands before it. */
async function firstLine({ child }: StartedTool): Promise<string> {
  assert.ok(child.stdout);
  const [said] = await once(child.stdout, 'data');
  return String(said).trim();
}

function mayRaiseCoreLimit(): boolean {
  if (!existsSync('/proc/self/limits') || !existsSync('/usr/bin/prlimit')) return false;
  return /^Max core file size\s+\d+\s+unlimited/m.test(readFileSync('/proc/self/limits', 'utf8'));
}

describe('runTool', () => {
  it('returns output and exit code, and feeds the input', async () => {
    const code =
      'process.stdin.on("data", (d) => process.stdout.write("got " + d)); process.stderr.write("note"); process.exitCode = 3';
    const result = await runTool(script(code, { input: 'text' }));
    assert.deepEqual([result.exitCode, result.stdout, result.stderr, result.timedOut], [3, 'got text', 'note', false]);
  });

  it('starts programs that write neither core dumps nor Node reports (S13)', {
    skip: mayRaiseCoreLimit() ? false : 'needs prlimit of util-linux, and a limit for core files that may be raised',
  }, async () => {
    const inside = `const { runTool } = await import(${JSON.stringify(join(import.meta.dirname, 'run-tool.ts'))});
      const asked = process.execPath + " -p process.report.reportOnFatalError && ulimit -c";
      const { stdout } = await runTool({ command: 'sh', args: ['-c', asked], deadlineMs: 10_000 });
      process.stdout.write(stdout);`;
    const node = [process.execPath, '--report-on-fatalerror', '--input-type=module', '-e', inside];
    const result = await runTool({
      command: 'prlimit',
      args: ['--core=unlimited:unlimited', '--', ...node],
      deadlineMs: 20_000,
    });
    assert.equal(result.stdout, 'false\n0\n', result.stderr);
  });

  it('passes arguments as they are, without a shell', async () => {
    const given = `'; touch x # $(id) \${HOME}`;
    const result = await runTool({ ...script(''), args: ['-e', 'process.stdout.write(process.argv[1])', given] });
    assert.equal(result.stdout, given);
  });

  it('does not mind a program that never reads its input', async () => {
    const result = await runTool(script('process.exit(0)', { input: Buffer.alloc(5_000_000) }));
    assert.equal(result.exitCode, 0);
  });

  it('keeps the end of a long output', async () => {
    const code = 'for (let i = 0; i < 20000; i++) console.log("line", i)';
    const result = await runTool(script(code, { maxOutputBytes: 1000 }));
    assert.ok(result.stdout.startsWith('…') && result.stdout.endsWith('line 19999\n'));
    assert.ok(result.stdout.length <= 1001);
  });

  it('hands out whole lines of both streams', async () => {
    const lines: string[] = [];
    const code =
      'process.stdout.write("a\\nb"); process.stderr.write("warn\\n"); setTimeout(() => process.stdout.write("c\\nlast"), 50)';
    await runTool(script(code, { onLine: (line, stream) => lines.push(`${stream} ${line}`) }));
    assert.deepEqual(lines.sort(), ['stderr warn', 'stdout a', 'stdout bc', 'stdout last']);
  });

  it('says which program is missing', async () => {
    const missing = runTool({ command: 'no-such-program', args: [], deadlineMs: 1000 });
    await assert.rejects(
      missing,
      (error) => error instanceof ToolMissing && /no-such-program was not found/.test(error.message),
    );
  });

  it('ends a program and its children at the deadline', async () => {
    const args = ['-c', 'sleep 300 & echo $!; wait'];
    const result = await runTool({ command: 'sh', args, deadlineMs: 3000 });
    assert.equal(result.timedOut, true);
    assert.equal(result.exitCode, null);
    assert.ok(await isGone(Number(result.stdout)));
  });

  it('kills a program that ignores SIGTERM', async () => {
    const code = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")';
    const tool = startTool(script(code));
    assert.equal(await firstLine(tool), 'up');
    await tool.stop();
    assert.equal((await tool.finished).signal, 'SIGKILL');
  });

  it('rejects with the reason of the caller who gives up, when the program is gone', async () => {
    const giveUp = new AbortController();
    const reason = new Error('cancelled by the test');
    let pid = 0;
    const code = 'console.log(process.pid); setInterval(() => {}, 1000)';
    const onLine = (line: string): void => {
      pid = Number(line);
      giveUp.abort(reason);
    };
    await assert.rejects(runTool(script(code, { signal: giveUp.signal, onLine })), reason);
    assert.ok(await isGone(pid));
  });

  it('gives a child only what is allowed and what is named for it (S13)', async () => {
    process.env.INPUT_SECRET = 'canary';
    process.env.GITHUB_TOKEN = 'canary';
    process.env.ACTIONS_RUNTIME_TOKEN = 'canary';
    const result = await runTool(
      script('console.log(JSON.stringify(process.env))', { environment: { PGPASSWORD: 'p' } }),
    );
    delete process.env.INPUT_SECRET;
    delete process.env.GITHUB_TOKEN;
    delete process.env.ACTIONS_RUNTIME_TOKEN;
    const seen = JSON.parse(result.stdout) as Record<string, string>;
    assert.equal(seen.PGPASSWORD, 'p');
    assert.equal(seen.PATH, process.env.PATH);
    assert.ok(!result.stdout.includes('canary'));
    const extra = Object.keys(seen).filter((name) => !/^(PATH|HOME|LANG|LC_.*|TZ|TMPDIR|CI|PGPASSWORD)$/.test(name));
    assert.deepEqual(extra, []);
  });

  it('runs in the given folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'run-tool-'));
    const result = await runTool(script('console.log(process.cwd())', { cwd: folder }));
    rmSync(folder, { recursive: true });
    assert.ok(result.stdout.trim().endsWith(folder.split('/').at(-1) ?? ''));
  });
});

describe('startTool', () => {
  it('lets the caller connect stdout and keeps stderr', async () => {
    const { child, finished } = startTool(
      script('process.stdout.write("x".repeat(300000)); process.stderr.write("done")'),
    );
    assert.ok(child.stdout);
    const gzip = createGzip();
    await pipeline(child.stdout, gzip.resume());
    const result = await finished;
    assert.deepEqual([result.exitCode, result.stderr], [0, 'done']);
  });

  it('stops a program on demand', async () => {
    const tool = startTool(script('console.log("up"); setInterval(() => {}, 1000)'));
    assert.equal(await firstLine(tool), 'up');
    await tool.stop();
    assert.equal((await tool.finished).signal, 'SIGTERM');
  });

  it('stops what the program started, though it ignores SIGTERM and holds none of its streams', async () => {
    const code = 'trap "" TERM; sleep 300 </dev/null >/dev/null 2>&1 & trap - TERM; echo $!; wait';
    const tool = startTool({ command: 'sh', args: ['-c', code], deadlineMs: 60_000 });
    const pid = Number(await firstLine(tool));
    assert.ok(isAlive(pid));
    await tool.stop();
    assert.equal((await tool.finished).signal, 'SIGTERM');
    assert.ok(await isGone(pid));
  });
});

it('takes no environment variable that is only similar to an allowed one', () => {
  assert.deepEqual(allowListedEnvironment({}, { PATH: '/bin', PATHX: '1', LC_ALL: 'C', CI: 'true', CI_TOKEN: 'x' }), {
    PATH: '/bin',
    LC_ALL: 'C',
    CI: 'true',
  });
});
