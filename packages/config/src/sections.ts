import { z } from 'zod';
import { featureName } from './metric-rule.ts';
import { arms } from './observe-section.ts';
import { baselineTimes, combinations, missingPolicies, sourceNames } from './settings.ts';
import {
  address,
  backupSchedule,
  duration,
  durationOrAfterDeploy,
  flag,
  integer,
  named,
  oneOf,
  oneOrMore,
  pattern,
  repositoryPath,
  scratchImage,
  size,
  sqlQuery,
  template,
  text,
  watchRule,
} from './values.ts';

const list = <S extends z.ZodType>(item: S) => z.array(item);
const variableName = () => pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

/** How the environment exists on Vercel. */
export const vercel = z.strictObject({
  project: text('a project id (prj_…) or name').optional().meta({ description: 'Project id (prj_…) or name.' }),
  team: text('a team id (team_…) or slug')
    .optional()
    .meta({ description: 'Team id (team_…) or slug; leave out for a personal account.' }),
  as: oneOf(['production', 'custom-environment', 'alias']).optional().meta({
    description:
      'production: a project of its own. custom-environment: one of Vercel’s. alias: a preview deployment behind a domain.',
  }),
  'custom-environment': text('the slug of a custom environment').optional(),
  alias: pattern(/^[a-z0-9.-]+(:\d+)?$/i, 'a host such as staging.example.com').optional(),
  build: oneOf(['remote', 'prebuilt', 'adopt']).optional().meta({
    description:
      'remote: Vercel builds. prebuilt: the workflow built. adopt: take what Vercel’s Git integration built.',
  }),
  'working-directory': repositoryPath()
    .optional()
    .meta({ description: 'Folder of the app; default the repository root.' }),
  deadline: duration().optional().meta({ description: 'How long a deployment may take to become ready.' }),
  'required-variables': list(variableName())
    .optional()
    .meta({ description: 'Environment variables that must exist on Vercel.' }),
});

/** A day at least: a shorter one would leave a backup per database. */
const retention = () => duration().refine((value) => value >= 86_400_000, { error: 'must be a day at least' });

const backup = z.strictObject({
  destination: oneOrMore(
    pattern(
      /^(artifact|directory|s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](\/[\w./=-]*)?|supabase-storage:\/\/[a-z]{20}\/[A-Za-z0-9][\w./=-]*)$/,
      'artifact, directory, s3://bucket/prefix, supabase-storage://project/bucket/prefix',
    ).meta({ examples: ['artifact', 'directory', 's3://notes-backups/production'] }),
  )
    .optional()
    .meta({
      description:
        'artifact, directory, s3://bucket/prefix, supabase-storage://project/bucket/prefix, or several of them.',
    }),
  path: text('a folder').optional().meta({ description: 'Folder for the destination "directory".' }),
  region: pattern(/^[a-z0-9-]{2,40}$/, 'a region such as eu-central-1, or auto')
    .optional()
    .meta({
      examples: ['eu-central-1'],
      description: 'Region of the buckets; the address of a store that is not AWS is the input s3-endpoint.',
    }),
  name: template(['environment', 'date', 'time'])
    .optional()
    .meta({
      examples: ['backup_{date}'],
      description:
        'Name of a backup, before run and attempt, which always end it; default backup-{environment}-{date}T{time}Z.',
    }),
  policy: oneOf(['required', 'platform', 'skip']).optional(),
  verify: oneOf(['restore', 'structure', 'checksum']).optional(),
  schedule: backupSchedule().optional().meta({
    description:
      'When backups are made by themselves: "init" writes it into backup.yml, and "validate" warns where no workflow has it.',
  }),
  retention: z
    .strictObject({
      managed: retention()
        .optional()
        .meta({ examples: ['30d'], description: 'Of a schedule and before migrations; default 30d.' }),
      manual: retention()
        .optional()
        .meta({ examples: ['90d'], description: 'By hand and before restores; default 90d.' }),
      storage: retention()
        .optional()
        .meta({ examples: ['30d'], description: 'Of old versions of storage objects; default 30d.' }),
    })
    .optional(),
  'verify-every': durationOrAfterDeploy()
    .optional()
    .meta({
      examples: ['7d'],
      description:
        'How often the newest stored backup is read back and restored again: "init" writes it into backup.yml, and check-backups is red when one was missed. A drill counts.',
    }),
});

