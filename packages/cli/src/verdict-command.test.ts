import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runTool } from '#child-process/run-tool';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verdict-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function verdict(input: string, words: string[] = [], policy?: object) {
  const file = join(folder, 'policy.json');
  if (policy) await writeFile(file, JSON.stringify(policy));
  const { exitCode, stdout, stderr } = await runTool({
    command: process.execPath,
    args: [
      join(import.meta.dirname, '../../../bin/ops-actions.js'),
      'verdict',
      ...(policy ? ['--policy', file] : []),
      ...words,
    ],
    input,
    deadlineMs: 30_000,
  });
  const lines = stdout.trim() === '' ? [] : stdout.trim().split('\n');
  return { exitCode, stderr, verdicts: lines.map((line) => JSON.parse(line)) };
}

function buckets(errors: readonly number[], more: object = {}, from = 1_700_000_000): string[] {
  return errors.map((count, index) =>
    JSON.stringify({ start: from + index * 30, end: from + index * 30 + 30, requests: 200, errors: count, ...more }),
  );
}
const always = (errors: number, times = 30): number[] => Array.from({ length: times }, () => errors);
const policy = { rules: ['error-rate above 1% within 15m'], window: '15m', interval: '30s' };

test('one verdict per observed bucket, in the words of the watch; a clean release passes and exit code is 0', async () => {
  const baseline = buckets(always(1), { baseline: true }, 1_700_000_000 - 900);
  const { exitCode, verdicts } = await verdict([...baseline, ...buckets(always(0))].join('\n'), [], policy);
  assert.equal(exitCode, 0);
  assert.equal(verdicts.length, 30);
  assert.deepEqual(
    verdicts.map(({ start }) => start),
    Array.from({ length: 30 }, (_, index) => 1_700_000_000 + index * 30),
  );
  const last = verdicts.at(-1);
  assert.deepEqual([last.verdict, last.reasonCode, last.requests, last.errors], ['pass', 'below_limit', 6000, 0]);
  assert.ok(last.lower <= last.rate && last.rate <= last.upper);
  assert.equal(verdicts[0].verdict, 'inconclusive');
});

test('a bad release fails, that is final, and exit code is 1; the order of the lines does not matter', async () => {
  const lines = buckets([...always(12, 5), ...always(0, 25)]);
  const { exitCode, verdicts } = await verdict(lines.toReversed().join('\n'), [], policy);
  assert.equal(exitCode, 1);
  const first = verdicts.findIndex((each) => each.verdict === 'fail');
  assert.ok(first >= 0 && first <= 3, `fails at ${first}`);
  assert.ok(verdicts.slice(first).every((each) => each.verdict === 'fail'));
});

test('--batch judges each stream by itself', async () => {
  const good = buckets(always(0, 20), { stream: 'good' });
  const bad = buckets(always(12, 20), { stream: 'bad' });
  const mixed = good.flatMap((line, index) => [line, bad[index] ?? '']);
  const { exitCode, verdicts } = await verdict(mixed.join('\n'), ['--batch'], policy);
  assert.equal(exitCode, 1);
  assert.equal(verdicts.length, 40);
  const ofGood = verdicts.filter((each) => each.stream === 'good');
  assert.equal(ofGood.length, 20);
  assert.ok(ofGood.every((each) => each.verdict !== 'fail'));
  assert.equal(verdicts.findLast((each) => each.stream === 'bad').verdict, 'fail');
});

test('missing intervals are no data, few requests are too little traffic, and the settings decide the exit code', async () => {
  const gaps = buckets(always(0)).filter((_, index) => index < 3 || index > 20);
  const blind = await verdict(gaps.join('\n'), [], { ...policy, 'on-no-data': 'fail' });
  assert.equal(blind.exitCode, 1);
  assert.equal(blind.verdicts.at(-1).reasonCode, 'source_blind');
  assert.equal((await verdict(gaps.join('\n'), [], policy)).exitCode, 0);
  const few = await verdict(JSON.stringify({ start: 0, end: 30, requests: 3, errors: 1 }), [], policy);
  assert.deepEqual([few.verdicts[0].verdict, few.verdicts[0].reasonCode], ['inconclusive', 'too_little_traffic']);
});

