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
  /** When its workflow starts; `init` writes it into the workflow file, a run does not read it. */
  trigger?: { event: 'push' | 'tag' | 'after' | 'manual'; ref?: string };
  vercel: VercelSettings;
  database: DatabaseSettings;
  /** Absent where the file names neither functions nor a Supabase project. */
  functions?: FunctionsSettings;
  health: HealthSettings;
  smoke: SmokeSettings;
  watch: WatchSettings;
  observe?: ObserveSettings;
  release: ReleaseSettings;
  slack: SlackSettings;
  drills?: DrillSettings;
}

/** Recovery drills; absent keys: the standards of packages/backup. */
export interface DrillSettings {
  /** The whole restore, from the look for the backup to the compared copy. */
  restoreWithinMs?: number;
  /** Of the newest verified data. */
  dataAgeMs?: number;
  /** Since the last drill that passed: then the next one was missed. */
  overdueMs?: number;
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
  /** `promote`: where the plan refuses rollbacks (402) the target is promoted instead. Default: the rollback fails clearly. */
  rollbackFallback?: 'promote';
}

export interface DatabaseSettings {
  /** The Supabase project that connection strings have to lead to (`supabase.project`). */
  project?: string;
  /** Folder of the migration files, relative to the workspace. Default `supabase/migrations`. */
  migrations?: string;
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
  /** How long backups are kept: of a schedule and before migrations; by hand. */
  retentionMs?: { automatic?: number; manual?: number };
  /** Of the buckets. */
  backupRegion?: string;
  /** Default `required`; less only outside production (S11). */
  backupPolicy?: 'required' | 'platform' | 'skip';
  /** Default `restore`; less only where the workflow file says throw-away (S11). */
  backupVerify?: 'restore' | 'structure' | 'checksum';
  /** Another tool's command, which migrates instead of the files; `{environment}` is replaced. */
  command?: string;
  /** Runs after the migration; its failure is a failed migration. */
  verifyCommand?: string;
  /** Default `stop`. */
  onFailure?: 'stop' | 'rollback-sql';
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
  /** How long a forward fix may take. Default: nobody said. */
  forwardFixMs?: number;
}

/** What `rollback.database.policy` names; only `rollback-sql` is ever run. */
export type WayBackOfDatabase = 'rollback-sql' | 'restore' | 'point-in-time' | 'forward-only';

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
}

/** Every source of the watch; packages/observe has one entry for each. */
export const sourceNames = [
  'vercel-observability',
  'vercel-runtime-logs',
  'sentry',
  'datadog',
  'prometheus',
  'grafana',
  'new-relic',
  'supabase-logs',
  'http-json',
  'probe',
] as const;
export type SourceName = (typeof sourceNames)[number];

/** How several sources make one verdict: the first that can be read, any that fails, or only all together. */
export const combinations = ['primary', 'any', 'all'] as const;
export type Combination = (typeof combinations)[number];

/** Where each vendor's numbers are; addresses of one's own servers come from the workflow file where a token goes with them (S11). */
export interface ObserveSettings {
  sentry?: { organization: string; projects: number[]; site?: string; environment?: string; query?: string };
  datadog?: {
    site?: string;
    requests: string;
    errors: string;
    p95?: string;
    dashboard?: string;
    monitors?: number[];
    api?: 'v1' | 'v2';
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
  };
  supabaseLogs?: { project?: string; of?: 'edge' | 'functions' };
}

export interface PrometheusSettings {
  url?: string;
  requests: string;
  errors: string;
  p95?: string;
  /** Queries by name of the metric. */
  gauges?: Record<string, string>;
  scrapeMs?: number;
}

/** Which time before is compared with: right before the promotion (the previous release), or the same time a day or a week ago. */
export const baselineTimes = ['before', 'day-ago', 'week-ago'] as const;
export type BaselineTime = (typeof baselineTimes)[number];

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
  onNoData?: 'hold' | 'fail' | 'pass';
  onInconclusive?: 'hold' | 'fail' | 'pass';
  mode?: 'observe' | 'notify' | 'approve' | 'auto';
  /** Of mode `approve`: how long the answer is waited for, and what happens without one. */
  approveTimeoutMs?: number;
  approveFallback?: 'auto' | 'notify';
  /** For `http-json`: address and the paths of the two counts. */
  httpJson?: { url: string; requests: string; errors: string };
}

export interface ReleaseSettings {
  /** Production is refused unless this environment passed for the same git tree. */
  requiresPassed?: string;
  requireAncestor?: boolean;
  /** `rolling`: through the stages of Vercel's rolling releases. Default: at once. */
  strategy?: 'direct' | 'blue-green' | 'rolling';
  /** How long each stage of a rolling release is watched. Default 5 minutes. */
  stageWindowMs?: number;
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
}

export interface SlackSettings {
  /** Channel id (`C…`); a name works for the first message only, so an id is asked for. */
  channel?: string;
}
