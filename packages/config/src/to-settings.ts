import type { EnvironmentLayer } from './ops-schema.ts';
import type {
  AlertSettings,
  AppSettings,
  CheckSettings,
  EnvironmentSettings,
  FeatureSettings,
  JsonLogsSettings,
  NotificationRoute,
  ObserveSettings,
  PrometheusSettings,
} from './settings.ts';

type CheckLayer = NonNullable<Extract<EnvironmentLayer['health'], { checks?: unknown }>['checks']>[number];

/** The settings of one environment from its merged layer; unstated keys stay absent. */
export function toSettings(layer: EnvironmentLayer, environment: string, production: boolean): EnvironmentSettings {
  const { vercel = {}, database = {}, watch = {}, release = {} } = layer;
  const backup = database.backup ?? {};
  const smoke = layer.smoke === 'none' ? {} : (layer.smoke ?? {});
  const health = layer.health ?? {};
  return {
    environment,
    production,
    ...defined({ url: layer.url, trigger: layer.trigger }),
    vercel: defined({
      project: vercel.project,
      team: vercel.team,
      as: vercel.as,
      customEnvironment: vercel['custom-environment'],
      alias: vercel.alias,
      build: vercel.build,
      workingDirectory: vercel['working-directory'],
      deadlineMs: vercel.deadline,
      requiredVariables: vercel['required-variables'],
      rollbackFallback: layer.rollback?.app?.method === 'vercel-rollback' ? ('none' as const) : undefined,
    }),
    ...toApps(layer),
    database: defined({
      project: layer.supabase?.project,
      migrations: database.migrations,
      tlsReason: database['tls-reason'],
      naming: database.naming,
      apply: database.apply,
      lockTimeoutMs: database['lock-timeout'],
      statementTimeoutMs: database['statement-timeout'],
      verifyObjects:
        database['verify-tables'] === undefined && database['verify-objects'] === undefined
          ? undefined
          : [
              ...(database['verify-tables'] ?? []).map((name) => `table ${name}`),
              ...(database['verify-objects'] ?? []),
            ],
      includeAll: database['include-all'],
      limits:
        database.limits === undefined
          ? undefined
          : defined({ rewriteBytes: database.limits.rewrite, scanBytes: database.limits.scan }),
      backupDestinations: backup.destination,
      backupPath: backup.path,
      backupSchedule: backup.schedule,
      backupRegion: backup.region,
      backupName: backup.name,
      retentionMs: toRetention(backup.retention),
      backupPolicy: backup.policy,
      backupVerify: backup.verify,
      verifyEveryMs: backup['verify-every'] === 'after-deploy' ? undefined : backup['verify-every'],
      scratchImage: database['scratch-image'],
      extensions: database.extensions,
      command: database.command,
      verifyCommand: database['verify-command'],
      critical: database.critical,
      types:
        database.types === undefined
          ? undefined
          : defined({
              file: database.types.file,
              schemas: database.types.schemas,
              command: database.types.command,
              onDifference: database.types['on-difference'],
            }),
      contract: database.contract,
      onFailure: toOnFailure(database['on-failure']),
      rollbackSql: database['rollback-sql'],
      rowSecurity:
        database['row-security'] === undefined
          ? undefined
          : { refuse: database['row-security'].policy === 'refuse', except: database['row-security'].except ?? [] },
      rollbackPolicy: layer.rollback?.database?.policy?.map((way) => (way === 'forward-fix' ? 'forward-only' : way)),
      rollbackLimitMs: layer.rollback?.database?.limit,
      rollbackTables: layer.rollback?.database?.['check-tables'],
      rollbackChecks:
        layer.rollback?.database?.checks === undefined
          ? undefined
          : Object.entries(layer.rollback.database.checks).map(([name, sql]) => ({ name, sql })),
      damageQueries:
        database['damage-queries'] && Object.entries(database['damage-queries']).map(([name, sql]) => ({ name, sql })),
      forwardFixMs: layer.rollback?.['fix-forward-limit'],
    }),
    ...toFunctions(layer),
    health: defined({
      checks: health.checks?.map(toCheck),
      consecutive: 'consecutive' in health ? health.consecutive : undefined,
      intervalMs: 'interval' in health ? health.interval : undefined,
      timeoutMs: 'timeout' in health ? health.timeout : undefined,
      deadlineMs: 'deadline' in health ? health.deadline : undefined,
    }),
    smoke: defined({
      command: smoke.command,
      checks: 'checks' in smoke ? smoke.checks?.map(toCheck) : undefined,
      timeoutMs: 'timeout' in smoke ? smoke.timeout : undefined,
      endToEnd: 'end-to-end' in smoke ? smoke['end-to-end'] : undefined,
      features: 'features' in smoke ? toFeatures(smoke.features) : undefined,
    }),
    watch: defined({
      source: watch.source,
      combine: watch.combine,
      windowMs: watch.window,
      afterRollbackMs: watch['after-rollback'],
      intervalMs: watch.interval,
      mayEndEarly: watch['window-may-end-early'],
      handOffMs: watch['hand-off'],
      rules: watch.rules,
      baselineFrom: watch['baseline-from'],
      minRequests: watch['min-requests'],
      onNoData: watch['on-no-data'],
      onInconclusive: watch['on-inconclusive'],
      mode: watch.mode,
      approveTimeoutMs: watch['approve-timeout'],
      approveFallback: watch['approve-fallback'],
      httpJson: watch['http-json'],
    }),
    ...(layer.observe && { observe: toObserve(layer.observe, layer.supabase?.project) }),
    release: defined({
      requiresPassed: release['requires-passed'],
      requireAncestor: release['require-ancestor'],
      backupAgeMs: release['requires-backup'],
      strategy: release.strategy,
      stageWindowMs: release['stage-window'],
      keepPreviousMs: release['keep-previous'],
      timeBudgetMs: release['time-budget'],
      requiredChecks: release['required-checks'],
      approvals: layer.checklist?.approvals,
      dismissStaleApprovals: layer.checklist?.['dismiss-stale-approvals'],
      lockExpiryMs: release['lock-expiry'],
      rollbackLimitMs: layer.rollback?.app?.limit,
      fixForwardMs: layer.rollback?.['fix-forward-limit'],
      escalateTo: layer.rollback?.escalate,
      afterFixForward: layer.rollback?.['after-fix-forward'],
      scenarios: layer.rollback?.rules?.map((rule) => ({ when: rule.when, do: rule.do })),
    }),
    slack: defined({ channel: layer.slack?.channel }),
    ...toAlerts(layer),
    ...toBackend(layer.backend),
    ...toDrills(layer.drills),
    ...toAfterRelease(layer['after-release'], smoke),
  };
}

