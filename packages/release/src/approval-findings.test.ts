import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EnvironmentSettings } from '#config/settings';
import { approvalFindings } from './approval-findings.ts';

const settings = (mode: 'approve' | 'auto') => ({ environment: 'production', watch: { mode } }) as EnvironmentSettings;
const github = (answer: { name: string; reviewers: number } | undefined | Error) => ({
  environment: async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  },
});

describe('mode approve', () => {
  const rollbackEnvironment = 'production-rollback';
  const find = async (answer: Parameters<typeof github>[0], environment: string | undefined = rollbackEnvironment) =>
    await approvalFindings(github(answer), { settings: settings('approve'), rollbackEnvironment: environment });

  test('is let through where somebody must be asked', async () => {
    assert.deepEqual(await find({ name: rollbackEnvironment, reviewers: 1 }), []);
  });

  test('is refused where nobody would be asked, and where nobody can say so', async () => {
    const hidden = Object.assign(new Error('the token may not read it'), { reasonCode: 'github_forbidden' });
    const cases: [Parameters<typeof github>[0], RegExp][] = [
      [{ name: rollbackEnvironment, reviewers: 0 }, /production-rollback has no required reviewers/],
      [undefined, /production-rollback does not exist/],
      [hidden, /cannot be read: the token may not read it/],
    ];
    for (const [answer, says] of cases) {
      const [finding, ...more] = await find(answer);
      assert.equal(more.length, 0);
      assert.equal(finding?.code, 'approval_not_enforced');
      assert.equal(finding?.severity, 'refuse');
      assert.match(finding?.message ?? '', says);
      assert.match(finding?.fix ?? '', /mode: auto.*mode: notify/);
    }
  });

  test('is refused outside of the workflow, whose name is the way out', async () => {
    const [finding] = await approvalFindings(github({ name: 'x', reviewers: 1 }), { settings: settings('approve') });
    assert.match(`${finding?.message} ${finding?.fix}`, /deploy-production\.yml.*call that workflow/);
  });

  test('is nobody’s business in another mode', async () => {
    assert.deepEqual(await approvalFindings(github(new Error('asked')), { settings: settings('auto') }), []);
  });
});
