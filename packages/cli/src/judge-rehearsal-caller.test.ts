import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRehearsalCaller } from './judge-rehearsal-caller.ts';

const call = (workflow: string, environment: string, schedule = true) =>
  `on: { ${schedule ? "schedule: [{ cron: '0 6 1 * *' }]" : 'workflow_dispatch: {}'} }
jobs: { a: { uses: org/ops-actions/.github/workflows/${workflow}.yml@v1, with: { environment: ${environment} } } }`;
const rehearsal = call('rehearse-rollback', 'staging');
const check = call('backup', 'production');

for (const { name, files, warning } of [
  { name: 'both by a schedule', files: [rehearsal, check] },
  {
    name: 'a rehearsal by hand only',
    files: [call('rehearse-rollback', 'staging', false), check],
    warning: /workflows none that calls rehearse-rollback\.yml rehearses by a schedule \(/,
  },
  {
    name: 'a rehearsal whose absence nobody tells',
    files: [rehearsal, call('backup', 'staging')],
    warning: /workflows none that calls backup\.yml for production by a schedule tells/,
  },
  { name: 'neither', files: ['{', ''], warning: /rehearses by a schedule, and none that calls backup\.yml/ },
]) {
  test(`${name} ${warning === undefined ? 'is no warning' : 'is a warning'}`, () => {
    const told = judgeRehearsalCaller('production', files);
    if (warning === undefined) assert.equal(told, undefined);
    else assert.match(told ?? '', warning);
  });
}