const otherWays = ['pagerduty', 'email', 'sms'] as const;

function toAlerts({
  alerts = [],
  notifications,
}: EnvironmentLayer): Pick<EnvironmentSettings, 'alerts' | 'notifications'> {
  const routes = Object.entries(notifications?.routes ?? {}).map(([name, route]): [string, NotificationRoute] => [
    name,
    { slack: route.slack ?? [], others: otherWays.filter((way) => route[way] !== undefined) },
  ]);
  return {
    ...(alerts.length > 0 && { alerts: alerts.map(withRequired) as AlertSettings[] }),
    ...(routes.length > 0 && { notifications: { routes: Object.fromEntries(routes) } }),
  };
}

const dayMs = 24 * 60 * 60 * 1000;
/** A rhythm and some days for people; a quarter as long as a key may be unproven (S27). */
const overdueDays: Readonly<Record<string, number>> = {
  daily: 2,
  weekly: 9,
  monthly: 35,
  quarterly: 100,
  annually: 380,
};

function toBackend(given: EnvironmentLayer['backend']): Pick<EnvironmentSettings, 'backend'> {
  if (given === undefined) return {};
  const { deploy, rollback, status, url, checks, deadline: deadlineMs, repeatable } = given;
  return { backend: defined({ deploy, rollback, status, url, checks: checks?.map(toCheck), deadlineMs, repeatable }) };
}

function toDrills(given: NonNullable<EnvironmentLayer['drills']> = {}): Pick<EnvironmentSettings, 'drills'> {
  const overdue = (rhythm: string | undefined) => {
    const days = overdueDays[rhythm ?? ''];
    return days === undefined ? undefined : days * dayMs;
  };
  const drills = defined({
    restoreWithinMs: given['restore-within'],
    dataAgeMs: given['data-age'],
    overdueMs: overdue(given['backup-restore'] ?? given['disaster-recovery']),
    rehearsalOverdueMs: overdue(given.rollback),
  });
  return Object.keys(drills).length === 0 ? {} : { drills };
}

/** The strictest word of the list that acts on files. */
function toOnFailure(words: readonly string[] = []): 'rollback-sql' | 'rollback-release' | undefined {
  if (words.includes('rollback-sql')) return 'rollback-sql';
  return words.includes('rollback') ? 'rollback-release' : undefined;
}

type SmokeLayer = Exclude<NonNullable<EnvironmentLayer['smoke']>, 'none'>;
type FeaturesLayer = Extract<SmokeLayer, { features?: unknown }>['features'];

function toFeatures(features: FeaturesLayer): FeatureSettings[] | undefined {
  return (
    features &&
    Object.entries(features).map(([name, feature]) => {
      if (feature === 'confirm') return { name };
      return typeof feature === 'string' ? { name, command: feature } : { name, checks: feature.map(toCheck) };
    })
  );
}

