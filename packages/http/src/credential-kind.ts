/** Who gave a credential, or where one is wanted. */
export type CredentialOwner =
  | 'sentry'
  | 'datadog'
  | 'new-relic'
  | 'prometheus'
  | 'grafana'
  | 'supabase'
  | 'vercel'
  | 'stripe';

interface Kind {
  pattern: RegExp;
  /** Continues "it is …". */
  is: string;
  /** Where it is right all the same. */
  rightFor?: readonly CredentialOwner[];
  /** Only looked at where such a credential is wanted: elsewhere the shape says nothing. */
  among?: CredentialOwner;
}

/**
 * Shapes by which their owners let people tell credentials apart. Sentry: docs.sentry.io/security-legal-pii/security/token-formats and
 * /api/organizations/create-an-org-auth-token ("they can only be granted org:ci"); New Relic: docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys;
 * Vercel: vercel.com/changelog/new-token-formats-and-secret-scanning; Supabase: supabase.com/docs/guides/api/api-keys and facts/supabase.md §6;
 * Stripe: docs.stripe.com/keys; Grafana: grafana.com/docs (service accounts, access policies).
 */
const kinds: readonly Kind[] = [
  {
    pattern: /^https?:\/\/[\da-f]{32}(:[\da-f]+)?@/,
    is: 'a DSN of Sentry: it sends events and reads nothing; an internal integration has a token that reads',
  },
  {
    pattern: /^sntrys_/,
    is: 'an organization token of Sentry: it uploads (org:ci) and reads nothing; an internal integration has a token that reads',
  },
  { pattern: /^sntry[a-z]_/, is: 'a token of Sentry', rightFor: ['sentry'] },
  {
    ...{ among: 'sentry', pattern: /^[\da-f]{32}$/ },
    is: 'as long as the public key of a DSN, which sends events and reads nothing',
  },
  { pattern: /^NRAK-/, is: 'a user key of New Relic', rightFor: ['new-relic'] },
  {
    pattern: /NRAL$/,
    is: 'a license key of New Relic: it sends data and reads nothing; a user key (NRAK-…) reads',
  },
  {
    pattern: /^(NRJS|NRII|NRIQ|NRBR)-/,
    is: 'a key of New Relic for browsers or Insights, which NerdGraph does not take; a user key (NRAK-…) reads',
  },
  {
    ...{ among: 'new-relic', pattern: /^[\da-f]{40}$/ },
    is: 'as long as a license key, which sends data and reads nothing; a user key (NRAK-…) reads',
  },
  { pattern: /^glsa_/, is: 'a token of a service account of Grafana', rightFor: ['grafana'] },
  {
    pattern: /^glc_/,
    is: 'an access policy token of Grafana Cloud, which its data sources take and Grafana itself does not',
    rightFor: ['prometheus'],
  },
  { pattern: /^sbp_/, is: 'an access token of a Supabase account', rightFor: ['supabase'] },
  {
    pattern: /^sb_publishable_/,
    is: 'a publishable key of a Supabase project; an access token of an account (sbp_…) is wanted',
  },
  { pattern: /^sb_secret_/, is: 'a secret key of a Supabase project; an access token of an account (sbp_…) is wanted' },
  {
    ...{ among: 'supabase', pattern: /^eyJ[\w-]+\.eyJ[\w-]+\./ },
    is: 'a JWT, as the anon and service_role keys of a Supabase project are; an access token of an account (sbp_…) is wanted',
  },
  {
    pattern: /^https:\/\/api\.vercel\.com\/v1\/integrations\/deploy\//,
    is: 'the address of a deploy hook of Vercel, which only starts deployments; an access token is wanted',
  },
  { pattern: /^vc[pia]_/, is: 'an access token of Vercel', rightFor: ['vercel'] },
  { pattern: /^vcr_/, is: 'a refresh token of Vercel; an access token (vcp_…) is wanted' },
  { pattern: /^vck_/, is: 'an API key of Vercel (as for its AI Gateway); an access token (vcp_…) is wanted' },
  { pattern: /^prj_\w+$/, is: 'the id of a Vercel project; an access token is wanted' },
  { pattern: /^team_\w+$/, is: 'the id of a Vercel team; an access token is wanted' },
  { pattern: /^[rs]k_(live|test)_/, is: 'a secret key of Stripe', rightFor: ['stripe'] },
  {
    pattern: /^pk_(live|test)_/,
    is: 'a publishable key of Stripe, which reads no events; a restricted key (rk_…) that may is wanted',
  },
  { pattern: /^whsec_/, is: 'the signing secret of a webhook of Stripe; a restricted key (rk_…) is wanted' },
];

/**
 * What a refused credential is instead of the one that is wanted, by its shape; undefined where the shape is right or says nothing. For
 * use after a refusal only: owners change their shapes, and what works is never refused by us. Never tells a part of it. Pure.
 */
export function otherCredential(wanted: CredentialOwner, value: string): string | undefined {
  const found = kinds.find(
    ({ pattern, among }) => (among === undefined || among === wanted) && pattern.test(value.trim()),
  );
  return found === undefined || found.rightFor?.includes(wanted) ? undefined : found.is;
}
