import type { BackupSchedule } from './parse-backup-schedule.ts';

/**
 * The settings of one environment after `.github/ops.yml`, its `extends:` and the environment's own section were merged.
 * Everything is optional: an action falls back to its documented default. Durations are milliseconds, rates are shares (0.02 = 2 %).
 */
export interface EnvironmentSettings {
  /** Name of the environment, as given by the workflow file. */
  environment: string;
  /** False only for environments named staging, preview or development, or marked throw-away by the workflow file (S11). */
  production: boolean;
  /** Public address of the environment, with scheme, without trailing slash. */
  url?: string;
  /** Hosts of the environments of the same file that are production; only where this one is not. */
  productionHosts?: string[];
  /** When its workflow starts; `init` writes it into the workflow file, a run does not read it. */
  trigger?: { event: 'push' | 'tag' | 'after' | 'manual'; ref?: string };
  vercel: VercelSettings;
  /** Further Vercel projects that are released and rolled back together with that of `vercel`; absent where there are none. */
  apps?: AppSettings[];
  database: DatabaseSettings;
  /** Absent where the file names neither functions nor a Supabase project. */
  functions?: FunctionsSettings;
  /** Absent where the file has no backend beside Vercel. */
  backend?: BackendSettings;
  health: HealthSettings;
  smoke: SmokeSettings;
  watch: WatchSettings;
  observe?: ObserveSettings;
  release: ReleaseSettings;
  slack: SlackSettings;
  alerts?: AlertSettings[];
  notifications?: NotificationSettings;
  drills?: DrillSettings;
  afterRelease?: AfterReleaseSettings;
}

/** One further Vercel project of an environment. */
export interface AppSettings {
  name: string;
  /** Project id (`prj_…`) or name. */
  project: string;
  /** Public address, with scheme, without trailing slash. */
  url: string;
  /** Folder of the app, relative to the workspace. */
  workingDirectory?: string;
  /** Default `GET /`. */
  health?: CheckSettings[];
  smoke?: CheckSettings[];
}

/** What is looked at after a release. */
export interface AfterReleaseSettings {
  windows?: WindowSettings[] | undefined;
  /** What makes the release complete; default the windows. */
  signOff?: string[] | undefined;
  /** How far `normal` may be above the time before the release, a share. Default 0.25. */
  tolerance?: number | undefined;
  /** Tables whose rows are not compared, with their schema. */
  rowCountsExcept?: string[] | undefined;
  /** Accounts that may confirm; default everybody who maintains the repository. */
  confirmedBy?: string[] | undefined;
}

/** A time after the promotion and what must hold in it; milliseconds. */
export interface WindowSettings {
  name: string;
  from: number;
  until: number;
  /** As written, e.g. `error-rate below 1%`. */
  require: string[];
}

/** One limit outside of a release. */
export interface AlertSettings {
  /** As written, e.g. `error-rate above 2%`; `parseMetricRule` reads it. */
  when: string;
  /** In the words of `incidents.severities`. */
  level?: string;
  /** Name of the route whose places are told; absent: the channel of the environment. */
  route?: string;
}

export interface NotificationSettings {
  /** Places by name. */
  routes: Record<string, NotificationRoute>;
}

export interface NotificationRoute {
  /** Channel ids or names. */
  slack: string[];
  /** Ways that this version does not take, e.g. `pagerduty`. */
  others: string[];
}

/** Recovery drills; absent keys: the standards of packages/backup. */
export interface DrillSettings {
  /** The whole restore, from the look for the backup to the compared copy. */
  restoreWithinMs?: number;
  /** Of the newest verified data. */
  dataAgeMs?: number;
  /** Since the last drill that passed: then the next one was missed. */
  overdueMs?: number;
  /** The same since the last rehearsal of the way back. */
  rehearsalOverdueMs?: number;
}

export interface VercelSettings {
  /** Project id (`prj_…`) or name. */
  project?: string;
  /** Team id (`team_…`) or slug; absent for a personal account. */
  team?: string;
  /** How this environment exists on Vercel (design §5). Default `production`. */
  as?: 'production' | 'custom-environment' | 'alias';
  /** Slug of the custom environment; required with `as: custom-environment`. */
  customEnvironment?: string;
  /** Host to alias; required with `as: alias`. */
  alias?: string;
  /** Default `remote`. */
  build?: 'remote' | 'prebuilt' | 'adopt';
  /** Folder of the app inside the repository; default: the repository root. */
  workingDirectory?: string;
  /** How long a deployment may take to become ready. */
  deadlineMs?: number;
  /** Names that must exist for this environment in the Vercel project; values are never read. */
  requiredVariables?: string[];
  /** `none`: where the plan refuses a rollback (402) it fails clearly. Default: the target is promoted instead. */
  rollbackFallback?: 'none';
}

