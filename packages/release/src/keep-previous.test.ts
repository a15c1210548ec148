import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeOutcome } from '#probe/probe';
import { describePrevious, keepPrevious, keepTimeOf, type PreviousKept } from './keep-previous.ts';

const answer = (status: number): ProbeOutcome => ({
  name: 'GET /',
  url: 'https://notes-abc.vercel.app/',
  outcome: status === 0 ? 'could-not-run' : status < 400 ? 'pass' : 'fail',
  reasonCode: 'x',
  message: '',
  status,
  durationMs: 20 + status / 100,
  at: 0,
});

/** Looks once a minute; `ready` is what Vercel says where a check fails. */
async function keep(statuses: number[], ready: boolean | Error | boolean[] = true, minutes = statuses.length) {
  const told: string[] = [];
  let now = 0;
  let asked = 0;
  let index = 0;
  const looking = keepPrevious({
    target: { deploymentId: 'dpl_blue', version: 'v1.0.0' },
    keepMs: minutes * 60_000,
    everyMs: 60_000,
    probe: async () => [answer(statuses[Math.min(index++, statuses.length - 1)] ?? 0)],
    async isReady() {
      asked += 1;
      if (ready instanceof Error) throw ready;
      return typeof ready === 'boolean' ? ready : (ready[asked - 1] ?? true);
    },
    tell: (line) => void told.push(line),
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    },
    signal: new AbortController().signal,
  });
  await looking.over;
  return { kept: looking.known(), told, asked };
}

const table: [string, number[], boolean | Error | boolean[], PreviousKept['state'], RegExp[]][] = [
  ['answers all the time', [200, 200, 200], true, 'warm', []],
  ['misses one round', [200, 503, 200], true, 'warm', []],
  ['falls silent', [200, 503, 503], true, 'cold', [/v1\.0\.0 \(dpl_blue\), does not answer at its own address/]],
  ['comes back', [503, 503, 200], true, 'warm', [/does not answer/, /answers again/]],
  ['does not know a newer check', [404, 404], true, 'warm', []],
  ['was deleted', [200, 404, 200], [true, false], 'gone', [/is gone: .*takes the next proven one/]],
  ['was deleted before', [404], [false], 'gone', [/is gone/]],
  ['hides behind a wall', [401, 401], true, 'cold', [/does not answer/]],
  ['fails while Vercel is silent', [500, 500], new Error('no answer'), 'cold', [/does not answer/]],
  ['cannot be asked', [0, 0], true, 'unknown', []],
];
for (const [name, statuses, ready, state, lines] of table) {
  test(`A previous deployment that ${name} is ${state}, and each change is told once`, async () => {
    const { kept, told } = await keep(statuses, ready);
    assert.equal(kept.state, state);
    assert.equal(told.length, lines.length, told.join('\n'));
    for (const [index, line] of lines.entries()) assert.match(told[index] ?? '', line);
  });
}

test('It is looked at for the stated time, and Vercel is asked at the start and where a check fails', async () => {
  const { kept, asked } = await keep([200], true, 15);
  assert.deepEqual([kept.rounds, kept.answered, kept.provenMs, asked], [16, 16, 15 * 60_000, 1]);
  assert.match(describePrevious(kept), /kept warm \(16 of 16 rounds .*; 15 min\)$/);
  assert.match(describePrevious({ ...kept, provenMs: 4 * 60_000 }), /4 min of 15 min: then the watch was over/);
  assert.equal((await keep([200, 404, 200])).asked, 2);
});

test('The signal of a watch that is over ends it with what was seen', async () => {
  const over = new AbortController();
  const looking = keepPrevious({
    target: { deploymentId: 'dpl_blue' },
    keepMs: 900_000,
    everyMs: 30_000,
    probe: async () => [answer(200)],
    isReady: async () => true,
    tell() {},
    clock: {
      now: () => 0,
      sleep: async () => {
        over.abort();
        throw new Error('over');
      },
    },
    signal: over.signal,
  });
  await looking.over;
  const kept = looking.known();
  assert.deepEqual([kept.state, kept.rounds], ['warm', 1]);
  assert.match(describePrevious(kept), /0 s of 15 min: then the watch was over/);
});

test('What was seen so far is known at once, while a round is still under way', async () => {
  let round = 0;
  const under = Promise.withResolvers<void>();
  const over = new AbortController();
  const looking = keepPrevious({
    target: { deploymentId: 'dpl_blue' },
    keepMs: 900_000,
    everyMs: 30_000,
    async probe() {
      round += 1;
      if (round === 1) return [answer(200)];
      under.resolve();
      return await new Promise(() => {});
    },
    isReady: async () => true,
    tell() {},
    clock: { now: () => 0, sleep: async () => {} },
    signal: over.signal,
  });
  await under.promise;
  over.abort();
  assert.deepEqual([looking.known().state, looking.known().rounds], ['warm', 1]);
});

test('blue-green keeps it for 15 minutes unless ops.yml says how long', () => {
  assert.deepEqual(
    [{}, { strategy: 'blue-green' as const }, { strategy: 'blue-green' as const, keepPreviousMs: 60_000 }].map(
      keepTimeOf,
    ),
    [undefined, 900_000, 60_000],
  );
});
