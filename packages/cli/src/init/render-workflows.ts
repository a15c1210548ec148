import type { Trigger } from '#config/parse-trigger';
import { type InitPlan, stagingPrefix } from './plan-init.ts';

export const expression = (text: string) => `\${{ ${text} }}`;

/** `.github/workflows/deploy.yml`: a job per environment, with its permissions and its secrets one by one (S16). */
export function renderDeploy(plan: InitPlan): string {
  const { triggers, staging } = plan.request;
  const both = staging && triggers.staging;
  return [
    `# ${both ? `Staging: ${words(triggers.staging as Trigger)}. Production: ${words(triggers.production)}.` : `Releases to production: ${words(triggers.production)}.`} Secrets: Settings → Secrets and variables → Actions.`,
    'name: Deploy',
    '',
    'on:',
    ...events(both ? [triggers.staging as Trigger, triggers.production] : [triggers.production]),
    '',
    'permissions: {}',
    '',
    '# Releases of one ref take turns here; the called workflow queues all releases of one environment.',
    'concurrency:',
    `  group: deploy-${expression('github.ref')}`,
    '  queue: max',
    '',
    'jobs:',
    ...(both ? [...job(plan, 'staging', condition(triggers.staging as Trigger, triggers.production)), ''] : []),
    ...job(plan, 'production', both ? condition(triggers.production, triggers.staging as Trigger) : []),
    '',
  ].join('\n');
}

function job(plan: InitPlan, name: 'production' | 'staging', extra: string[]): string[] {
  const { request, validate, setup } = plan;
  const major = plan.detected.supabase?.major;
  const staging = name === 'staging';
  return [
    `  ${name}:`,
    `    name: ${staging ? 'Staging' : 'Production'}`,
    ...extra,
    '    permissions:',
    '      contents: read # check out, compare commits',
    '      deployments: write # the ledger and the lock',
    '      checks: read # the checks that ops.yml requires',
    '      statuses: read # the same of services that report by status',
    '      pull-requests: read # the approvals that ops.yml requires',
    ...(staging
      ? ['      actions: read # who approved the migrations of this run']
      : [
          '      actions: read # mode approve: whom a rollback asks, and the answer',
          '      issues: write # the incident issue',
        ]),
    `    uses: ${plan.library}/.github/workflows/deploy-${name}.yml@${pin(plan)}`,
    '    with:',
    `      environment: ${name}`,
    ...(validate.length + setup.length > 0 ? folder(plan) : []),
    ...(validate.length > 0 ? ['      validate-commands: |', ...validate.map((line) => `        ${line}`)] : []),
    ...(setup.length > 0 ? [`      setup-commands: ${setup[0]}`] : []),
    ...(plan.database && major !== undefined ? [`      postgres-major: '${major}'`] : []),
    ...(request.recipient
      ? [
          '      # Public: encrypts backups. The private key is outside this repository.',
          `      age-recipients: ${request.recipient}`,
        ]
      : []),
    '    secrets:',
    ...secretsOfJob(plan, name).map((secret) => `      ${secret.name}: ${expression(`secrets.${secret.from}`)}`),
  ];
}

/** The secrets of a release, by the names of the called workflow, and what they are called in the repository. */
export function secretsOfJob(plan: InitPlan, environment: 'production' | 'staging'): { name: string; from: string }[] {
  return plan.secrets
    .filter(({ name }) => !name.startsWith(stagingPrefix))
    .map(({ name }) => {
      const own = `${stagingPrefix}${name}`;
      const has = environment === 'staging' && plan.secrets.some((other) => other.name === own);
      return { name, from: has ? own : name };
    });
}

/** Where commands of the consumer run. */
export function folder({ detected }: InitPlan): string[] {
  return detected.app !== '.' && detected.monorepo === undefined ? [`      working-directory: ${detected.app}`] : [];
}