export interface DatabaseSettings {
  /** The Supabase project that connection strings have to lead to (`supabase.project`). */
  project?: string;
  /** Folder of the migration files, relative to the workspace. Default `supabase/migrations`. */
  migrations?: string;
  /** Why a connection may be weaker than verify-full (S30). Default: none is given. */
  tlsReason?: string;
  /** How a new migration is named; default as the newest file of the folder. */
  naming?: 'timestamp' | 'numbered';
  /** Who applies pending migrations: the release (`automatic`, the default), or a person before it (`approve`, `manual`). */
  apply?: 'automatic' | 'approve' | 'manual';
  lockTimeoutMs?: number;
  statementTimeoutMs?: number;
  /** What has to be there after a migration, e.g. `table notes`. */
  verifyObjects?: string[];
  /** Files that sort before an applied one are applied, not refused. */
  includeAll?: boolean;
  /** From which table size on, in bytes, a migration that blocks it is refused. */
  limits?: { rewriteBytes?: number; scanBytes?: number };
  /** `artifact`, `directory`, `s3://bucket/prefix`, `supabase-storage://project/bucket/prefix`. */
  backupDestinations?: string[];
  /** Folder for `directory` destinations, relative to the workspace or absolute. */
  backupPath?: string;
  /** How long backups are kept: of a schedule and before migrations; by hand; old versions of storage objects. */
  retentionMs?: { automatic?: number; manual?: number; storage?: number };
  /** When backups are made by themselves; the workflow file says it to GitHub. */
  backupSchedule?: BackupSchedule;
  /** Of the buckets. */
  backupRegion?: string;
  /** `{environment}`, `{date}` and `{time}` are replaced. */
  backupName?: string;
  /** Default `required`; less only outside production (S11). */
  backupPolicy?: 'required' | 'platform' | 'skip';
  /** Default `restore`; less only where the workflow file says throw-away (S11). */
  backupVerify?: 'restore' | 'structure' | 'checksum';
  /** How often the newest stored backup is verified again. Default: nobody asks. */
  verifyEveryMs?: number;
  /** The only image that scratch servers may come from, by digest. */
  scratchImage?: string;
  /** Names of extensions that a scratch server has to have. */
  extensions?: string[];
  /** Another tool's command, which migrates instead of the files; `{environment}` is replaced. */
  command?: string;
  /** Runs after the migration; its failure is a failed migration. */
  verifyCommand?: string;
  /** Generated types that are compared with the database; absent keys: the platform makes those of `public`, a difference is told. */
  types?: {
    file?: string | undefined;
    schemas?: string[] | undefined;
    command?: string | undefined;
    onDifference?: 'report' | 'pull-request' | undefined;
  };
  /** Names of migration files that no code may go live without. */
  critical?: string[];
  /** When held files are applied; default `later`. */
  contract?: 'later' | 'same-run';
  /** Default `stop`. */
  onFailure?: 'stop' | 'rollback-sql' | 'rollback-release';
  /** Whether pending files need rollback SQL; default `optional`, which names those without. */
  rollbackSql?: 'required' | 'optional' | 'ignored';
  /** Tables that visitors reach without row security, or without a policy: refused or told, except those named. */
  rowSecurity?: { refuse: boolean; except: string[] };
  /** How the database goes back, in the order of preference; default rollback SQL. */
  rollbackPolicy?: WayBackOfDatabase[];
  /** How long that may take before it is told as late. Default 30 minutes. */
  rollbackLimitMs?: number;
  /** Tables that have to be there after the database went back. */
  rollbackTables?: string[];
  /** Queries that find what is wrong after the database went back: a row is a fault. */
  rollbackChecks?: { name: string; sql: string }[];
  /** Queries that find damaged rows or their entries in an audit log; a column `at` says when. */
  damageQueries?: { name: string; sql: string }[];
  /** How long a forward fix may take. Default: nobody said. */
  forwardFixMs?: number;
}

/** Steps of a failure scenario; a run carries `rollback` out and leaves the others to people. */
export const scenarioSteps = [
  'rollback',
  'rollback-staging',
  'restore-backup',
  'fix-forward',
  'patch',
  'redeploy',
  'investigate',
  'stop',
] as const;
export type ScenarioStep = (typeof scenarioSteps)[number];

