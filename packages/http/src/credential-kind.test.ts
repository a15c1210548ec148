import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CredentialOwner, otherCredential } from './credential-kind.ts';

const hex = (length: number) => 'a1'.repeat(length / 2);
const dsn = `https://${hex(32)}@o1.ingest.sentry.io/42`;
const hook = 'https://api.vercel.com/v1/integrations/deploy/prj_1/abc';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln';

for (const [wanted, value, is] of [
  ['sentry', dsn, /a DSN of Sentry/],
  ['sentry', `sntrys_${hex(32)}`, /organization token.*org:ci/],
  ['sentry', hex(32), /public key of a DSN/],
  ['new-relic', `${hex(36)}NRAL`, /license key/],
  ['new-relic', hex(40), /license key/],
  ['new-relic', 'NRII-abc', /browsers or Insights/],
  ['prometheus', 'glsa_abc_1', /service account of Grafana/],
  ['grafana', 'glc_abc', /access policy token/],
  ['supabase', jwt, /anon and service_role/],
  ['supabase', 'sb_secret_abc', /a secret key of a Supabase project/],
  ['supabase', 'sb_publishable_abc', /a publishable key of a Supabase project/],
  ['supabase', 'vcp_abc', /access token of Vercel/],
  ['vercel', hook, /deploy hook/],
  ['vercel', 'prj_abc', /id of a Vercel project/],
  ['vercel', 'team_abc', /id of a Vercel team/],
  ['vercel', 'vck_abc', /AI Gateway/],
  ['stripe', 'pk_live_abc', /publishable key of Stripe/],
  ['stripe', 'whsec_abc', /signing secret/],
  ['datadog', 'sbp_abc', /Supabase account/],
] as [CredentialOwner, string, RegExp][]) {
  test(`where a credential of ${wanted} is wanted: ${value.slice(0, 7)}… is told for what it is`, () => {
    assert.match(otherCredential(wanted, value) ?? '', is);
  });
}

test('what has the right shape, or a shape that nobody knows, is not accused', () => {
  for (const [wanted, value] of [
    ['sentry', `sntryu_${hex(64)}`],
    ['sentry', `sntryi_${hex(64)}`],
    ['sentry', hex(64)],
    ['new-relic', 'NRAK-ABCDEF'],
    ['prometheus', 'glc_abc'],
    ['prometheus', hex(32)],
    ['grafana', 'glsa_abc_1'],
    ['grafana', jwt],
    ['supabase', 'sbp_abc'],
    ['vercel', 'vcp_abc'],
    ['vercel', 'abcdefghijklmnopqrstuvwx'],
    ['stripe', 'rk_live_abc'],
    ['datadog', hex(32)],
    ['datadog', hex(40)],
  ] as [CredentialOwner, string][]) {
    assert.equal(otherCredential(wanted, value), undefined, `${wanted} ${value}`);
  }
});

test('nothing of the value is told', () => {
  const secret = 'canary0123456789';
  for (const value of [`sntrys_${secret}`, `sb_secret_${secret}`, `pk_live_${secret}`, `https://${hex(32)}@${secret}`])
    assert.doesNotMatch(otherCredential('vercel', value) ?? '', /canary|a1a1/);
});
