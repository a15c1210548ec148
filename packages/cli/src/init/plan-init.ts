import type { Trigger } from '#config/parse-trigger';
import { placeholder } from '#release/command-line';
import type { Detected, PackageManager } from './detected.ts';

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
  secrets: NeededSecret[];
  next: string[];
}

const noCommit = '0'.repeat(40);

/** Decides what to write; throws nothing. */
export function planInit(detected: Detected, request: InitRequest): InitPlan {
  const database = detected.supabase !== undefined;
  const runner = { npm: 'npm run', pnpm: 'pnpm run', yarn: 'yarn', bun: 'bun run' }[detected.packageManager];
  const pinIsPlaceholder = request.ref === undefined;
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
    secrets: secretsOf(detected, request, database),
    next: nextSteps(detected, request, pinIsPlaceholder),
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

function nextSteps(detected: Detected, request: InitRequest, pinIsPlaceholder: boolean): string[] {
  const steps: string[] = [];
  const branch = detected.defaultBranch;
  if (pinIsPlaceholder)
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
  steps.push('commit the three files; look at the first run with dry-run: true');
  return steps;
}
