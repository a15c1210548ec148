import type { InitPlan } from './plan-init.ts';
import { scalar } from './render-ops-yml.ts';
import { expression, pin } from './render-workflows.ts';
import { type Schedule, scheduledHead } from './schedule-runs.ts';

/** `.github/workflows/alerts.yml`: scheduled runs that judge the alerts of production once, tell what changed and move nothing. */
export function renderAlerts(plan: InitPlan, schedule: Schedule): string {
  const { url } = plan.request;
  // The bypass secret goes only to a host that the workflow file names.
  const wanted = ['VERCEL_TOKEN', 'SLACK_BOT_TOKEN', ...(url === undefined ? [] : ['VERCEL_AUTOMATION_BYPASS_SECRET'])];
  return [
    ...scheduledHead(
      'Alerts',
      'Judges the alerts of ops.yml outside of a release and tells people what changed. It moves nothing.',
      schedule,
    ),
    'jobs:',
    '  production:',
    '    name: Production',
    '    permissions:',
    '      contents: read # read .github/ops.yml',
    '      deployments: write # the ledger keeps how each alert stands',
    `    uses: ${plan.library}/.github/workflows/alerts.yml@${pin(plan)}`,
    '    with:',
    '      environment: production',
    ...(url === undefined ? [] : [`      base-url: ${scalar(url)}`]),
    '    secrets:',
    '      # Beside these: the secrets of the sources that ops.yml names under watch.source, as in deploy.yml.',
    ...plan.secrets
      .filter(({ name }) => wanted.includes(name))
      .map(({ name }) => `      ${name}: ${expression(`secrets.${name}`)}`),
    '',
  ].join('\n');
}
