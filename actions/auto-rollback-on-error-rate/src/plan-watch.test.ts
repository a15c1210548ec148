import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '#action-kit/input-error';
import type { EnvironmentSettings } from '#config/settings';
import { inputs } from './inputs.ts';
import { type Given, planWatch } from './plan-watch.ts';

const none = {} as Record<keyof Given, undefined>;
function given(values: Partial<Given> = {}): Given {
  return { ...none, baseline: 1_800_000, act: true, baseUrl: 'https://app.example', ...values } as Given;
}
function settings(more: Partial<EnvironmentSettings> = {}): EnvironmentSettings {
  const empty = { vercel: {}, database: {}, health: {}, smoke: {}, watch: {}, release: {}, slack: {} };
  return { environment: 'production', production: true, ...empty, ...more };
}
const vercel: Partial<Given> = { vercelToken: 'token', vercelProject: 'prj_1' };

function mistakes(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof InputError);
    return error.message;
  }
  return '';
}

test('with a Vercel token the runtime logs are watched, without any account our own checks', () => {
  assert.deepEqual(planWatch(given(vercel), settings()).sources, ['vercel-runtime-logs']);
  assert.deepEqual(planWatch(given(), settings()).sources, ['probe']);
});

test('an input wins over ops.yml, that over the release and the defaults', () => {
  const watch = { windowMs: 60_000, minRequests: 7, mode: 'notify' as const, rules: ['error-rate above 5%'] };
  const plan = planWatch(given({ window: 120_000 }), settings({ watch }));
  assert.deepEqual([plan.windowMs, plan.minRequests, plan.mode, plan.intervalMs], [120_000, 7, 'notify', 30_000]);
  assert.equal(plan.rules[0]?.text, 'error-rate above 5%');
  assert.equal(planWatch(given(), settings({ watch }), 'auto').mode, 'auto');
  assert.equal(planWatch(given({ mode: 'observe' }), settings({ watch }), 'auto').mode, 'observe');
});

test('the default rules are those of the docs', () => {
  const texts = planWatch(given(), settings()).rules.map((rule) => rule.text);
  assert.deepEqual(texts, [
    'error-rate above 10%: immediately',
    'error-rate above 3x baseline and at least 2% within 15m',
  ]);
});

test('a threshold is a rule for the whole window', () => {
  const [rule] = planWatch(given({ threshold: 0.07, window: 90_000 }), settings()).rules;
  assert.deepEqual(rule && 'above' in rule && rule.above, { kind: 'share', value: 0.07 });
  assert.equal(rule?.withinMs, 90_000);
});

test('checks that write are not repeated, and no attempt is longer than an interval', () => {
  const health = { checks: [{ path: '/api/health', timeoutMs: 9000 }] };
  const smoke = { checks: [{ path: '/api/orders', method: 'POST' as const }, { path: '/api/status' }] };
  const { checks } = planWatch(given({ interval: 2000 }), settings({ health, smoke }));
  assert.deepEqual(
    checks.map((check) => [check.url.pathname, check.timeoutMs]),
    [
      ['/api/health', 2000],
      ['/api/status', 2000],
    ],
  );
});

test('all mistakes are told at once', () => {
  const text = mistakes(() =>
    planWatch(
      given({
        source: ['vercel-observability'],
        interval: 60_000,
        window: 30_000,
        rules: ['latency above 2s'],
        threshold: 0.1,
      }),
      settings(),
    ),
  );
  for (const part of [/^interval:/m, /^vercel-token:/m, /^threshold: cannot be combined/m, /^rules:/m])
    assert.match(text, part);
  assert.match(
    mistakes(() => planWatch(given({ source: ['probe'], baseUrl: undefined }), settings())),
    /^base-url:/m,
  );
});

test('a token for counts goes only to an address that the workflow file names (S11)', () => {
  const watch = {
    source: ['http-json' as const],
    httpJson: { url: 'https://x.example/c', requests: '$.r', errors: '$.e' },
  };
  assert.match(
    mistakes(() => planWatch(given({ sourceToken: 'token' }), settings({ watch }))),
    /^source-token:/m,
  );
  const plan = planWatch(given({ sourceToken: 'token', sourceUrl: 'https://y.example/c' }), settings({ watch }));
  assert.deepEqual(plan.httpJson, { url: 'https://y.example/c', requests: '$.r', errors: '$.e', token: 'token' });
});

