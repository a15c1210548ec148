import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { boundedJson } from './bounded-json.ts';

test('a text is cut at 8,000 characters, never inside one, and loses what nobody sees', () => {
  const given = {
    long: 'x'.repeat(9000),
    half: `${'x'.repeat(7998)}\u{1f600}xx`,
    hidden: 'a\u202e\u001b[31m\u0000b\nc',
  };
  const { long, half, hidden } = JSON.parse(boundedJson(given)) as Record<string, string>;
  assert.equal(long, `${'x'.repeat(7999)}…`);
  assert.ok(half?.isWellFormed());
  assert.equal(hidden, 'ab\nc');
});

test('the result of a long watch still starts the step that reads it, with its newest buckets', () => {
  const buckets = Array.from({ length: 5000 }, (_, start) => ({ start, end: start + 1, requests: 1000, errors: 10 }));
  const json = boundedJson({ verdict: 'fail', requests: 5_000_000, buckets });
  const read = JSON.parse(json) as { requests: number; buckets: { start: number }[] };
  assert.equal(read.requests, 5_000_000);
  assert.equal(read.buckets.at(-1)?.start, 4999);
  const said = execFileSync(process.execPath, ['-p', "process.env['INPUT_WATCH-RESULT'].length"], {
    env: { 'INPUT_WATCH-RESULT': json },
    encoding: 'utf8',
  });
  assert.equal(Number(said), json.length);
});

test('what is hostile in every part fits as well', () => {
  const findings = Array.from({ length: 200 }, () => ({ message: '\u0001"'.repeat(1000), file: 'ä'.repeat(900) }));
  const json = boundedJson({ findings, decision: 'refused' });
  assert.ok(Buffer.byteLength(json) <= 100_000, `${json.length}`);
  assert.equal((JSON.parse(json) as { decision: string }).decision, 'refused');
});