/** Migrations, locks and the restore point before them. */
export const database = z.strictObject({
  migrations: repositoryPath()
    .optional()
    .meta({ description: 'Folder of the migration files; default supabase/migrations.' }),
  'tls-reason': text('a sentence').optional().meta({
    description:
      'Why the connection string of a remote database may verify less than the certificate of the very host (sslmode=require and the like): shown wherever it is used; without it nothing is changed or copied over such a connection.',
  }),
  'lock-timeout': duration().optional(),
  'statement-timeout': duration().optional(),
  'include-all': flag()
    .optional()
    .meta({ description: 'Apply files that sort before an applied one; otherwise they are refused.' }),
  limits: z
    .strictObject({
      rewrite: size().optional().meta({ description: 'Written anew or changed whole; default 1GB.' }),
      scan: size().optional().meta({ description: 'Read whole, for a constraint or an index; default 5GB.' }),
    })
    .optional()
    .meta({ description: 'From which table size on a migration that keeps reads or writes waiting is refused.' }),
  backup: backup.optional(),
  'scratch-image': scratchImage().optional().meta({
    description:
      'The image that a backup is restored into for its proof, by digest; default: one of exactly the version of the server that this machine has, else installed programs.',
  }),
  extensions: list(pattern(/^[a-z_][a-z0-9_-]*$/, 'the name of an extension'))
    .optional()
    .meta({
      examples: [['vector', 'postgis']],
      description:
        'Extensions that tables or functions of the database need: their packages are installed with PostgreSQL, before any secret.',
    }),
  apply: oneOf(['automatic', 'approve', 'manual']).optional(),
  naming: oneOf(['timestamp', 'numbered']).optional().meta({
    description:
      'How "ops-actions migration new" names a file: 14 digits of time in UTC, or the next number. Default: as the newest file of the folder. Both are read and applied, whatever it says.',
  }),
  command: template(['environment']).optional(),
  'verify-command': template(['environment']).optional(),
  'verify-tables': list(pattern(/^\S+$/, 'the name of a table'))
    .optional()
    .meta({ description: 'Tables that have to be there after a migration, beside what its files make.' }),
  'verify-objects': list(
    pattern(
      /^((table|view|index) \S+|column \S+\.[^\s.]+|policy .+ on \S+)$/,
      'an object such as "column notes.title" or "policy Users view own on notes"',
    ),
  )
    .optional()
    .meta({ description: 'The same for tables, views, columns, indexes and policies.' }),
  critical: list(text('the name of a migration file'))
    .optional()
    .meta({
      examples: [['012_add_rls_core_tables.sql']],
      description:
        'A release without one of these files in the database is refused; a file can say it itself: -- critical: <why>.',
    }),
  'damage-queries': named(sqlQuery())
    .optional()
    .meta({
      examples: [{ 'owner-removed': "SELECT task, created_at AS at FROM audit_log WHERE action = 'owner_removed'" }],
      description:
        'Queries by name that find damaged rows or entries of an audit log, with a column at where they know when. The database doctor asks them with look-for-damage.',
    }),
  lint: flag().optional(),
  types: z
    .strictObject({
      file: repositoryPath().optional().meta({
        description: 'The committed file; default src/integrations/supabase/types.ts.',
      }),
      schemas: list(pattern(/^[A-Za-z_][\w$]*$/, 'the name of a schema'))
        .optional()
        .meta({ examples: [['public']], description: 'Whose types it has; default public.' }),
      command: template(['environment']).optional().meta({
        description:
          'Writes the file anew, for types that another tool makes or a formatter touches; default: the platform makes them.',
      }),
      'on-difference': oneOf(['report', 'pull-request']).optional().meta({
        description: 'report (default): a warning. pull-request: one is opened that brings the file up to date.',
      }),
    })
    .optional()
    .meta({ description: 'Generated TypeScript types, which types.yml compares with the database after a migration.' }),
  'rollback-sql': oneOf(['required', 'optional', 'ignored']).optional().meta({
    description:
      'required: a pending file without rollback SQL is refused, unless it says "-- irreversible: <why>". optional (default): it is named. ignored: not even that.',
  }),
  'row-security': z
    .strictObject({
      policy: oneOf(['refuse', 'warn']).optional(),
      except: list(pattern(/^[^\s.]+\.[^\s.]+$/, 'a table with its schema such as public.countries'))
        .optional()
        .meta({
          examples: [['public.countries']],
          description: 'Tables that are meant to be open, with their schema.',
        }),
    })
    .optional()
    .meta({
      description:
        'Tables that anon or authenticated may use without row level security, or without a policy: a release is refused, or warned (default).',
    }),
  contract: oneOf(['later', 'same-run']).optional().meta({
    description:
      'When files go that remove what older code needs. later (default): held, for a later release or by hand. same-run: after the promotion and a passed watch of the release that brings them, with a restore point of their own; from then on there is no way back to the deployment before.',
  }),
  'on-failure': oneOrMore(oneOf(['stop', 'rollback-sql', 'rollback', 'fix-forward']))
    .optional()
    .meta({
      description:
        'What a failed migration leaves, and files behind which the app fails health or smoke tests before it is promoted. stop: what is applied stays. rollback-sql: the files of this run are taken back by their rollback SQL, which is refused beforehand where it does not hold. rollback: the release is taken back; its files too, where their rollback SQL holds.',
    }),
});