test('--explain says what other settings would have done, on standard error', async () => {
  const { stderr, verdicts } = await verdict(buckets(always(6)).join('\n'), ['--explain'], policy);
  assert.equal(verdicts.length, 30);
  assert.match(
    stderr,
    /these settings: fail after \d+ s by "error-rate above 1% within 15m".*above the limit of 1\.0 %/,
  );
  assert.match(stderr, /limits times 5: pass \(below_limit\)/);
});

test('wrong use lists every mistake with its place, judges nothing, and exit code is 2', async () => {
  const lines = [
    '{"start":0,"end":30,"requests":2,"errors":3}',
    'x',
    '{"start":1700000000000,"end":1700000030000,"requests":2,"errors":1}',
    '{"start":30,"end":30,"requests":1.5,"errors":0,"p59":3}',
  ];
  const bad = await verdict(lines.join('\n'), [], policy);
  assert.equal(bad.exitCode, 2);
  assert.deepEqual(bad.verdicts, []);
  for (const said of [/line 1: errors 3 of only 2 requests; are the keys swapped/, /line 2: is not JSON/]) {
    assert.match(bad.stderr, said);
  }
  assert.match(bad.stderr, /line 3: end 1700000030000 is not in Unix seconds/);
  assert.match(bad.stderr, /line 4: requests is 1\.5; allowed: a whole number from 0; unknown key p59/);
  const wrong = { rules: ['error-rate above 2 within 15m', 'p95'], windo: '15m' };
  const policies = await verdict(buckets([0]).join('\n'), [], wrong);
  assert.equal(policies.exitCode, 2);
  assert.match(
    policies.stderr,
    /rules\[0\].*is not a rate[\s\S]*rules\[1\].*is not a rule[\s\S]*windo: unknown key; did you mean window/,
  );
  const readings = { rules: ['error-rate above 1%: warning', 'new-issues above 0: warning'] };
  const unjudged = await verdict(buckets([0]).join('\n'), [], readings);
  assert.equal(unjudged.exitCode, 2);
  assert.match(unjudged.stderr, /"new-issues above 0: warning" is judged by readings, which buckets do not hold/);
  assert.match(unjudged.stderr, /there is no rule that can fail a release/);
  assert.match((await verdict('', [], policy)).stderr, /there are no buckets/);
});

test('a limit that looks like a mistaken unit is judged as it stands, and doubted on standard error', async () => {
  const rules = ['error-rate above 0.02% within 15m'];
  const doubted = await verdict(buckets(always(0)).join('\n'), [], { ...policy, rules });
  assert.equal(doubted.verdicts.length, 30);
  assert.match(doubted.stderr, /fails at one error in 5000 requests; where 2% is meant, write 2%/);
  assert.equal((await verdict(buckets(always(0)).join('\n'), [], policy)).stderr, '');
});

const full = { skip: process.platform === 'linux' ? false : 'needs /dev/full' };
test('verdicts that could not be written are no verdict about the release: exit code 3', full, async () => {
  const file = join(folder, 'policy.json');
  await writeFile(file, JSON.stringify(policy));
  const command = `"$0" "$1" verdict --policy "$2" > /dev/full`;
  const { exitCode, stderr } = await runTool({
    command: 'sh',
    args: ['-c', command, process.execPath, join(import.meta.dirname, '../../../bin/ops-actions.js'), file],
    input: buckets(always(0)).join('\n'),
    deadlineMs: 30_000,
  });
  assert.equal(exitCode, 3);
  assert.match(stderr, /^ops-actions: what was to be said could not be written: .*no space left/);
});
