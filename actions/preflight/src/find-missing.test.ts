import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMissing } from './find-missing.ts';

test('a backup that is proven by less than a restore needs its reason before anything is opened', () => {
  const given = {
    githubToken: 'ghs_1',
    vercelToken: 'vcp_1',
    vercelProject: 'prj_1',
    slackWebhookUrl: 'https://hooks',
  };
  const codes = (more: Parameters<typeof findMissing>[0]) => findMissing({ ...given, ...more }).map(({ code }) => code);
  assert.deepEqual(codes({ verify: 'checksum' }), ['verify_reason_missing']);
  assert.deepEqual(codes({ verify: 'checksum', verifyReason: 'too large' }), []);
  assert.deepEqual(codes({ verify: 'restore' }), []);
  assert.deepEqual(codes({}), []);
});