/** What `rollback.database.policy` names; only `rollback-sql` is ever run. */
export type WayBackOfDatabase = 'rollback-sql' | 'restore' | 'point-in-time' | 'forward-only';

/** A part of the release that is not on Vercel; `{environment}` in its commands is replaced. */
export interface BackendSettings {
  deploy?: string;
  rollback?: string;
  /** Ends with 0 once the version that it is given runs. */
  status?: string;
  /** Address below which its checks are. */
  url?: string;
  checks?: CheckSettings[];
  /** Of each command and of the proof after it. Default 5 minutes. */
  deadlineMs?: number;
  /** The deploy command may run again where nobody knows how it ended. */
  repeatable?: boolean;
}

/** Supabase edge functions. */
export interface FunctionsSettings {
  /** Project reference: 20 lowercase letters. */
  project?: string;
  /** Folder of the functions, relative to the workspace. Default `supabase/functions`. */
  directory?: string;
  /** Only these; default all. */
  names?: string[];
  /** Default `before` the promotion. */
  when?: 'before' | 'after';
  /** Checks on the address of the Supabase project. */
  checks?: CheckSettings[];
  /** True where the file has a section `functions`, or a folder under `supabase`: they belong to a release. */
  wanted: boolean;
  /** True where the file has a section `functions`: a release without the access token is then refused. */
  explicit: boolean;
}

/** One HTTP check, shared by health gates and smoke suites. */
export interface CheckSettings {
  name?: string;
  /** Path below the base URL, or an absolute URL. */
  path: string;
  method?: 'GET' | 'HEAD' | 'POST';
  /** Accepted statuses; default: 200–399 that are not the SSO wall. */
  status?: number[];
  /** JSON pointer-like paths (`$.status`) and the value they must equal. */
  json?: Record<string, string | number | boolean>;
  /** Text the body must contain. */
  contains?: string;
  timeoutMs?: number;
  /** False: its failure is told, and decides nothing. Default true. */
  critical?: boolean;
}

export interface HealthSettings {
  checks?: CheckSettings[];
  consecutive?: number;
  intervalMs?: number;
  timeoutMs?: number;
  deadlineMs?: number;
}

export interface SmokeSettings {
  /** The consumer's own command; `{environment}` and `{url}` are replaced. */
  command?: string;
  /** Ordered checks, run once each in order. */
  checks?: CheckSettings[];
  timeoutMs?: number;
  /** Another command of the consumer, which windows after a release ask for; as `command`. */
  endToEnd?: string;
  /** Critical features, which windows after a release judge by name. */
  features?: FeatureSettings[];
}

/** Without command and checks only a person can say whether it works. */
export interface FeatureSettings {
  name: string;
  /** As the smoke command. */
  command?: string;
  checks?: CheckSettings[];
}

/** Every source of the watch; packages/observe has one entry for each. */
export const sourceNames = [
  'vercel-observability',
  'vercel-runtime-logs',
  'vercel-metrics',
  'sentry',
  'datadog',
  'prometheus',
  'grafana',
  'new-relic',
  'supabase-logs',
  'supabase-metrics',
  'http-json',
  'sql',
  'json-values',
  'json-logs',
  'stripe',
  'probe',
] as const;
export type SourceName = (typeof sourceNames)[number];

/** How several sources make one verdict: the first that can be read, any that fails, or only all together. */
export const combinations = ['primary', 'any', 'all'] as const;
export type Combination = (typeof combinations)[number];

/**
 * Where each vendor's numbers are; addresses of one's own servers come from the workflow file where a token goes with them (S11).
 * `arms` tells the two deployments of a rolling release apart.
 */
export interface ObserveSettings {
  sentry?: {
    organization: string;
    projects: number[];
    site?: string;
    environment?: string;
    query?: string;
    arms?: string;
  };
  datadog?: {
    site?: string;
    requests: string;
    errors: string;
    p95?: string;
    endpoints?: string;
    dashboard?: string;
    monitors?: number[];
    api?: 'v1' | 'v2';
    arms?: string;
  };
  prometheus?: PrometheusSettings;
  grafana?: PrometheusSettings & { datasource: string };
  newRelic?: {
    account: number;
    region?: 'us' | 'eu';
    app: string;
    failed?: string;
    where?: string;
    dashboard?: string;
    arms?: string;
  };
  supabaseLogs?: { project?: string; of?: 'edge' | 'functions' };
  supabaseMetrics?: { project?: string };
  /** Nothing to set: the section says that Stripe is asked. */
  stripe?: Record<string, never>;
  /** Structured logs; JSON paths of what a line says, milliseconds. */
  jsonLogs?: JsonLogsSettings;
  /** Single numbers by metric: an address and JSON paths of the number and of its samples. */
  jsonValues?: Record<string, { url: string; value: string; count?: string }>;
  /** Queries of one's own; `{from}` and `{until}` are replaced. */
  sql?: { counts?: string; values?: Record<string, string>; arms?: string };
}