test('headers are read line by line, every mistake is told without its value', () => {
  const json = { source: ['http-json' as const], sourceUrl: 'https://y.example/c' };
  const plan = planWatch(
    given({ ...json, sourceHeaders: 'X-Api-Key: canary-1\n\nAuthorization: Basic YTpi' }),
    settings(),
  );
  assert.deepEqual(plan.httpJson?.headers, { 'x-api-key': 'canary-1', authorization: 'Basic YTpi' });
  const text = mistakes(() =>
    planWatch(given({ ...json, sourceHeaders: 'canary-2\nHost: canary-3\nA: 1\na: canary-4' }), settings()),
  );
  for (const part of [
    /line 1 is not "Name: value"/,
    /line 2 is a header that cannot be given/,
    /line 4 is given twice/,
  ])
    assert.match(text, part);
  assert.doesNotMatch(text, /canary/);
  const watch = {
    source: ['http-json' as const],
    httpJson: { url: 'https://x.example/c', requests: '$.r', errors: '$.e' },
  };
  assert.match(
    mistakes(() => planWatch(given({ sourceHeaders: 'X-Api-Key: canary' }), settings({ watch }))),
    /^source-headers: is only sent to an address that the workflow file names/m,
  );
});

test('only an address of the workflow file is listed for the secret (S20)', () => {
  assert.deepEqual([...planWatch(given(), settings()).listedHosts], ['app.example']);
  const configured = settings({ url: 'https://other.example' });
  assert.deepEqual([...planWatch(given({ baseUrl: undefined }), configured).listedHosts], []);
});

const sentry = { organization: 'acme', projects: [1] };

test('a source that only a preset names is left out and said; one that an input names must be usable', () => {
  const watch = { source: ['datadog' as const, 'sentry' as const] };
  const plan = planWatch(given(), settings({ watch }));
  assert.deepEqual(plan.sources, ['probe']);
  assert.match(plan.notes.join('\n'), /Source datadog is not used: ops.yml has no section observe.datadog/);
  assert.match(
    mistakes(() => planWatch(given({ source: ['datadog'] }), settings())),
    /^source: .*observe.datadog/m,
  );
  const half = settings({ watch, observe: { sentry } });
  assert.match(
    mistakes(() => planWatch(given(), half)),
    /^sentry-auth-token: is needed for source sentry/m,
  );
  assert.deepEqual(planWatch(given({ sentryAuthToken: 'token' }), half).sources, ['sentry']);
});

test("routes that may be slow are the same in all rules, and a query of one's own says where they go (ARB-05)", () => {
  const rules = ['error-rate above 2%', 'p95 above 5s within 15m except /reports /generate-content'];
  const observe = { newRelic: { account: 1, app: 'web' }, prometheus: { requests: 'a', errors: 'b', p95: 'c' } };
  const newRelic = { source: ['new-relic' as const], newRelicApiKey: 'key' };
  assert.deepEqual(planWatch(given({ ...newRelic, rules }), settings({ observe })).except, [
    '/generate-content',
    '/reports',
  ]);
  const other = [...rules, 'p95 above 10s'];
  assert.match(
    mistakes(() => planWatch(given({ ...newRelic, rules: other }), settings({ observe }))),
    /^rules: about p95 must all leave out the same routes/m,
  );
  assert.match(
    mistakes(() => planWatch(given({ source: ['prometheus'], rules }), settings({ observe }))),
    /^observe\.prometheus\.p95: must say where routes are left out, e\.g\. route!~"\{except\}"/m,
  );
});

test('rules that only warn cannot fail a release; a restored one is judged by the others', () => {
  const warning = 'error-rate above 1%: warning';
  assert.match(
    mistakes(() => planWatch(given({ rules: [warning] }), settings())),
    /^rules: only warn/m,
  );
  const rules = [warning, 'error-rate above 5%: notify', 'new-issues above 0'];
  const restored = planWatch(given({ restored: true, rules }), settings()).rules;
  assert.deepEqual(
    restored.map(({ text, action }) => [text, action]),
    [['error-rate above 5%: notify', undefined]],
  );
});

test('the wait may end early only where somebody says so, and never that of a restored release', () => {
  assert.equal(planWatch(given(), settings()).mayEndEarly, false);
  assert.equal(planWatch(given(), settings({ watch: { mayEndEarly: true } })).mayEndEarly, true);
  const restored = given({ restored: true, windowMayEndEarly: true });
  assert.equal(planWatch(restored, settings()).mayEndEarly, false);
});

test('a release hands its watch off in every mode but approve, in which a job has to wait for the answer', () => {
  const watch = { handOffMs: 300_000 };
  const handedOff = (values: Partial<Given>, mode?: 'observe' | 'notify' | 'approve' | 'auto') =>
    planWatch(given({ release: '{}', ...values }), settings({ watch }), mode).handOffMs;
  for (const mode of ['observe', 'notify', 'auto'] as const) assert.equal(handedOff({}, mode), 300_000);
  assert.equal(handedOff({}, 'approve'), undefined);
  assert.equal(handedOff({ mode: 'approve' }, 'auto'), undefined);
  assert.equal(handedOff({ restored: true }), undefined);
  assert.equal(handedOff({ release: undefined }), undefined);
});

test('several sources are read line by line or with commas; an unknown one is a mistake, never a default', () => {
  assert.deepEqual(inputs.source.parse('sentry, datadog\nprobe'), ['sentry', 'datadog', 'probe']);
  assert.throws(() => inputs.source.parse('sentri'), /sentri is not a source/);
  assert.match(inputs.source.allowed, /sentry, datadog, prometheus/);
});