/** What asks for all features asks for each of them by its name; where none is named, it stays a question for a person. */
function toAfterRelease(
  given: NonNullable<EnvironmentLayer['after-release']> = {},
  smoke: SmokeLayer = {},
): Pick<EnvironmentSettings, 'afterRelease'> {
  const { windows, tolerance, 'sign-off': signOff, 'confirmed-by': confirmedBy } = given;
  const features = Object.keys(('features' in smoke ? smoke.features : undefined) ?? {});
  const each = (texts: readonly string[], all: string, one: (name: string) => string): string[] => [
    ...new Set(texts.flatMap((text) => (text === all && features.length > 0 ? features.map(one) : text))),
  ];
  const afterRelease = defined({
    windows: windows?.map((window) => ({
      ...window,
      require: each(window.require, 'features passed', (name) => `feature ${name} passed`),
    })),
    signOff: signOff && each(signOff, 'features-passed', (name) => `feature-${name}-passed`),
    tolerance,
    rowCountsExcept: given['row-counts-except'],
    confirmedBy,
  });
  return Object.keys(afterRelease).length === 0 ? {} : { afterRelease };
}

function toRetention(
  given: { managed?: number | undefined; manual?: number | undefined; storage?: number | undefined } = {},
) {
  const { managed: automatic, manual, storage } = given;
  const retention = { automatic, manual, storage };
  return Object.values(retention).every((value) => value === undefined) ? undefined : defined(retention);
}

function toFunctions({ functions, supabase = {} }: EnvironmentLayer): Pick<EnvironmentSettings, 'functions'> {
  if (functions === undefined && supabase.project === undefined && supabase.functions === undefined) return {};
  return {
    functions: {
      wanted: functions !== undefined || supabase.functions !== undefined,
      explicit: functions !== undefined,
      ...defined({
        project: supabase.project,
        directory: functions?.directory ?? supabase.functions,
        names: functions?.names,
        when: functions?.when,
        checks: functions?.checks?.map(toCheck),
      }),
    },
  };
}

type ObserveLayer = NonNullable<EnvironmentLayer['observe']>;

function toObserve(layer: ObserveLayer, supabaseProject: string | undefined): ObserveSettings {
  const logs = layer['supabase-logs'];
  const metrics = layer['supabase-metrics'];
  return defined({
    sentry: layer.sentry && withRequired(layer.sentry),
    datadog: layer.datadog && withRequired(layer.datadog),
    prometheus: layer.prometheus && toPrometheus(layer.prometheus),
    grafana: layer.grafana && { ...toPrometheus(layer.grafana), datasource: layer.grafana.datasource },
    newRelic: layer['new-relic'] && withRequired(layer['new-relic']),
    jsonLogs: layer['json-logs'] && toJsonLogs(layer['json-logs']),
    jsonValues:
      layer['json-values'] &&
      Object.fromEntries(Object.entries(layer['json-values']).map(([metric, part]) => [metric, withRequired(part)])),
    sql: layer.sql && withRequired(layer.sql),
    supabaseLogs: logs && defined({ project: logs.project ?? supabaseProject, of: logs.of }),
    stripe: layer.stripe,
    supabaseMetrics: metrics && defined({ project: metrics.project ?? supabaseProject }),
  }) as ObserveSettings;
}

function toJsonLogs(layer: NonNullable<ObserveLayer['json-logs']>): JsonLogsSettings {
  const { url, 'request-id': requestId, 'trace-url': traceUrl, ...rest } = layer;
  return { url, ...defined({ ...rest, requestId, traceUrl }) };
}

function toPrometheus(layer: NonNullable<ObserveLayer['prometheus']>): PrometheusSettings {
  const { 'scrape-interval': scrapeMs, url, requests, errors, p95, gauges, arms } = layer;
  return { requests, errors, ...defined({ url, p95, gauges, scrapeMs, arms }) };
}

/** Leaves out absent keys; the others keep their types. */
function withRequired<T extends object>(part: T): { [K in keyof T]: T[K] } {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as T;
}

/** In the order of the file; an app without project or address is refused before. */
function toApps({ apps }: EnvironmentLayer): { apps?: AppSettings[] } {
  const all = Object.entries(apps ?? {}).map(([name, app]) => ({
    name,
    project: app.project ?? '',
    url: app.url ?? '',
    ...defined({
      workingDirectory: app['working-directory'],
      health: app.health?.map(toCheck),
      smoke: app.smoke?.map(toCheck),
    }),
  }));
  return all.length === 0 ? {} : { apps: all };
}

function toCheck(check: CheckLayer): CheckSettings {
  const { path, ...rest } = {
    name: undefined,
    method: undefined,
    status: undefined,
    json: undefined,
    contains: undefined,
    timeout: undefined,
    critical: undefined,
    ...check,
  };
  const { name, method, status, json, contains, timeout, critical } = rest;
  return { path, ...defined({ name, method, status, json, contains, timeoutMs: timeout, critical }) };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out keys that have no value, so that `in` and spreading mean what they say. */
function defined<T extends object>(part: T): Defined<T> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Defined<T>;
}
