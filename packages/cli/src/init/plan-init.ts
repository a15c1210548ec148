import type { Trigger } from '#config/parse-trigger';
import { placeholder } from '#release/command-line';
import type { Detected, PackageManager } from './detected.ts';
import { type BackupPlan, planBackup } from './plan-backup.ts';
import {
  asksInVain,
  mendsForward,
  type Schedule,
  scheduleAlerts,
  scheduleRehearsal,
  scheduleWatch,
} from './schedule-runs.ts';

/** How staging exists on Vercel, as said on the command line. */
export type Staging =
  | { kind: 'project'; project: string }
  | { kind: 'custom-environment'; slug: string }
  | { kind: 'alias'; host: string };

/** What was asked for. */
export interface InitRequest {
  /** Commit of the library that the workflows pin; undefined: a placeholder, said as such. */
  ref?: string;
  /** Repository of the library, where npm says from which it came. */
  library?: string;
  preset?: string;
  url?: string;
  channel?: string;
  staging?: Staging;
  stagingUrl?: string;
  /** Public age key; undefined where no database was found. */
  recipient?: string;
  triggers: { production: Trigger; staging?: Trigger };
}

/** A secret that the workflows use and where its value comes from. */
export interface NeededSecret {
  name: string;
  required: boolean;
  from: string;
}

/** Everything that the files say, decided; rendering adds no decision. */
export interface InitPlan {
  detected: Detected;
  request: InitRequest;
  /** A commit, or forty zeros that stand for one. */
  pin: string;
  library: string;
  pinIsPlaceholder: boolean;
  database: boolean;
  smoke?: string;
  /** What the smoke command needs, installed without running what the packages bring. */
  setup: string[];
  validate: string[];
  /** When scheduled runs look at a release after its job; undefined: nothing asks for them. */
  watch?: Schedule;
  /** When scheduled runs judge the alerts; undefined: there are none. */
  alerts?: Schedule;
  /** The scheduled backups; undefined: nothing asks for them, or there is no database. */
  backup?: BackupPlan;
  /** When the way back is rehearsed on staging; undefined: there is none, or its watch only tells people. */
  rehearsal?: Schedule;
  secrets: NeededSecret[];
  next: string[];
}

const noCommit = '0'.repeat(40);

/** Decides what to write; throws nothing. */
export function planInit(detected: Detected, request: InitRequest): InitPlan {
  const database = detected.supabase !== undefined;
  const runner = { npm: 'npm run', pnpm: 'pnpm run', yarn: 'yarn', bun: 'bun run' }[detected.packageManager];
  const pinIsPlaceholder = request.ref === undefined;
  const watch = scheduleWatch(request.preset);
  const alerts = scheduleAlerts(request.preset);
  const backup = planBackup(detected, request.preset);
  const rehearsal = request.staging && scheduleRehearsal(request.preset);
  return {
    detected,
    request,
    pin: request.ref ?? noCommit,
    library: request.library ?? placeholder,
    pinIsPlaceholder,
    database,
    ...(detected.smoke && { smoke: smokeCommand(detected.packageManager, detected.smoke) }),
    setup: detected.smoke === undefined ? [] : [setup(detected, detected.smoke)],
    validate:
      detected.checkScripts.length === 0
        ? []
        : [install(detected), ...detected.checkScripts.map((name) => `${runner} ${name}`)],
    ...(watch && { watch }),
    ...(alerts && { alerts }),
    ...(backup && { backup }),
    ...(rehearsal && { rehearsal }),
    secrets: secretsOf(detected, request, database),
    next: nextSteps(detected, request, { watch, alerts, backup, rehearsal }),
  };
}

function smokeCommand(manager: PackageManager, { script, folder }: NonNullable<Detected['smoke']>): string {
  if (folder === '.') return `${{ npm: 'npm run', pnpm: 'pnpm run', yarn: 'yarn', bun: 'bun run' }[manager]} ${script}`;
  const below = { npm: 'npm --prefix', pnpm: 'pnpm --dir', yarn: 'yarn --cwd', bun: 'bun --cwd' }[manager];
  return `${below} ${folder} run ${script}`;
}

function install({ packageManager }: Detected): string {
  return {
    npm: 'npm ci',
    pnpm: 'corepack enable && pnpm install --frozen-lockfile',
    yarn: 'corepack enable && yarn install --immutable',
    bun: 'npx --yes bun install --frozen-lockfile',
  }[packageManager];
}

/** In the folder of the smoke script; a workspace is installed from its root. No script of a package runs in that job. */
function setup({ packageManager, app, monorepo }: Detected, { folder }: NonNullable<Detected['smoke']>): string {
  const line = {
    npm: 'npm ci --ignore-scripts',
    pnpm: 'corepack enable && pnpm install --frozen-lockfile --ignore-scripts',
    yarn: 'corepack enable && YARN_ENABLE_SCRIPTS=false yarn install --immutable',
    bun: 'npx --yes bun install --frozen-lockfile --ignore-scripts',
  }[packageManager];
  return monorepo === undefined && folder !== app ? `cd "$GITHUB_WORKSPACE" && ${line}` : line;
}

/** Names as the reusable workflows know them; what differs between environments gets a prefix. */
export const stagingPrefix = 'STAGING_';

