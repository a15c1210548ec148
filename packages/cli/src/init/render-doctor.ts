import { type InitPlan, stagingPrefix } from './plan-init.ts';
import { expression, pin } from './render-workflows.ts';

/**
 * `.github/workflows/database-doctor.yml`: shows by hand what a database in trouble is doing, and acts where the name of its environment
 * is typed. A raised pool is left out: it needs a scheduled run that puts it back, which is red in a repository without the token of Supabase.
 */
export function renderDoctor(plan: InitPlan): string {
  const both = plan.request.staging !== undefined;
  return [
    '# Shows what a database in trouble is doing: Actions → Database doctor → Run workflow. It acts only with the name typed and dry-run off.',
    '# To raise the pool for a time as well: the caller of docs/runbooks/database-is-stuck.md of ops-actions, with its schedule.',
    'name: Database doctor',
    '',
    'on:',
    '  workflow_dispatch:',
    '    inputs:',
    ...(both
      ? [
          '      environment:',
          '        description: Whose database',
          '        type: choice',
          '        default: production',
          '        options: [production, staging]',
        ]
      : []),
    '      mitigate:',
    '        description: What to do about it; none only looks',
    '        type: choice',
    '        default: none',
    `        options: [${mitigations.join(', ')}]`,
    ...text('older-than', 'Only older queries or idleness; default 5m to cancel, 10m to terminate'),
    ...text('user', 'Only sessions of this database user'),
    ...text('application', 'Only sessions with this application name'),
    '      look-for-damage:',
    '        description: Ask the queries of ops.yml about damaged rows as well',
    '        type: boolean',
    '        default: false',
    '      dry-run:',
    '        description: Show whom it would touch and do nothing',
    '        type: boolean',
    '        default: true',
    ...text('confirm', 'To act, type the name of the environment'),
    '',
    'permissions: {}',
    '',
    '# No group: a look never waits behind another.',
    'jobs:',
    ...(both ? [...job(plan, 'staging', true), ''] : []),
    ...job(plan, 'production', both),
    '',
  ].join('\n');
}

const mitigations = [
  'none',
  'cancel-blockers',
  'cancel-long-queries',
  'terminate-idle-in-transaction',
  'terminate-idle',
  'terminate-connections',
  'read-only-on',
  'read-only-off',
];

function text(name: string, description: string): string[] {
  return [`      ${name}:`, `        description: ${description}`, '        type: string', "        default: ''"];
}

/** A job for each: were the secret chosen by an expression, staging without one would act on production. */
function job(plan: InitPlan, environment: 'production' | 'staging', chosen: boolean): string[] {
  const passed = ['mitigate', 'older-than', 'user', 'application', 'look-for-damage', 'dry-run', 'confirm'];
  const secret = environment === 'staging' ? `${stagingPrefix}DATABASE_URL` : 'DATABASE_URL';
  return [
    `  ${environment}:`,
    `    name: ${environment === 'staging' ? 'Staging' : 'Production'}`,
    ...(chosen ? [`    if: inputs.environment == '${environment}'`] : []),
    '    permissions:',
    '      contents: read # read .github/ops.yml',
    '      deployments: write # the ledger; the job that looks may only read it',
    '      issues: write # the incident of damaged data; the job that has it sees no secret',
    `    uses: ${plan.library}/.github/workflows/database-doctor.yml@${pin(plan)}`,
    '    with:',
    `      environment: ${environment}`,
    ...passed.map((name) => `      ${name}: ${expression(`inputs.${name}`)}`),
    '    secrets:',
    `      DATABASE_URL: ${expression(`secrets.${secret}`)}`,
  ];
}
