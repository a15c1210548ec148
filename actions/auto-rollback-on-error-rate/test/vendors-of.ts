import type { SourceParts } from '#observe/sources/registry';
import type { Sandbox } from '#sandbox/sandbox-types';

/** How a watch reaches each vendor's service of a sandbox. */
export function vendorsOf({ description }: Sandbox): SourceParts['vendors'] {
  const { sentry, datadog, prometheus, newRelic, supabase } = description;
  return {
    prometheus: {
      ...prometheus,
      requests: 'sum(increase(http_requests_total[{interval}]))',
      errors: 'sum(increase(http_requests_total{code=~"5.."}[{interval}])) or vector(0)',
      gauges: { memory: 'process_memory_share' },
    },
    sentry: { ...sentry, projects: [sentry.project], release: 'abc' },
    datadog: {
      url: datadog.apiUrl,
      ...datadog,
      monitors: [],
      requests: 'sum:trace.next.request.hits{service:web}.as_count()',
      errors: 'default_zero(sum:trace.next.request.errors{service:web}.as_count())',
    },
    newRelic: { url: newRelic.apiUrl, ...newRelic },
    supabaseLogs: { url: supabase.apiUrl, ...supabase, of: 'edge' },
  };
}