function secretsOf(detected: Detected, { staging, channel }: InitRequest, database: boolean): NeededSecret[] {
  const list: NeededSecret[] = [
    {
      name: 'VERCEL_TOKEN',
      required: true,
      from: 'https://vercel.com/account/settings/tokens, limited to the team of the project',
    },
    {
      name: 'VERCEL_AUTOMATION_BYPASS_SECRET',
      required: false,
      from: 'Vercel → project → Settings → Deployment Protection → Protection Bypass for Automation; only where deployments are protected',
    },
  ];
  const from =
    'Supabase → Connect → Session pooler (or the direct connection where IPv6 works), with the password of the database';
  if (database) list.push({ name: 'DATABASE_URL', required: detected.supabase?.migrations !== undefined, from });
  if (database && staging)
    list.push({
      name: `${stagingPrefix}DATABASE_URL`,
      required: detected.supabase?.migrations !== undefined,
      from: `${from}, of staging`,
    });
  if (staging?.kind === 'project') {
    list.push({
      name: `${stagingPrefix}VERCEL_AUTOMATION_BYPASS_SECRET`,
      required: false,
      from: 'the same, of the staging project',
    });
  }
  list.push({
    name: 'SLACK_BOT_TOKEN',
    required: channel !== undefined,
    from: 'https://api.slack.com/apps → your app → OAuth & Permissions, scopes chat:write and channels:history',
  });
  return list;
}

function nextSteps(
  detected: Detected,
  request: InitRequest,
  planned: { [name in 'watch' | 'alerts' | 'backup' | 'rehearsal']: InitPlan[name] | undefined },
): string[] {
  const { alerts, backup, rehearsal } = planned;
  const steps: string[] = [];
  const branch = detected.defaultBranch;
  if (request.ref === undefined)
    steps.push(
      `replace ${noCommit} in the workflow files by the commit of a release, or run init again with --ref <commit> --force: nothing can run before`,
    );
  if (!detected.vercel)
    steps.push(
      'name the Vercel project in .github/ops.yml (vercel.project); `vercel link` writes .vercel/project.json, which init reads',
    );
  if (detected.gitDeployments === 'not-said') {
    steps.push(
      `if Vercel's Git integration deploys ${branch} by itself, choose one: put {"git": {"deploymentEnabled": {"${branch}": false}}} into vercel.json, or write "build: adopt" under vercel in .github/ops.yml and switch off Settings → Environments → Production → Auto-assign Custom Production Domains; until then a production release is refused`,
    );
  }
  if (request.channel === undefined)
    steps.push(
      'for messages in Slack: write "slack: <channel id>" into .github/ops.yml and invite the bot to the channel',
    );
  if (detected.healthPaths.length === 0)
    steps.push(
      'no health route was found: the start page is checked; better is a route that also asks the database, written as "health: /api/health"',
    );
  if (detected.supabase && !detected.supabase.migrations)
    steps.push('supabase/config.toml is there but no migrations: step 2 of a release will say so');
  if (detected.supabase && detected.supabase.major === undefined)
    steps.push(
      'write the major version of the database as postgres-major into the jobs of deploy.yml (SHOW server_version says it): its programs prove the backup before a migration',
    );
  const { functions } = detected.supabase ?? {};
  if (functions !== undefined)
    steps.push(
      `${functions} is no part of a release before you say so: write "functions: ${functions === 'supabase/functions' ? '{}' : `{ directory: ${functions} }`}" and supabase.project into .github/ops.yml, and give SUPABASE_ACCESS_TOKEN to the jobs of deploy.yml and rollback.yml`,
    );
  if (detected.supabase?.migrations !== undefined)
    steps.push(
      'for the plan of migrations as a comment of each pull request, also of forks: the two workflows of docs/how-to/migrations.md, "In a pull request"',
    );
  if (asksInVain(request.preset))
    steps.push(
      `no run looks at after-release of the preset ${request.preset} yet, for its source tells nothing once a run has ended: name one that can under watch.source and add the caller of watch.yml (docs/how-to/after-release.md)`,
    );
  if (backup) steps.push(...backup.next);
  if (alerts)
    steps.push(
      `alerts.yml judges the limits of the preset ${request.preset} by what its sources tell of the time before a run: name one that can under watch.source and give its secrets to the job, and the channels of notifications.routes (docs/how-to/alerts.md)${request.url === undefined ? '; our own checks need the address of production (--url)' : ''}`,
    );
  if (mendsForward(request.preset))
    steps.push(
      'for the branch and the issue of the migration that mends a failed one: the job forward-fix behind the job that migrates (docs/how-to/migrations.md, "Forward fix")',
    );
  if (request.staging)
    steps.push(
      rehearsal
        ? 'the way back can be rehearsed once staging serves a release of these workflows: give rehearse-rollback.yml the secrets that its job in deploy.yml has; with drills: { rollback: … } in .github/ops.yml the daily run of backup.yml tells of one that was missed (docs/how-to/rehearse-the-way-back.md)'
        : `no workflow rehearses the way back: by the preset ${request.preset} the watch only tells people, and a rehearsal needs environments.staging.watch.mode: auto and the caller in docs/how-to/rehearse-the-way-back.md`,
    );
  // The doctor comes with a database.
  const more = [...Object.values(planned), detected.supabase].filter((one) => one !== undefined).length;
  const files = ['three', 'four', 'five', 'six', 'seven', 'eight'][more];
  steps.push(`commit the ${files} files; look at the first run with dry-run: true`);
  return steps;
}