export interface JsonLogsSettings {
  url: string;
  time?: string;
  level?: string;
  errors?: string[];
  latency?: string;
  requestId?: string;
  match?: Record<string, string | number | boolean>;
  traceUrl?: string;
  arms?: Record<string, string>;
}

export interface PrometheusSettings {
  url?: string;
  requests: string;
  errors: string;
  p95?: string;
  /** Queries by name of the metric. */
  gauges?: Record<string, string>;
  scrapeMs?: number;
  arms?: string;
}

/** Which time before is compared with: right before the promotion (the previous release), or the same time a day or a week ago. */
export const baselineTimes = ['before', 'day-ago', 'week-ago'] as const;
export type BaselineTime = (typeof baselineTimes)[number];

/** What follows where too little is known for a verdict: `ask` asks the reviewers of mode approve. */
export const missingPolicies = ['hold', 'fail', 'ask', 'pass'] as const;
export type MissingPolicy = (typeof missingPolicies)[number];

export interface WatchSettings {
  /** In the order of preference. */
  source?: SourceName[];
  combine?: Combination;
  windowMs?: number;
  /** How long a restored release is watched. */
  afterRollbackMs?: number;
  intervalMs?: number;
  /** Ends the wait as soon as every rule passes. */
  mayEndEarly?: boolean;
  /** The job ends after this part of the window; scheduled runs judge the rest. Absent: the job watches all of it. */
  handOffMs?: number;
  /** Rules as users write them, e.g. `error-rate above 2% within 15m`. */
  rules?: string[];
  baselineFrom?: BaselineTime;
  minRequests?: number;
  onNoData?: MissingPolicy;
  onInconclusive?: MissingPolicy;
  mode?: 'observe' | 'notify' | 'approve' | 'auto';
  /** Of mode `approve`: how long the answer is waited for, and what happens without one. */
  approveTimeoutMs?: number;
  approveFallback?: 'auto' | 'notify';
  /** For `http-json`: address and the paths of the two counts. */
  httpJson?: { url: string; requests: string; errors: string; arms?: string | undefined };
}

export interface ReleaseSettings {
  /** Production is refused unless this environment passed for the same git tree. */
  requiresPassed?: string;
  requireAncestor?: boolean;
  /** How old the newest verified backup may be. Default: nobody asks. */
  backupAgeMs?: number;
  /** `rolling`: through the stages of Vercel's rolling releases. Default: at once. */
  strategy?: 'direct' | 'blue-green' | 'rolling';
  /** How long each stage of a rolling release is watched. Default 5 minutes. */
  stageWindowMs?: number;
  /** How long the deployment that served before is proven warm behind a promotion. Default with `blue-green` 15 minutes, else not at all. */
  keepPreviousMs?: number;
  /** From the opening of a release until it is live; longer is told and stops nothing. */
  timeBudgetMs?: number;
  /** Names of checks that must be green on the commit. */
  requiredChecks?: string[];
  /** Approvals that the pull request of the commit needs before production. Default 0. */
  approvals?: number;
  /** Only approvals of the pull request's last commit count. */
  dismissStaleApprovals?: boolean;
  /** How long an automatic lock lasts. Default 24 hours. */
  lockExpiryMs?: number;
  /** How long a rollback may take from decision to proof before it is told as late. Default 5 minutes. */
  rollbackLimitMs?: number;
  /** How long people may take to mend a breach that was left to them with a newer release. Default: nobody said. */
  fixForwardMs?: number;
  /** Route that is told as well where a rollback failed, or what it restored is sick. */
  escalateTo?: string;
  /** What follows when they did not; default `propose`. */
  afterFixForward?: 'propose' | 'rollback';
  /** What a person may dispatch, by name, with its steps in order. */
  scenarios?: { when: string; do: ScenarioStep[] }[];
}

export interface SlackSettings {
  /** Channel id (`C…`); a name works for the first message only, so an id is asked for. */
  channel?: string;
}