const checkPath = () => pattern(/^(\/|https?:\/\/)\S*$/, 'a path such as /api/health, or an address');
const jsonPath = () =>
  pattern(/^\$(\.[^.[\]*\s]+|\[\d+\]|\['[^']+'\]|\["[^"]+"\])+$/, 'a path such as $.status or $.checks[0].name');
const status = () => integer(100, 599);

/** A check with expectations. */
export const checkObject = z.strictObject({
  name: text().optional(),
  path: checkPath(),
  method: oneOf(['GET', 'HEAD', 'POST']).optional(),
  status: oneOrMore(status())
    .optional()
    .meta({ description: 'Accepted statuses; default 200–399 that are not a login wall.' }),
  json: z
    .record(jsonPath(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .meta({ description: 'Paths into the JSON body and the values they must equal, e.g. { $.status: healthy }.' }),
  contains: text().optional().meta({ description: 'Text that the body must contain.' }),
  timeout: duration().optional(),
  critical: flag().optional().meta({
    description:
      'false: its failure is told and takes nothing back. Default true: a failure stops or takes back the release.',
  }),
  retries: integer(0, 20).optional(),
  every: duration().optional(),
  'json-all': z
    .record(jsonPath(), text())
    .optional()
    .meta({ description: 'Paths to objects and the value that each entry must equal.' }),
  recent: list(jsonPath()).optional().meta({ description: 'Paths to times that must be from now.' }),
  release: jsonPath().optional().meta({ description: 'Path to the version or commit that must be the released one.' }),
});

/** One HTTP check: a path alone, or a path with expectations. */
export const check = z
  .union([checkPath(), checkObject])
  .transform((given) => (typeof given === 'string' ? { path: given } : given));

/** A gate of which nothing can fail would be none. */
const gateChecks = () =>
  list(check).refine((checks) => checks.length === 0 || checks.some(isCritical), {
    error: 'need one check at least that is critical; leave out critical: false there',
  });
// What is no check at all is a mistake of its own, named beside this one.
const isCritical = (one: { critical?: unknown } | undefined | null) => one?.critical !== false;

/** The gate before and after promotion. `health: /api/health` and `health: [/a, /b]` are short forms. */
export const health = z
  .union([
    checkPath(),
    gateChecks(),
    z.strictObject({
      checks: gateChecks().optional(),
      consecutive: integer(1, 100).optional(),
      interval: duration().optional(),
      timeout: duration().optional(),
      deadline: duration().optional(),
    }),
  ])
  .transform((given) => {
    if (typeof given === 'string') return { checks: [{ path: given }] };
    return Array.isArray(given) ? { checks: given } : given;
  });

const smokeCommand = () => template(['environment', 'url']);

/** A critical feature: a command, checks of which one at least decides, or `confirm` where only a person can say it. */
const feature = () => z.union([oneOf(['confirm']), smokeCommand(), gateChecks()]);

/** The smoke tests. `smoke: npm run test:smoke -- --env={environment}` is the short form; `none` removes an inherited one. */
export const smoke = z
  .union([
    smokeCommand(),
    z.strictObject({
      command: smokeCommand().optional(),
      checks: list(check).optional(),
      timeout: duration().optional(),
      'end-to-end': smokeCommand().optional().meta({
        description:
          'Your own command, run once in each window of after-release that asks for "end-to-end passed"; it decides nothing in a release.',
      }),
      features: z
        .record(pattern(featureName, 'a short name in small letters such as login'), feature())
        .optional()
        .meta({
          description:
            'Critical features by name, e.g. { login: npm run e2e:login, publishing: confirm }: a command of your own, a list of checks, or confirm (a person says it). Each is judged by its name in every window of after-release that asks for "features passed"; it decides nothing in a release.',
        }),
      after: list(oneOf(['deploy', 'migration', 'migration-rollback', 'rollback', 'restore'])).optional(),
    }),
  ])
  .transform((given) => {
    if (given === 'none') return 'none' as const;
    return typeof given === 'string' ? { command: given } : given;
  });

/** The time after promotion. */
export const watch = z.strictObject({
  source: oneOrMore(oneOf(sourceNames)).optional().meta({
    description: 'Where requests and errors are counted; several in the order of preference, see combine.',
  }),
  combine: oneOf(combinations).optional().meta({
    description:
      'Several sources. primary: the first that can be read. any: one that fails is enough. all: all must fail. Default primary.',
  }),
  window: duration().optional(),
  'after-rollback': duration()
    .optional()
    .meta({ description: 'How long the restored release is watched after a rollback; default 3m, at most window.' }),
  interval: duration().optional(),
  rules: list(watchRule()).optional(),
  'window-may-end-early': flag().optional().meta({
    description: 'true ends the wait as soon as every rule passes; later windows are not closed by it. Default false.',
  }),
  'hand-off': duration().optional().meta({
    description:
      'The job ends after this part of the window; scheduled runs of watch.yml judge the rest. Needs a source that can tell about the past. Default: the job watches the whole window.',
  }),
  'baseline-from': oneOf(baselineTimes).optional().meta({
    description: 'The time that is compared with: before (the default, the previous release), day-ago or week-ago.',
  }),
  'min-requests': integer(1, 1_000_000_000).optional(),
  'on-no-data': oneOf(missingPolicies).optional().meta({
    description:
      'Where the source told too little. hold: live, not proven. fail: as a breach. ask: the reviewers of mode approve are asked.',
  }),
  'on-inconclusive': oneOf(missingPolicies).optional().meta({
    description: 'The same where traffic is too little or too close to the limit.',
  }),
  mode: oneOf(['observe', 'notify', 'approve', 'auto']).optional().meta({
    description:
      'observe: watch and say. notify: red, a person acts. approve: a person is asked, deploy-production.yml waits. auto: roll back.',
  }),
  'approve-timeout': duration()
    .optional()
    .meta({ description: 'Mode approve: how long the answer is waited for; default 15m.' }),
  'approve-fallback': oneOf(['auto', 'notify']).optional().meta({
    description: 'Mode approve without an answer: auto rolls back (the default), notify leaves it to people.',
  }),
  'http-json': z
    .strictObject({
      url: address(),
      requests: text('a path such as $.requests'),
      errors: text('a path such as $.errors'),
      arms: arms('stands in the place of {arm} in url for one of both deployments; elsewhere {arm} becomes nothing.'),
    })
    .optional(),
});

/** What a release needs and how long its lock lasts. */
export const release = z.strictObject({
  'requires-passed': text('the name of an environment')
    .optional()
    .meta({ description: 'Refused unless this environment passed for the same git tree.' }),
  'require-ancestor': flag().optional(),
  'requires-backup': duration()
    .optional()
    .meta({
      examples: ['24h'],
      description: 'Refused unless a verified backup of this environment is not older, also where no migration is due.',
    }),
  'required-checks': z
    .array(text('the name of a check as GitHub shows it on the commit'))
    .optional()
    .meta({ description: 'Checks of other workflows and services that must be green on the commit, by name.' }),
  'lock-expiry': duration().optional(),
  approval: oneOf(['always', 'migrations', 'none']).optional(),
  strategy: oneOf(['direct', 'blue-green', 'rolling']).optional().meta({
    description:
      'rolling: through the stages of Vercel’s Rolling Releases, each watched. blue-green: at once, and the deployment that served before is proven warm for keep-previous. Default direct.',
  }),
  'stage-window': duration()
    .optional()
    .meta({ description: 'strategy rolling: how long a stage is watched; default 5m.' }),
  'keep-previous': duration().optional().meta({
    description:
      'How long the deployment that served before is proven warm at its own address, beside the watch. Default 15m with strategy blue-green.',
  }),
  'time-budget': duration()
    .optional()
    .meta({ description: 'How long a release should take until it is live; more is said, and stops nothing.' }),
  issue: template(['version', 'environment']).optional(),
});

const channel = () => pattern(/^#?[\w-]{2,80}$/, 'a channel id such as C0123456789');

/** Where the one living message goes. `slack: C0123456789` is the short form. */
export const slack = z
  .union([channel(), z.strictObject({ channel: channel().optional() })])
  .transform((given) => (typeof given === 'string' ? { channel: given } : given));

/** A part of the release that is not on Vercel, deployed and taken back by commands of the consumer's own. */
export const backend = z.strictObject({
  deploy: template(['environment']).optional().meta({
    description: 'Command that deploys OPS_ACTIONS_VERSION (OPS_ACTIONS_COMMIT), before the promotion.',
  }),
  rollback: template(['environment']).optional().meta({
    description: 'Command that brings OPS_ACTIONS_VERSION (OPS_ACTIONS_COMMIT) back; may run twice.',
  }),
  status: template(['environment'])
    .optional()
    .meta({ description: 'Command that ends with 0 once OPS_ACTIONS_VERSION runs; asked until then.' }),
  url: address().optional().meta({ description: 'Address of the backend, for its checks.' }),
  checks: list(check)
    .optional()
    .meta({ description: 'Checks after the deploy and after the way back, below backend.url.' }),
  // The limits of the jobs hold four of them: a job that ends before its last step tells nobody (test/workflows-deadlines.test.ts).
  deadline: duration({ atMost: '15m' })
    .optional()
    .meta({
      examples: ['10m'],
      description: 'How long a command, and the proof after it, may take; default 5m each, at most 15m.',
    }),
  repeatable: flag()
    .optional()
    .meta({ description: 'The deploy command may run again where nobody knows how it ended; default false.' }),
});

/** The edge functions of a release. */
export const functions = z.strictObject({
  directory: repositoryPath()
    .optional()
    .meta({ description: 'Folder of the functions, one folder each; default supabase/functions.' }),
  names: list(pattern(/^[A-Za-z][A-Za-z0-9_-]*$/, 'the name of a function'))
    .optional()
    .meta({ description: 'Only these; default all.' }),
  when: oneOf(['before', 'after']).optional().meta({
    description:
      'before (default) or after the promotion. Functions have no staging: one of both runs against the other.',
  }),
  checks: list(check).optional().meta({
    description: 'Checks after the deploy, on the address of the Supabase project, e.g. /functions/v1/health.',
  }),
});

/** Supabase beyond the database. */
export const supabase = z.strictObject({
  project: text('a project reference').optional(),
  functions: repositoryPath().optional(),
  'required-secrets': list(variableName()).optional(),
});
