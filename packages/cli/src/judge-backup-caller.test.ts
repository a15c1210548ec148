import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBackupSchedule } from '#config/parse-backup-schedule';
import { judgeBackupCaller, judgeVerificationCaller } from './judge-backup-caller.ts';

const caller = (cron: string, environment = 'production') =>
  `on: { schedule: [{ cron: '${cron}' }, { cron: '0 5 1 1,4,7,10 *' }] }
jobs: { a: { uses: org/ops-actions/.github/workflows/backup.yml@v1, with: { environment: ${environment} } } }`;
const byHand =
  'on: { workflow_dispatch: }\njobs: { a: { uses: org/ops-actions/.github/workflows/backup.yml@v1, with: {} } }';

for (const { name, words, files, warning } of [
  { name: 'a caller at the time that is said', words: 'daily at 02:00 UTC', files: ['{', caller('0 2 * * *')] },
  { name: 'a caller at any time where none is said', words: 'daily', files: [caller('17 3 * * *')] },
  {
    name: 'a caller at another time',
    words: 'daily at 02:00 UTC',
    files: [caller('0 3 * * *')],
    warning: /the schedule 0 2 \* \* \*, and no file .* does so, but by 0 3 \* \* \* and 0 5/,
  },
  { name: 'a caller by hand', words: 'daily', files: [byHand], warning: /calls backup\.yml starts it by a schedule/ },
  {
    name: 'one of another environment',
    words: 'daily',
    files: [caller('0 2 * * *', 'staging')],
    warning: /of production/,
  },
  { name: 'no workflow, or nonsense', words: 'weekly', files: ['', '7', 'jobs: { a: }', '{'], warning: /0 2 \* \* 0/ },
]) {
  test(`${name} ${warning === undefined ? 'is no warning' : 'is a warning'}`, () => {
    const told = judgeBackupCaller('production', parseBackupSchedule(words), files);
    if (warning === undefined) assert.equal(told, undefined);
    else assert.match(told ?? '', warning);
  });
}

test('a verification that no workflow with a schedule asks for is a warning', () => {
  const verifying = caller('0 4 * * 1').replace('{ environment', '{ verify: restore, environment');
  assert.equal(judgeVerificationCaller('production', [caller('0 2 * * *'), verifying]), undefined);
  assert.match(judgeVerificationCaller('production', [caller('0 2 * * *')]) ?? '', /verified again by a schedule/);
  assert.match(judgeVerificationCaller('staging', [verifying]) ?? '', /stored backups of staging/);
});