test('the runtime logs stand in for observability, which not every plan has', () => {
  const plan = planWatch(given({ ...vercel, source: ['vercel-observability'] }), settings());
  assert.deepEqual([plan.sources, plan.combine], [['vercel-observability', 'vercel-runtime-logs'], 'primary']);
  const any = planWatch(given({ ...vercel, source: ['vercel-observability'], combine: 'any' }), settings());
  assert.deepEqual(any.sources, ['vercel-observability']);
});

test('what Vercel counts of production alone judges no environment beside it in the same project', () => {
  const watch = { source: ['vercel-observability' as const, 'vercel-metrics' as const] };
  const staging = settings({ environment: 'staging', production: false, vercel: { as: 'alias' }, watch });
  const plan = planWatch(given(vercel), staging);
  assert.deepEqual(plan.sources, ['vercel-runtime-logs']);
  assert.match(plan.notes.join(), /vercel-metrics is not used: it counts production alone, and staging is beside it/);
  const named = planWatch(given({ ...vercel, source: ['vercel-metrics'], restored: true }), staging);
  assert.deepEqual(named.sources, ['vercel-runtime-logs']);
  assert.match(
    mistakes(() => planWatch(given({ ...vercel, source: ['vercel-metrics'] }), staging)),
    /source: counts production alone, and staging is beside it .*given: "vercel-metrics"/,
  );
  assert.deepEqual(planWatch(given(vercel), settings({ watch })).sources, watch.source);
});

test('a restored release is watched for a short time, without what served before it, by what there are secrets for', () => {
  const watch = { source: ['sentry' as const], rules: ['error-rate above 5%'] };
  const observe = { sentry: { organization: 'acme', projects: [1] } };
  const plan = planWatch(given({ ...vercel, restored: true }), settings({ watch, observe }));
  assert.deepEqual([plan.windowMs, plan.baselineMs, plan.sources], [180_000, 0, ['vercel-runtime-logs']]);
  assert.match(plan.notes.join(), /sentry is not used: sentry-auth-token was not given/);
  const chosen = { windowMs: 60_000, afterRollbackMs: 600_000 };
  assert.equal(planWatch(given({ restored: true }), settings({ watch: chosen })).windowMs, 60_000);
  const coarse = { intervalMs: 300_000 };
  assert.equal(planWatch(given({ restored: true }), settings({ watch: coarse })).windowMs, 300_000);
});

test('a restored release is compared with what served before the one that was taken back; where nobody knows when, not at all', () => {
  const known = planWatch(given({ ...vercel, restored: true, promotedAt: '1700000000.5' }), settings());
  assert.deepEqual([known.baselineMs, known.baselineUntil, known.rules.length], [1_800_000, 1_700_000_000_500, 2]);
  const unknown = planWatch(given({ ...vercel, restored: true }), settings());
  assert.deepEqual(
    [unknown.baselineMs, unknown.baselineUntil, unknown.rules.map(({ text }) => text)],
    [0, undefined, ['error-rate above 10%: immediately']],
  );
  assert.match(unknown.notes.join(), /"error-rate above 3x baseline .*" is left out: nobody said when/);
  const watch = { rules: ['p95 above 1.25x baseline and at least 500ms', 'lcp above 4s'] };
  const bare = planWatch(given({ ...vercel, restored: true }), settings({ watch }));
  assert.deepEqual(
    bare.rules.map(({ text }) => text),
    ['error-rate above 10%: immediately'],
  );
  assert.match(bare.notes.join(), /No rule can judge what was restored/);
  const released = planWatch(given({ ...vercel, promotedAt: '1700000000' }), settings());
  assert.deepEqual([released.baselineUntil, released.rules.length], [undefined, 2]);
});

test('nobody is asked about a restored release that was not seen: it is told as not proven', () => {
  const watch = { onNoData: 'ask' as const, onInconclusive: 'ask' as const };
  const policies = (values: Partial<Given>) => {
    const { onNoData, onInconclusive } = planWatch(given(values), settings({ watch }));
    return [onNoData, onInconclusive];
  };
  assert.deepEqual(policies({}), ['ask', 'ask']);
  assert.deepEqual(policies({ restored: true }), ['hold', 'hold']);
  assert.deepEqual(policies({ restored: true, onNoData: 'fail' }), ['fail', 'hold']);
});

test('a database that is watched over a connection that proves no server is told', () => {
  const watch = { source: ['sql' as const], rules: ['error-rate above 5%'] };
  const observe = { sql: { counts: 'SELECT 1 AS requests, 0 AS errors' } };
  const notes = (databaseUrl: string) => planWatch(given({ databaseUrl }), settings({ watch, observe })).notes.join();
  assert.match(
    notes('postgresql://u:p@db.example.com/d?sslmode=require'),
    /Weaker than standard: sslmode=require .*no reason is given/,
  );
  assert.equal(notes('postgresql://u:p@db.example.com/d'), '');
});
