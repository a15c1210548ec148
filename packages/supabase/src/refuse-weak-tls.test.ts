import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveDatabase } from './resolve-database.ts';

test('less than verify-full is for reading only, unless a reason is given; a host of this machine is free (S30)', async () => {
  const resolve = (url: string, more: { readOnly: boolean; tlsReason?: string }) =>
    resolveDatabase({ url, loginRole: false, problems: [] }, { mask: () => {}, log: () => {}, now: () => 0, ...more });
  const weak = 'postgresql://u:canary@db.example.com/d?sslmode=require';
  await assert.rejects(resolve(weak, { readOnly: false }), (error: Error & { reasonCode?: string }) => {
    assert.equal(error.reasonCode, 'weak_tls_without_reason');
    assert.match(error.message, /sslmode=require does not prove.*in ops\.yml.*tls-reason/);
    assert.doesNotMatch(error.message, /canary/);
    return true;
  });
  assert.equal(await resolve(weak, { readOnly: true }), weak);
  assert.equal(await resolve(weak, { readOnly: false, tlsReason: 'no certificate' }), weak);
  for (const url of ['postgresql://u@db.example.com/d', 'postgresql://u@127.0.0.1/d?sslmode=require'])
    assert.equal(await resolve(url, { readOnly: false }), url);
});
