import type { InitPlan } from './plan-init.ts';
import { expression, folder, pin } from './render-workflows.ts';
import { asksForRowCounts, type Schedule, scheduledHead } from './schedule-runs.ts';

/** `.github/workflows/watch.yml`: scheduled runs that look at the newest release of production and end at once. */
export function renderWatch(plan: InitPlan, schedule: Schedule): string {
  const wanted = ['VERCEL_TOKEN', 'VERCEL_AUTOMATION_BYPASS_SECRET', 'DATABASE_URL', 'SLACK_BOT_TOKEN'];
  // Rows are compared with a backup: to read its manifest in a bucket takes the keys of the bucket.
  const store =
    plan.backup && asksForRowCounts(plan.request.preset)
      ? ['BACKUP_S3_ACCESS_KEY_ID', 'BACKUP_S3_SECRET_ACCESS_KEY']
      : [];
  return [
    ...scheduledHead(
      'Watch',
      'Looks at the newest release of production again and again: its windows and its sign-off, a watch that was handed off.',
      schedule,
    ),
    '# One look at a time.',
    'concurrency:',
    '  group: watch',
    '  queue: max',
    '',
    'jobs:',
    '  production:',
    '    name: Production',
    '    permissions:',
    '      contents: read # read .github/ops.yml',
    '      actions: read # whether another run takes the release back; edge functions that an earlier run stored as an artifact',
    '      deployments: write # the ledger and the lock',
    '      checks: read # the checks that ops.yml requires, where a window asks whether tests passed',
    '      statuses: read # the same of services that report by status',
    '      issues: write # the incident issue, the deployment issue',
    `    uses: ${plan.library}/.github/workflows/watch.yml@${pin(plan)}`,
    '    with:',
    '      environment: production',
    // Smoke tests run after a way back.
    ...(plan.setup.length > 0 ? [...folder(plan), `      setup-commands: ${plan.setup[0]}`] : []),
    '    secrets:',
    '      # Beside these: the secrets of the sources that ops.yml names under watch.source, as in deploy.yml.',
    ...plan.secrets
      .filter(({ name }) => wanted.includes(name))
      .map(({ name }) => `      ${name}: ${expression(`secrets.${name}`)}`),
    ...store.map((name) => `      ${name}: ${expression(`secrets.${name}`)}`),
    '',
  ].join('\n');
}
