import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planSecret } from './plan-secret.ts';

const named = new Set(['app.example', 'admin.example']);

test('where nobody asked Vercel the secret goes to the hosts that the workflow names', () => {
  assert.deepEqual(planSecret(named, 'app.example', undefined), { hosts: named, command: true, withheld: [] });
});

test('what Vercel does not own gets none, and the command that tests it neither (S20)', () => {
  const { hosts, command, withheld } = planSecret(named, 'app.example', ['admin.example', 'other.example']);
  assert.deepEqual([[...hosts], command], [['admin.example'], false]);
  assert.match(withheld.join(), /^The bypass secret is not sent to app\.example: /);
  assert.equal(planSecret(named, 'app.example', ['app.example']).command, true);
});

test('an address of ops.yml alone gets none (S11)', () => {
  const { hosts, command, withheld } = planSecret(new Set(), 'app.example', ['app.example']);
  assert.deepEqual([hosts.size, command, withheld.length], [0, false, 1]);
});
