import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { describeProgress, startProgress } from './progress.ts';

test('what is under way stands beside what it may take', () => {
  const given = { limitMs: 1_800_000, reached: 'Present state saved' };
  const early = describeProgress({ ...given, tookMs: 1_800_000 });
  assert.deepEqual(early, {
    late: false,
    text: 'under way for 30 min of the 30 min that it may take; so far: Present state saved',
  });
  const late = describeProgress({ ...given, tookMs: 1_801_000, reached: '' });
  assert.equal(late.late, true);
  assert.match(late.text, /^LATE: it is under way for 30 min 1 s, and it may take 30 min; tell who is waiting for it$/);
});

test('it is said again and again, and the passed limit once as a warning', async () => {
  const [infos, warnings]: string[][] = [[], []];
  let now = 0;
  const progress = startProgress({
    clock: { now: () => (now += 10_000) },
    ...{ startedAt: 0, limitMs: 15_000, reached: () => 'begun', everyMs: 1 },
    info: (line) => infos?.push(line),
    warn: (line) => warnings?.push(line),
  });
  while ((infos?.length ?? 0) < 4) await wait(2);
  progress.stop();
  assert.match(infos?.[0] ?? '', /^under way for 10 s of the 15 s .*; so far: begun$/);
  assert.equal(warnings?.length, 1);
  assert.match(warnings?.[0] ?? '', /^LATE: it is under way for 20 s/);
  const said = infos?.length;
  await wait(20);
  assert.equal(infos?.length, said);
});
