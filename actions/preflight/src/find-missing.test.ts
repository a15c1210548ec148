import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMissing } from './find-missing.ts';

const given = {
  githubToken: 'ghs_1',
  vercelToken: 'vcp_1',
  vercelProject: 'prj_1',
  slackWebhookUrl: 'https://hooks',
};
const codes = (more: Parameters<typeof findMissing>[0]) => findMissing({ ...given, ...more }).map(({ code }) => code);

test('a backup that is proven by less than a restore needs its reason before anything is opened', () => {
  assert.deepEqual(codes({ verify: 'checksum' }), ['verify_reason_missing']);
  assert.deepEqual(codes({ verify: 'checksum', verifyReason: 'too large' }), []);
  assert.deepEqual(codes({ verify: 'restore' }), []);
  assert.deepEqual(codes({}), []);
});

test('backup: platform needs a reason, a token and a project, all said at once', () => {
  const whole = { backupReason: '900 GB', supabaseAccessToken: 'sbp_1', supabaseProject: 'p' };
  const missing = ['backup_reason_missing', 'supabase_token_missing', 'supabase_project_missing'];
  assert.deepEqual(codes({ backup: 'platform' }), missing);
  assert.deepEqual(codes({ backup: 'platform', ...whole }), []);
  assert.deepEqual(codes({ backup: 'required' }), []);
});
