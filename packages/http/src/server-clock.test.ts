import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aheadOf, clockAhead } from './server-clock.ts';

const at = Date.parse('2026-11-03T10:00:00Z');
const headers = (given: Record<string, string>) => ({ headers: new Headers(given) });
const date = headers({ date: new Date(at).toUTCString() });

for (const [name, ours, expected] of [
  ['the same second', { sentAt: at + 100, receivedAt: at + 300 }, 0],
  ['the last moment of that second', { sentAt: at + 990, receivedAt: at + 999 }, 0],
  ['an answer that took so long that both may be equal', { sentAt: at - 2_000, receivedAt: at + 2_000 }, 0],
  ['ours five minutes behind', { sentAt: at - 300_000, receivedAt: at - 299_900 }, 300_450],
  ['ours five minutes ahead', { sentAt: at + 300_000, receivedAt: at + 300_100 }, -299_550],
] as const) {
  test(`a server's clock against ours: ${name}`, () => {
    const ahead = clockAhead(date, ours);
    assert.equal(ahead, expected);
    // Corrected, the answer was sent within the second that it names.
    assert.equal(clockAhead(date, { sentAt: ours.sentAt + expected, receivedAt: ours.receivedAt + expected }), 0);
  });
}

test('without a readable Date, and out of a cache, nothing is known', () => {
  const ours = { sentAt: at, receivedAt: at };
  for (const given of [{}, { date: 'soon' }, { date: new Date(at).toUTCString(), age: '40' }])
    assert.equal(clockAhead(headers(given), ours), undefined);
});

test('a corrected clock tells the time of the server and waits as long as the own one', async () => {
  const waits: number[] = [];
  const own = { now: () => at, sleep: async (ms: number) => void waits.push(ms) };
  const corrected = aheadOf(own, -300_000);
  await corrected.sleep(50);
  assert.equal(aheadOf(corrected, 100).aheadMs, -299_900);
  assert.deepEqual([corrected.now(), waits, aheadOf(own, 0)], [at - 300_000, [50], own]);
});
