import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '#action-kit/input-error';
import { parseRule } from '#config/rules';
import type { EnvironmentSettings, ObserveSettings, SourceName, WatchSettings } from '#config/settings';
import { SourceError } from '#observe/source';
import { createSource } from '#observe/sources/registry';
import { watchArms } from '#observe/watch-arms';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import type { VercelConnection } from '#vercel/project';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { partsOfArm, refuseSame, sourceOfStages } from './stage-watch.ts';

type Given = Parameters<typeof sourceOfStages>[0];
type Told = { observe?: ObserveSettings; watch?: WatchSettings };

const minute = 60_000;
const arms = {
  stable: { deployment: 'dpl_Old', commit: 'a'.repeat(40), release: 'v1.0.0' },
  canary: { deployment: 'dpl_New', commit: 'b'.repeat(40), release: 'v1.1.0' },
};
const keys = {
  sentryAuthToken: 'sentry-token',
  ddApiKey: 'api-key',
  ddAppKey: 'app-key',
  grafanaToken: 'grafana-token',
  newRelicApiKey: 'relic-key',
};
const counted = {
  requests: 'sum(increase(http_requests_total{env="production"{arm}}[{interval}]))',
  errors: 'sum(increase(http_requests_total{env="production",code=~"5.."{arm}}[{interval}])) or vector(0)',
};
const hits = 'trace.next.request';

/** Every source that tells two deployments apart, by the names under which its service knows them. */
const sources: [SourceName, told: (app: string) => Told][] = [
  ['prometheus', () => ({ observe: { prometheus: { ...counted, arms: ',deployment="{deployment}"' } } })],
  ['grafana', () => ({ observe: { grafana: { ...counted, datasource: 'sandbox', arms: ',version="{release}"' } } })],
  [
    'datadog',
    () => ({
      observe: {
        datadog: {
          requests: `sum:${hits}.hits{service:web{arm}}.as_count()`,
          errors: `default_zero(sum:${hits}.errors{service:web{arm}}.as_count())`,
          arms: ',deployment:{deployment}',
        },
      },
    }),
  ],
  [
    'sentry',
    () => ({
      observe: { sentry: { organization: 'acme', projects: [4_505_123_456_789_012], arms: 'release:"{commit}"' } },
    }),
  ],
  ['new-relic', () => ({ observe: { newRelic: { account: 1_234_567, app: 'web', arms: "release = '{release}'" } } })],
  [
    'http-json',
    (app) => ({
      watch: {
        httpJson: {
          url: `${app}/counts?from={from}&until={until}{arm}`,
          requests: '$.requests',
          errors: '$.errors',
          arms: '&deployment={deployment}',
        },
      },
    }),
  ],
  [
    'json-logs',
    (app) => ({
      observe: { jsonLogs: { url: `${app}/logs?from={from}&until={until}`, arms: { '$.release': '{release}' } } },
    }),
  ],
];

const start = 1_700_000_040_000;

/** Both deployments answer 300 requests a minute; of the new one `errorsOfNew` in a hundred fail. */
function serve({ monitoring: { traffic } }: Sandbox, errorsOfNew: number): void {
  for (const { deployment, ...known } of Object.values(arms)) traffic.name(deployment, known);
  for (let at = start - 2 * minute; at < start + 8 * minute; at += 200) {
    const bad = (at / 200) % 100 < errorsOfNew;
    traffic.add({ at, status: 200, deploymentId: arms.stable.deployment });
    traffic.add({ at, status: bad ? 500 : 200, deploymentId: arms.canary.deployment });
  }
}

/** Where the sandbox's services listen, by the variables that name them, and what they take. */
function reach({ description }: Sandbox, source: SourceName, told: Told) {
  const { sentry, datadog, prometheus, grafana, newRelic, app } = description;
  const addresses: Record<string, string> = {
    OPS_ACTIONS_SENTRY_URL: sentry.url,
    OPS_ACTIONS_DATADOG_URL: datadog.apiUrl,
    OPS_ACTIONS_PROMETHEUS_URL: prometheus.url,
    OPS_ACTIONS_GRAFANA_URL: grafana.url,
    OPS_ACTIONS_NEW_RELIC_URL: newRelic.apiUrl,
  };
  const own = { sourceUrl: told.watch?.httpJson?.url ?? app.url, sourceToken: app.token };
  return {
    environment: (name: string) => addresses[name],
    given: {
      ...{ sentryAuthToken: sentry.token, ddApiKey: datadog.apiKey, ddAppKey: datadog.appKey },
      ...{ prometheusToken: prometheus.token, grafanaToken: grafana.token, newRelicApiKey: newRelic.apiKey },
      ...(source === 'http-json' || source === 'json-logs' ? own : {}),
    },
  };
}