/** `.github/workflows/rollback.yml`: by hand, with a target and the name of the environment typed. */
export function renderRollback(plan: InitPlan): string {
  const names = plan.request.staging ? ['production', 'staging'] : ['production'];
  const has = (name: string) => plan.secrets.some((secret) => secret.name === name);
  const { database, detected, request } = plan;
  const needed = [
    'VERCEL_TOKEN',
    'VERCEL_AUTOMATION_BYPASS_SECRET',
    ...(database ? ['DATABASE_URL'] : []),
    'SLACK_BOT_TOKEN',
  ];
  const secrets = needed.map((name) => {
    const staging = `${stagingPrefix}${name}`;
    // One that staging lacks is missing there: rollback SQL of staging must never reach the database of production.
    const chosen = has(staging)
      ? `inputs.environment == 'staging' && secrets.${staging} || inputs.environment == 'production' && secrets.${name} || ''`
      : `secrets.${name}`;
    return `      ${name}: ${expression(chosen)}`;
  });
  return [
    '# Takes an environment back, by hand: Actions → Roll back → Run workflow. Needs no laptop at 3 a.m.',
    'name: Roll back',
    '',
    'on:',
    '  workflow_dispatch:',
    '    inputs:',
    '      environment:',
    '        description: Which environment goes back',
    '        type: choice',
    '        default: production',
    `        options: [${names.join(', ')}]`,
    '      target:',
    '        description: Where to go back to (previous, a version, a commit, a deployment id or URL)',
    '        type: string',
    '        default: previous',
    '      reason:',
    '        description: Why, for the lock, the ledger and the message',
    '        type: string',
    "        default: ''",
    '      scenario:',
    '        description: Or what happened (high-error-rate, critical-feature-broken, database-corruption, security-vulnerability, data-loss)',
    '        type: string',
    "        default: ''",
    ...(database
      ? [
          '      parts:',
          '        description: What goes back; the database alone, by its rollback SQL, once the app is back',
          '        type: choice',
          '        default: app and functions',
          '        options: [app and functions, database]',
        ]
      : []),
    '      allow-unsafe:',
    '        description: Only after "crosses_contract"; why the older code bears what was removed from the database',
    '        type: string',
    "        default: ''",
    '      confirm:',
    '        description: Type the name of the environment',
    '        type: string',
    '        required: true',
    '',
    'permissions: {}',
    '',
    '# Never behind a release; the called workflow lets two rollbacks of one environment take turns. A group here would hold',
    '# the second one until the watch of the first is over.',
    'jobs:',
    '  rollback:',
    '    name: Roll back',
    '    permissions:',
    '      contents: read # read .github/ops.yml',
    '      actions: read # edge functions that an earlier run stored as an artifact',
    '      deployments: write # the lock, then the ledger',
    '      issues: write # the incident issue',
    `    uses: ${plan.library}/.github/workflows/rollback.yml@${pin(plan)}`,
    '    with:',
    `      environment: ${expression('inputs.environment')}`,
    `      target: ${expression('inputs.target')}`,
    `      reason: ${expression('inputs.reason')}`,
    `      scenario: ${expression('inputs.scenario')}`,
    ...(database ? [`      parts: ${expression("inputs.parts == 'database' && 'database' || ''")}`] : []),
    `      allow-unsafe: ${expression('inputs.allow-unsafe')}`,
    `      confirm: ${expression('inputs.confirm')}`,
    ...(database && detected.supabase?.major !== undefined
      ? [`      postgres-major: '${detected.supabase.major}'`]
      : []),
    ...(request.recipient ? [`      age-recipients: ${request.recipient}`] : []),
    // The smoke tests run after the way back, too.
    ...(plan.setup.length > 0 ? [...folder(plan), `      setup-commands: ${plan.setup[0]}`] : []),
    '    secrets:',
    ...secrets,
    '',
  ].join('\n');
}

/** The commit that a workflow file calls. */
export function pin(plan: InitPlan): string {
  return plan.pinIsPlaceholder ? `${plan.pin} # placeholder: put the commit of a release here` : plan.pin;
}

function words(trigger: Trigger): string {
  const ref = trigger.ref ?? '';
  return { push: `a push to ${ref}`, tag: `a tag ${ref}`, after: `after ${ref}`, manual: 'by hand' }[trigger.event];
}

/** The `on:` of all triggers together. */
function events(triggers: readonly Trigger[]): string[] {
  const refs = (event: Trigger['event']) => [
    ...new Set(triggers.filter((one) => one.event === event).map(({ ref }) => ref ?? '')),
  ];
  const branches = refs('push');
  const tags = refs('tag');
  const list = (names: string[]) => `[${names.map((name) => `'${name}'`).join(', ')}]`;
  return [
    ...(branches.length + tags.length > 0 ? ['  push:'] : []),
    ...(branches.length > 0 ? [`    branches: ${list(branches)}`] : []),
    ...(tags.length > 0 ? [`    tags: ${list(tags)}`] : []),
    ...(triggers.some(({ event }) => event === 'manual') ? ['  workflow_dispatch:'] : []),
  ];
}

/** What keeps one job from running on the event of the other. */
function condition(own: Trigger, other: Trigger): string[] {
  if (own.event === 'after') return [`    needs: ${own.ref}`];
  if (other.event === 'after' || JSON.stringify(own) === JSON.stringify(other)) return [];
  if (own.event === 'manual') return ["    if: github.event_name == 'workflow_dispatch'"];
  if (own.event === 'tag') return ["    if: github.ref_type == 'tag'"];
  if (other.event === 'tag') return ["    if: github.ref_type == 'branch'"];
  return [`    if: github.event_name == 'push' && github.ref_name == '${own.ref}'`];
}
