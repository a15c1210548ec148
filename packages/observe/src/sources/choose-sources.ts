import type { EnvironmentSettings, ObserveSettings, SourceName } from '#config/settings';
import type { SourceGiven, SourceProblem } from './source-given.ts';

/** What a vendor's source needs from the workflow file, by input. */
const needs: Partial<Record<SourceName, { section: keyof ObserveSettings; secrets: (keyof SourceGiven)[] }>> = {
  sentry: { section: 'sentry', secrets: ['sentryAuthToken'] },
  datadog: { section: 'datadog', secrets: ['ddApiKey', 'ddAppKey'] },
  prometheus: { section: 'prometheus', secrets: [] },
  grafana: { section: 'grafana', secrets: ['grafanaToken'] },
  'new-relic': { section: 'newRelic', secrets: ['newRelicApiKey'] },
  'json-logs': { section: 'jsonLogs', secrets: [] },
  'json-values': { section: 'jsonValues', secrets: [] },
  sql: { section: 'sql', secrets: ['databaseUrl'] },
  'supabase-logs': { section: 'supabaseLogs', secrets: ['supabaseAccessToken'] },
  stripe: { section: 'stripe', secrets: ['stripeApiKey'] },
  'supabase-metrics': { section: 'supabaseMetrics', secrets: ['supabaseAccessToken'] },
};

/** Vercel tells these of production alone: of an environment beside it in the same project they would say what production does. */
const ofProduction: readonly SourceName[] = ['vercel-observability', 'vercel-metrics'];

/**
 * The sources of a watch. What an input names must be usable; what only a preset names, without a section of its own, is left
 * out and said. A source that can be blind by its plan gets one that cannot to stand in. Adds to `problems`.
 */
export function chooseSources(
  given: SourceGiven,
  settings: EnvironmentSettings,
  problems: SourceProblem[],
): { sources: SourceName[]; notes: string[] } {
  const notes: string[] = [];
  const named = given.source ?? settings.watch.source ?? [];
  const sources: SourceName[] = [];
  for (const name of new Set(named)) {
    const as = ofProduction.includes(name) ? (settings.vercel.as ?? 'production') : 'production';
    if (as !== 'production') {
      const why = `counts production alone, and ${settings.environment} is beside it in the same project (vercel.as: ${as})`;
      if (given.source === undefined || given.restored) notes.push(`Source ${name} is not used: it ${why}`);
      else
        problems.push({
          name: 'source',
          given: name,
          message: why,
          allowed: 'another source, e.g. vercel-runtime-logs',
        });
      continue;
    }
    const need = needs[name];
    const section = need && settings.observe?.[need.section];
    if (need && !section && given.source === undefined) {
      notes.push(`Source ${name} is not used: ops.yml has no section observe.${name} that says where its numbers are`);
      continue;
    }
    // A way back may be taken with fewer secrets than a release has; what serves is watched all the same.
    const missing = (need?.secrets ?? []).filter((secret) => given[secret] === undefined);
    // The string of a release may change everything: it is not lent to queries of ops.yml, and without one of its own there is no
    // sql. Payments are nothing that a release needs a key for.
    const withoutOwn = (name === 'sql' || name === 'stripe') && given.source === undefined;
    if ((given.restored || withoutOwn) && missing.length > 0) {
      notes.push(`Source ${name} is not used: ${missing.map(inputName).join(' and ')} was not given`);
      continue;
    }
    if (need && !section)
      problems.push({ name: 'source', given: name, message: `needs the section observe.${name} in ops.yml` });
    for (const secret of missing) problems.push({ name: inputName(secret), message: `is needed for source ${name}` });
    if (name.startsWith('vercel-') && !hasVercel(given, settings)) {
      problems.push({ name: 'vercel-token', message: `is needed for source ${name}, and vercel-project with it` });
    }
    sources.push(name);
  }
  if (sources.length === 0 && problems.length === 0)
    sources.push(hasVercel(given, settings) ? 'vercel-runtime-logs' : 'probe');
  const combine = given.combine ?? settings.watch.combine ?? 'primary';
  // Without Observability Plus Vercel answers 402: the logs, which every plan has, stand in.
  if (sources.length === 1 && sources[0] === 'vercel-observability' && combine === 'primary')
    sources.push('vercel-runtime-logs');
  return { sources, notes };
}

function hasVercel(given: SourceGiven, settings: EnvironmentSettings): boolean {
  return given.vercelToken !== undefined && (given.vercelProject ?? settings.vercel.project) !== undefined;
}

function inputName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
