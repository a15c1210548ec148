import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { commandDestination } from './command-destination.ts';
import { digestOf } from './manifest.ts';
import { oneChunk } from './one-chunk.ts';
import type { DestinationProblem } from './plan-destinations.ts';
import { planStoreCommands } from './plan-store-commands.ts';
import { readBack } from './read-back.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-'));
});
after(() => rm(folder, { recursive: true }));

const open = (given: { store?: string; fetch?: string; deadlineMs?: number; standstillMs?: number } = {}) => {
  const { deadlineMs = 60_000, standstillMs = 60_000 } = given;
  const { store = 'cat > "$STORE/$BACKUP_FILE"', fetch = 'cat "$STORE/$BACKUP_FILE"' } = given;
  const problems: DestinationProblem[] = [];
  const commands = planStoreCommands({ store, fetch, environment: { STORE: folder }, deadlineMs }, problems);
  assert.deepEqual(problems, []);
  return commandDestination(commands, { workspace: folder, standstillMs });
};
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const large = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 251));

test('what a command takes and gives back is the same, byte for byte', async () => {
  for (const [name, bytes] of [
    ['empty.dump', Buffer.alloc(0)],
    ['large.dump', large],
  ] as const) {
    await open().write(name, oneChunk(bytes));
    assert.ok((await readFile(join(folder, name))).equals(bytes));
    assert.ok((await collect(open().read(name))).equals(bytes));
  }
});

test('a command that says nothing and keeps nothing, or only the beginning, is found by reading back', async () => {
  const expected = { file: 'cut.dump', ...digestOf(large.toString('latin1')), bytes: large.length };
  for (const store of ['true', 'head -c 1000 > "$STORE/$BACKUP_FILE"']) {
    const destination = open({ store });
    await destination.write('cut.dump', oneChunk(large)).catch(() => {});
    const found = await readBack(destination, expected).catch(({ message }: Error) => ({ problem: message }));
    assert.match(
      found.problem ?? '',
      /fetch-command of cut\.dump ended with exit code 1|holds 1000 bytes of cut\.dump/,
    );
  }
});

test('a command that fails says how, and a source that breaks keeps its own words', async () => {
  await assert.rejects(
    open({ store: 'cat > /dev/null; echo "quota exceeded" >&2; exit 3' }).write('x', oneChunk(large)),
    {
      reasonCode: 'destination_failed',
      message: 'store-command of x ended with exit code 3: quota exceeded',
    },
  );
  await assert.rejects(open({ store: 'no-such-program-of-ours' }).write('x', oneChunk('x')), {
    reasonCode: 'destination_failed',
  });
  async function* broken() {
    yield large;
    throw new Error('the dump broke off');
  }
  await assert.rejects(open().write('broken', broken()), /the dump broke off/);
});

test('a command sees what the workflow file names and no secret of ours (S13)', async () => {
  const own = {
    INPUT_DATABASE_URL: 'input',
    ACTIONS_RUNTIME_TOKEN: 'token',
    GITHUB_TOKEN: 'token',
    PGPASSWORD: 'word',
  };
  Object.assign(process.env, own);
  try {
    await open({ store: 'env > "$STORE/seen"' }).write('x', oneChunk(''));
  } finally {
    for (const name of Object.keys(own)) delete process.env[name];
  }
  const seen = await readFile(join(folder, 'seen'), 'utf8');
  assert.match(seen, /^BACKUP_FILE=x$/m);
  assert.doesNotMatch(seen, /^(?:INPUT|ACTIONS|GITHUB|PG)/m);
  assert.ok((await readdir(folder)).includes('seen'));
});

test('a command that hangs is ended at the deadline, and one that stands still in the middle of an object before it', async () => {
  const started = performance.now();
  const late = open({ store: 'cat > /dev/null; sleep 300', deadlineMs: 300 }).write('x', oneChunk('x'));
  await assert.rejects(late, { message: 'store-command of x did not end within 300ms (deadline)' });
  let ended = false;
  async function* dump() {
    try {
      for (let chunk = 0; chunk < 20; chunk += 1) yield large;
    } finally {
      ended = true;
    }
  }
  const stuck = open({ store: 'head -c 1000 > /dev/null; sleep 300', standstillMs: 300 });
  await assert.rejects(stuck.write('x', dump()), {
    reasonCode: 'destination_failed',
    message: 'store-command of x moved no byte for 300ms, and was ended',
  });
  assert.ok(ended);
  const cut = open({ fetch: 'echo beginning; sleep 300', standstillMs: 300 });
  await assert.rejects(collect(cut.read('x')), { message: /^fetch-command of x moved no byte for 300ms/ });
  // Long before the deadline of a minute.
  assert.ok(performance.now() - started < 30_000);
});

test('a slow source, a slow reader and silence before the first byte or after the last one are no standstill', async () => {
  const pauseMs = 3000;
  async function* slow() {
    yield Buffer.from('a');
    await wait(pauseMs);
    yield Buffer.from('b');
  }
  const store = 'cat > "$STORE/$BACKUP_FILE"; sleep 3';
  const destination = open({ store, fetch: 'sleep 3; cat "$STORE/$BACKUP_FILE"', standstillMs: 2000 });
  // More than fits between the two: the command is still there while its first chunk is looked at.
  await writeFile(join(folder, 'kept'), large);
  async function* lookedAt() {
    let first = true;
    for await (const chunk of destination.read('kept')) {
      if (first) await wait(pauseMs);
      first = false;
      yield chunk;
    }
  }
  const [read] = await Promise.all([collect(lookedAt()), destination.write('slow', slow())]);
  assert.ok(read.equals(large));
  assert.equal(await readFile(join(folder, 'slow'), 'utf8'), 'ab');
});
