import type { BackupPlan } from './plan-backup.ts';
import type { InitPlan } from './plan-init.ts';
import { expression, pin } from './render-workflows.ts';

/** `.github/workflows/backup.yml`: scheduled backups of production that are proven by a restore, their verification in the store, and the recovery drill. */
export function renderBackup(plan: InitPlan, backup: BackupPlan): string {
  const { schedule, verification, drill, drillMaxAge, storage } = backup;
  const major = plan.detected.supabase?.major;
  const daily = schedule.every === 'day';
  const secrets = [
    ...plan.secrets.filter(({ name }) => name === 'DATABASE_URL' || name === 'SLACK_BOT_TOKEN'),
    ...backup.secrets,
  ];
  return [
    `# ${daily ? 'Every night' : 'Every week'} a backup that is proven by a restore; now and then the stored one verified again, and a recovery drill; all by hand as well.`,
    'name: Backup',
    '',
    'on:',
    '  schedule:',
    `    - cron: '${schedule.cron}'`,
    '    # The verification of what is stored.',
    `    - cron: '${verification.cron}'`,
    '    # The recovery drill.',
    `    - cron: '${drill}'`,
    '  workflow_dispatch:',
    '    inputs:',
    '      verify:',
    '        description: Verify the newest stored backup again instead of making one',
    '        type: boolean',
    '        default: false',
    '      drill:',
    '        description: Hold a recovery drill instead of making a backup',
    '        type: boolean',
    '        default: false',
    '      answers:',
    '        description: Words that holders of backup keys read from their challenges, with spaces between them',
    '        type: string',
    "        default: ''",
    '',
    'permissions: {}',
    '',
    '# One at a time: a verification or a drill reads what a backup may be writing.',
    'concurrency:',
    '  group: backup',
    '  queue: max',
    '',
    'jobs:',
    '  production:',
    '    name: Production',
    '    permissions:',
    '      contents: read # read .github/ops.yml',
    '      actions: read # backups that are artifacts of earlier runs',
    '      deployments: write # the digests of the backup and the records of verification and drill',
    '      issues: write # the report of the drill',
    `    uses: ${plan.library}/.github/workflows/backup.yml@${pin(plan)}`,
    '    with:',
    '      environment: production',
    ...(major === undefined ? [] : [`      postgres-major: '${major}'`]),
    '      # Their place: database.backup.destination of ops.yml.',
    ...(plan.request.recipient === undefined ? [] : [`      age-recipients: ${plan.request.recipient}`]),
    '      # By its cron line, or by the box of a run by hand.',
    `      verify: ${expression(`(github.event.schedule == '${verification.cron}' || inputs.verify == true) && 'restore' || ''`)}`,
    `      drill: ${expression(`github.event.schedule == '${drill}' || inputs.drill == true`)}`,
    `      answers: ${expression('inputs.answers')}`,
    ...(verification.maxAge === undefined
      ? []
      : [
          '      # A week and some days: then a verification was missed.',
          `      verification-max-age: ${verification.maxAge}`,
        ]),
    ...(drillMaxAge === undefined
      ? []
      : ['      # A quarter and some days: then a drill was missed.', `      drill-max-age: ${drillMaxAge}`]),
    ...(daily ? [] : ['      # A week and some hours: then a backup was missed.', '      max-age: 170h']),
    ...(storage ? ['      # What changed in Supabase Storage, in versions.', '      storage: true'] : []),
    '    secrets:',
    ...secrets.map(({ name }) => `      ${name}: ${expression(`secrets.${name}`)}`),
    '',
  ].join('\n');
}
