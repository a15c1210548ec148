import type { EnvironmentLayer } from './ops-schema.ts';
import type { CheckSettings, EnvironmentSettings, ObserveSettings, PrometheusSettings } from './settings.ts';

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
      rollbackFallback: layer.rollback?.app?.method === 'promote' ? ('promote' as const) : undefined,
    }),
    database: defined({
      project: layer.supabase?.project,
      migrations: database.migrations,
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
      backupRegion: backup.region,
      retentionMs: toRetention(backup.retention),
      backupPolicy: backup.policy,
      backupVerify: backup.verify,
      command: database.command,
      verifyCommand: database['verify-command'],
      onFailure: database['on-failure']?.includes('rollback-sql') ? ('rollback-sql' as const) : undefined,
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
      strategy: release.strategy,
      stageWindowMs: release['stage-window'],
      timeBudgetMs: release['time-budget'],
      requiredChecks: release['required-checks'],
      approvals: layer.checklist?.approvals,
      dismissStaleApprovals: layer.checklist?.['dismiss-stale-approvals'],
      lockExpiryMs: release['lock-expiry'],
      rollbackLimitMs: layer.rollback?.app?.limit,
    }),
    slack: defined({ channel: layer.slack?.channel }),
    ...toDrills(layer.drills),
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

function toDrills(given: NonNullable<EnvironmentLayer['drills']> = {}): Pick<EnvironmentSettings, 'drills'> {
  const days = overdueDays[given['backup-restore'] ?? given['disaster-recovery'] ?? ''];
  const drills = defined({
    restoreWithinMs: given['restore-within'],
    dataAgeMs: given['data-age'],
    overdueMs: days === undefined ? undefined : days * dayMs,
  });
  return Object.keys(drills).length === 0 ? {} : { drills };
}

function toRetention(given: { managed?: number | undefined; manual?: number | undefined } = {}) {
  const { managed: automatic, manual } = given;
  return automatic === undefined && manual === undefined ? undefined : defined({ automatic, manual });
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
  return defined({
    sentry: layer.sentry && withRequired(layer.sentry),
    datadog: layer.datadog && withRequired(layer.datadog),
    prometheus: layer.prometheus && toPrometheus(layer.prometheus),
    grafana: layer.grafana && { ...toPrometheus(layer.grafana), datasource: layer.grafana.datasource },
    newRelic: layer['new-relic'] && withRequired(layer['new-relic']),
    supabaseLogs: logs && defined({ project: logs.project ?? supabaseProject, of: logs.of }),
  }) as ObserveSettings;
}

function toPrometheus(layer: NonNullable<ObserveLayer['prometheus']>): PrometheusSettings {
  const { 'scrape-interval': scrapeMs, url, requests, errors, p95, gauges } = layer;
  return { requests, errors, ...defined({ url, p95, gauges, scrapeMs }) };
}

/** Leaves out absent keys; the others keep their types. */
function withRequired<T extends object>(part: T): { [K in keyof T]: T[K] } {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as T;
}

function toCheck(check: CheckLayer): CheckSettings {
  const { path, ...rest } = {
    name: undefined,
    method: undefined,
    status: undefined,
    json: undefined,
    contains: undefined,
    timeout: undefined,
    ...check,
  };
  const { name, method, status, json, contains, timeout } = rest;
  return { path, ...defined({ name, method, status, json, contains, timeoutMs: timeout }) };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out keys that have no value, so that `in` and spreading mean what they say. */
function defined<T extends object>(part: T): Defined<T> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Defined<T>;
}
