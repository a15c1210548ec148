import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notVerified } from '../src/not-verified.ts';

test('a report over a connection that proves no server warns, one on this machine or with a verified server does not', () => {
  const [finding, ...more] = notVerified('postgresql://u:canary@db.example.com/d?sslmode=require', 'no certificate');
  assert.deepEqual([finding?.severity, finding?.code, more], ['warning', 'connection_not_verified', []]);
  assert.match(finding?.message ?? '', /^Weaker than standard: sslmode=require does not prove.*: no certificate$/);
  assert.doesNotMatch(JSON.stringify(finding), /canary/);
  for (const url of ['postgresql://u@db.example.com/d', 'postgresql://u@127.0.0.1/d?sslmode=require'])
    assert.deepEqual(notVerified(url, undefined), []);
});
