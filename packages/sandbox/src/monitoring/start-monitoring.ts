import { randomBytes } from 'node:crypto';
import type { FaultService } from '../faults.ts';
import type { Handler } from '../http/answer.ts';
import type { Services } from '../services.ts';
import { appNumbersService, type SandboxAppNumbers } from './app-numbers.ts';
import { datadogService, type SandboxDatadog } from './datadog.ts';
import { newRelicService, type SandboxNewRelic } from './new-relic.ts';
import { grafanaService, prometheusService, type SandboxPrometheus } from './prometheus.ts';
import { type SandboxSentry, sentryService } from './sentry.ts';
import { type SandboxStripe, stripeService } from './stripe.ts';
import type { Traffic } from './traffic.ts';

/** What the monitoring services know, for tests; what they count is the traffic. */
export interface MonitoringAccess {
  traffic: Traffic;
  sentry: SandboxSentry;
  datadog: SandboxDatadog;
  prometheus: SandboxPrometheus;
  newRelic: SandboxNewRelic;
  stripe: SandboxStripe;
  app: SandboxAppNumbers;
}

/** Addresses and credentials of the monitoring services. */
export interface MonitoringDescription {
  sentry: { url: string; token: string; organization: string; project: number };
  datadog: { apiUrl: string; apiKey: string; appKey: string; monitor: number };
  prometheus: { url: string; token: string };
  grafana: { url: string; token: string; datasource: string };
  newRelic: { apiUrl: string; apiKey: string; account: number; app: string };
  stripe: { apiUrl: string; apiKey: string };
  /** JSON that an app tells of itself: `/counts?from={from}&until={until}`, `/counters`, `/logs?from={from}&until={until}`, `/health`. */
  app: { url: string; token: string };
}

/** Sentry, Datadog, Prometheus, Grafana, New Relic, Stripe and an app's own numbers, all counting what the deployments really served. */
export async function startMonitoring(
  services: Services,
  traffic: Traffic,
): Promise<{ access: MonitoringAccess; description: MonitoringDescription }> {
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  const access: MonitoringAccess = {
    traffic,
    // Each in the form that the vendor gives it.
    sentry: {
      token: `sntryi_${hex(32)}`,
      uploadToken: `sntrys_${Buffer.from('{"org":"acme"}').toString('base64url')}_${hex(16)}`,
      ...{ organization: 'acme', project: 4_505_123_456_789_012 },
    },
    datadog: { apiKey: hex(16), appKey: hex(20), monitor: 1_234_567 },
    prometheus: { token: hex(16), grafanaToken: `glsa_${hex(16)}_${hex(4)}`, datasource: 'sandbox', gauges: {} },
    newRelic: { apiKey: `NRAK-${hex(14).slice(1).toUpperCase()}`, account: 1_234_567, app: 'web' },
    stripe: { apiKey: `rk_test_${hex(12)}`, events: [] },
    app: { token: hex(16), breakers: {}, values: {} },
  };
  const { sentry, datadog, prometheus, newRelic, stripe, app } = access;
  const open = async (name: FaultService, handler: Handler) => (await services.listen(name, handler)).url;
  return {
    access,
    description: {
      sentry: {
        url: await open('sentry', sentryService(sentry, traffic)),
        ...{ token: sentry.token, organization: sentry.organization, project: sentry.project },
      },
      datadog: {
        apiUrl: await open('datadog', datadogService(datadog, traffic)),
        ...datadog,
      },
      prometheus: {
        url: await open('prometheus', prometheusService(prometheus, traffic)),
        token: prometheus.token,
      },
      grafana: {
        url: await open('grafana', grafanaService(prometheus, traffic)),
        ...{ token: prometheus.grafanaToken, datasource: prometheus.datasource },
      },
      newRelic: { apiUrl: await open('new-relic', newRelicService(newRelic, traffic)), ...newRelic },
      stripe: { apiUrl: await open('stripe', stripeService(stripe)), apiKey: stripe.apiKey },
      app: { url: await open('app', appNumbersService(app, traffic)), token: app.token },
    },
  };
}