async function stage(source: SourceName, told: (app: string) => Told, errorsOfNew: number) {
  const clock = new SimulatedClock(start);
  const sandbox = await startSandbox({ postgres: false, now: () => clock.now() });
  try {
    serve(sandbox, errorsOfNew);
    const written = told(sandbox.description.app.url);
    const { environment, given: secrets } = reach(sandbox, source, written);
    const settings = { environment: 'production', ...written, watch: { source: [source], ...written.watch } };
    const given = { ...secrets, vercelToken: 'vercel-token', vercelProject: 'notes' } as unknown as Given;
    assert.equal(sourceOfStages(given, settings as EnvironmentSettings), source);
    const signal = new AbortController().signal;
    const runner = { clock, signal, environment };
    const connection = {} as VercelConnection;
    const parts = (arm: 'stable' | 'canary') =>
      partsOfArm(runner, given, settings as EnvironmentSettings, { source, connection, arm: arms[arm] });
    refuseSame(source, parts('stable'), parts('canary'));
    const made = async (arm: 'stable' | 'canary') => {
      const opened = await createSource(source, parts(arm));
      return { ...opened, read: clock.busy(opened.read) };
    };
    return await watchArms({
      stable: await made('stable'),
      canary: await made('canary'),
      rules: [parseRule('error-rate above 5% within 15m')],
      windowMs: 5 * minute,
      intervalMs: minute,
      minRequests: 20,
      superseded: async () => undefined,
      clock,
      signal,
      log: () => {},
    });
  } finally {
    await sandbox.close();
  }
}

for (const [source, told] of sources) {
  test(`A stage counted by ${source}: a new deployment as good as the other passes, a sick one fails on its own counts`, async () => {
    const good = await stage(source, told, 0);
    assert.equal(good.verdict, 'pass', good.summary);
    assert.ok(good.canary.requests > 0 && good.stable.requests > 0, JSON.stringify(good));
    const sick = await stage(source, told, 20);
    assert.equal(sick.verdict, 'fail', sick.summary);
    assert.ok(sick.canary.errors > 10 * Math.max(1, sick.stable.errors / 3), JSON.stringify(sick));
  });
}

test('Both deployments asked for by one name are refused, and so is a name that nobody knows', () => {
  const runner = { clock: new SimulatedClock(), signal: new AbortController().signal, environment: () => undefined };
  const observe = { sentry: { organization: 'acme', projects: [1], arms: 'release:"{commit}"' } };
  const settings = {
    environment: 'production',
    watch: { source: ['sentry'] },
    observe,
  } as unknown as EnvironmentSettings;
  const given = keys as unknown as Given;
  const parts = (arm: { deployment: string; commit?: string }) =>
    partsOfArm(runner, given, settings, { source: 'sentry', connection: {} as VercelConnection, arm });
  const same = parts({ deployment: 'dpl_a', commit: 'c0ffee' });
  const other = parts({ deployment: 'dpl_b', commit: 'c0ffee' });
  assert.throws(
    () => refuseSame('sentry', same, other),
    (error) => error instanceof SourceError && /both are of one commit/.test(error.message),
  );
  assert.throws(() => parts({ deployment: 'dpl_c' }), { reasonCode: 'arms_not_separable' });
});

test('A source that cannot tell them apart is refused before anything is promoted, with what to write', () => {
  const settings = {
    environment: 'production',
    watch: { source: ['datadog'] },
    observe: { datadog: { requests: 'a', errors: 'b' } },
  } as unknown as EnvironmentSettings;
  const refused = (given: object) => {
    try {
      return sourceOfStages(given as Given, settings);
    } catch (error) {
      assert.ok(error instanceof InputError);
      return error.message;
    }
  };
  assert.match(refused(keys), /write observe\.datadog\.arms.*\{arm\} into requests and errors/);
  assert.match(refused({}), /dd-api-key[\s\S]*dd-app-key/);
});
