import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#http/clock';
import { LocalVercel } from '../../../packages/vercel/test/local-vercel.ts';
import { openLogs } from './open-logs.ts';

const script = join(import.meta.dirname, 'index.ts');
let vercel: LocalVercel;
let temporary: string;
beforeEach(async () => {
  vercel = await LocalVercel.start();
  temporary = await mkdtemp(join(tmpdir(), 'open-logs-'));
});
afterEach(async () => {
  await vercel.close();
  await rm(temporary, { recursive: true, force: true });
});

async function open() {
  const lines: string[] = [];
  const said = (line: string) => void lines.push(line);
  const logger = { info: said, warning: said, error: said, debug: said };
  const environment = (name: string) => (name === 'RUNNER_TEMP' ? temporary : undefined);
  const signal = new AbortController().signal;
  const about = { connection: vercel.connection(), deploymentId: 'dpl_new', script };
  // The longest wait never passes: a machine may take its time to start the reader.
  const clock = { ...systemClock, now: () => 0 };
  const opened = await openLogs({ environment, clock, logger: logger as never, signal }, about);
  assert.ok(opened);
  await opened.settled;
  return { ...opened, lines };
}

/** Processes of this machine that read logs into a folder of this test. */
function readers(): { arguments: string; environment: string }[] {
  const own = process.pid;
  const children = readFileSync(`/proc/${own}/task/${own}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.flatMap((pid) => {
    try {
      const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
      return read('cmdline').includes('read-logs')
        ? [{ arguments: read('cmdline'), environment: read('environ') }]
        : [];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 1_500, 'it did not happen');
    await delay(20);
  }
}

test('the logs are open before anybody goes on; the token is in no argument, no variable and no file', async () => {
  process.env.INPUT_SECRET = vercel.token;
  process.env.RUNNER_TRACKING_ID = 'github_1';
  vercel.streams.push({ route: /\/runtime-logs$/, open: (response) => void response.write('\n') });
  const { folder, lines, stop } = await open();
  delete process.env.INPUT_SECRET;
  delete process.env.RUNNER_TRACKING_ID;
  assert.deepEqual(lines, ['The runtime logs are open']);
  assert.ok(vercel.log.some(({ path }) => path.endsWith('/deployments/dpl_new/runtime-logs')));
  const [reader, ...more] = readers();
  assert.ok(reader && more.length === 0);
  assert.ok(!reader.arguments.includes(vercel.token) && !reader.environment.includes(vercel.token));
  assert.match(reader.environment, /RUNNER_TRACKING_ID=github_1/, 'the runner ends it with the job');
  assert.ok(!(await readFile(join(folder, 'rows.ndjson'), 'utf8')).includes(vercel.token));
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  await stop();
  await until(() => readers().length === 0);
  assert.equal(existsSync(folder), false);
});

test('a Vercel that refuses does not hold up the promotion, and it is said', async () => {
  vercel.faults.push({ route: /runtime-logs/, status: 404, times: 9 });
  const { lines, stop } = await open();
  assert.match(lines.join(), /could not be opened before the promotion/);
  await stop();
  await until(() => readers().length === 0);
});
