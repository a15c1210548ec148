import { z } from 'zod';
import { baselineTimes, combinations, sourceNames } from './settings.ts';
import {
  address,
  duration,
  flag,
  integer,
  oneOf,
  oneOrMore,
  pattern,
  repositoryPath,
  size,
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
  policy: oneOf(['required', 'platform', 'skip']).optional(),
  verify: oneOf(['restore', 'structure', 'checksum']).optional(),
  before: list(oneOf(['migration', 'restore', 'database-rollback'])).optional(),
  schedule: text('times such as "daily at 02:00 UTC"').optional(),
  retention: z
    .strictObject({
      managed: retention()
        .optional()
        .meta({ examples: ['30d'], description: 'Of a schedule and before migrations; default 30d.' }),
      manual: retention()
        .optional()
        .meta({ examples: ['90d'], description: 'By hand and before restores; default 90d.' }),
      storage: duration().optional(),
    })
    .optional(),
  'verify-every': text('a duration, or after-deploy').optional(),
});

/** Migrations, locks and the restore point before them. */
export const database = z.strictObject({
  migrations: repositoryPath()
    .optional()
    .meta({ description: 'Folder of the migration files; default supabase/migrations.' }),
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
  apply: oneOf(['automatic', 'approve', 'manual']).optional(),
  naming: oneOf(['timestamp', 'numbered']).optional(),
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
  critical: list(text('the name of a migration file')).optional(),
  lint: flag().optional(),
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
  'on-failure': oneOrMore(oneOf(['stop', 'rollback-sql', 'rollback', 'fix-forward']))
    .optional()
    .meta({
      description:
        'stop: what is applied stays. rollback-sql: the files of this run are taken back by their rollback SQL.',
    }),
});

const checkPath = () => pattern(/^(\/|https?:\/\/)\S*$/, 'a path such as /api/health, or an address');
const jsonPath = () =>
  pattern(/^\$(\.[^.[\]*\s]+|\[\d+\]|\['[^']+'\]|\["[^"]+"\])+$/, 'a path such as $.status or $.checks[0].name');
const status = () => integer(100, 599);

const checkObject = z.strictObject({
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

/** The gate before and after promotion. `health: /api/health` and `health: [/a, /b]` are short forms. */
export const health = z
  .union([
    checkPath(),
    list(check),
    z.strictObject({
      checks: list(check).optional(),
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

/** The smoke tests. `smoke: npm run test:smoke -- --env={environment}` is the short form; `none` removes an inherited one. */
export const smoke = z
  .union([
    smokeCommand(),
    z.strictObject({
      command: smokeCommand().optional(),
      checks: list(check).optional(),
      timeout: duration().optional(),
      'end-to-end': smokeCommand().optional(),
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
  'on-no-data': oneOf(['hold', 'fail', 'pass']).optional(),
  'on-inconclusive': oneOf(['hold', 'fail', 'pass']).optional(),
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
    })
    .optional(),
});

/** What a release needs and how long its lock lasts. */
export const release = z.strictObject({
  'requires-passed': text('the name of an environment')
    .optional()
    .meta({ description: 'Refused unless this environment passed for the same git tree.' }),
  'require-ancestor': flag().optional(),
  'required-checks': z
    .array(text('the name of a check as GitHub shows it on the commit'))
    .optional()
    .meta({ description: 'Checks of other workflows and services that must be green on the commit, by name.' }),
  'lock-expiry': duration().optional(),
  approval: oneOf(['always', 'migrations', 'none']).optional(),
  strategy: oneOf(['direct', 'blue-green', 'rolling']).optional().meta({
    description: 'rolling: through the stages of Vercel’s Rolling Releases, each watched. Default direct.',
  }),
  'stage-window': duration()
    .optional()
    .meta({ description: 'strategy rolling: how long a stage is watched; default 5m.' }),
  'keep-previous': duration().optional(),
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
