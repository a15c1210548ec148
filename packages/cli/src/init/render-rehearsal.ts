import type { InitPlan } from './plan-init.ts';
import { scalar } from './render-ops-yml.ts';
import { expression, folder, pin, secretsOfJob } from './render-workflows.ts';
import { type Schedule, scheduledHead } from './schedule-runs.ts';

/** `.github/workflows/rehearse-rollback.yml`: scheduled runs that release to staging and see the watch take it back. Never production. */
export function renderRehearsal(plan: InitPlan, schedule: Schedule): string {
  const { triggers, recipient } = plan.request;
  const { event, ref } = triggers.staging ?? {};
  // A schedule has the commit of the default branch, which may not be what staging serves.
  const one = event === 'push' && ref !== undefined && !/[*?[\]!+]/.test(ref);
  const branch = one && ref !== plan.detected.defaultBranch ? ref : undefined;
  return [
    ...scheduledHead(
      'Rehearse the way back',
      'Rehearses the way back on staging: a good release is told to be a bad one, taken back by the watch, and what serves then is proven.',
      schedule,
    ),
    '# The called workflow queues behind the releases of staging.',
    'jobs:',
    '  staging:',
    '    name: Staging',
    '    permissions:',
    '      contents: read # check out the commit, compare it with the one that serves',
    '      actions: read # which runs have ended, to finish what a dead rehearsal left',
    '      deployments: write # the ledger and the lock',
    '      checks: read # the checks that ops.yml requires',
    '      statuses: read # the same of services that report by status',
    '      pull-requests: read # the approvals that ops.yml requires',
    '      issues: write # one issue for the rehearsals of an environment',
    `    uses: ${plan.library}/.github/workflows/rehearse-rollback.yml@${pin(plan)}`,
    '    with:',
    '      environment: staging',
    ...(branch === undefined ? [] : ['      # What is released to staging.', `      ref: ${scalar(branch)}`]),
    ...(plan.setup.length > 0 ? [...folder(plan), `      setup-commands: ${plan.setup[0]}`] : []),
    ...(recipient === undefined ? [] : [`      age-recipients: ${recipient}`]),
    '    secrets:',
    '      # All that the job of staging in deploy.yml has, those of the sources under watch.source as well.',
    ...secretsOfJob(plan, 'staging').map(({ name, from }) => `      ${name}: ${expression(`secrets.${from}`)}`),
    '',
  ].join('\n');
}
