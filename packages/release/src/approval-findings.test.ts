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

  test('is refused together with hand-off, whose later runs ask nobody, beside whatever else is missing', async () => {
    const handedOff = (mode: 'approve' | 'auto') =>
      ({ environment: 'production', watch: { mode, handOffMs: 300_000 } }) as EnvironmentSettings;
    const asked = github({ name: rollbackEnvironment, reviewers: 1 });
    const found = await approvalFindings(asked, { settings: handedOff('approve'), rollbackEnvironment });
    assert.deepEqual(
      found.map(({ code, severity }) => [code, severity]),
      [['hand_off_asks_nobody', 'refuse']],
    );
    assert.match(`${found[0]?.message} ${found[0]?.fix}`, /hand-off with .*approve.*take hand-off out.*mode: auto/);
    const both = await approvalFindings(asked, { settings: handedOff('approve') });
    assert.deepEqual(
      both.map(({ code }) => code),
      ['hand_off_asks_nobody', 'approval_not_enforced'],
    );
    assert.deepEqual(await approvalFindings(asked, { settings: handedOff('auto'), rollbackEnvironment }), []);
  });

  test('is nobody’s business in another mode', async () => {
    assert.deepEqual(await approvalFindings(github(new Error('asked')), { settings: settings('auto') }), []);
  });
});

describe('what asks people in mode auto', () => {
  const of = (watch: EnvironmentSettings['watch']) => ({ environment: 'production', watch }) as EnvironmentSettings;
  const asking: [name: string, watch: EnvironmentSettings['watch'], says: RegExp, way: RegExp][] = [
    [
      'a rule',
      { rules: ['error-rate above 2%: approve'] },
      /the rule "error-rate above 2%: approve"/,
      /": auto".*": notify"/,
    ],
    ['no data', { mode: 'auto', onNoData: 'ask' }, /watch\.on-no-data: ask/, /hold.*or fail/],
    ['too little data', { onInconclusive: 'ask' }, /watch\.on-inconclusive: ask/, /hold.*or fail/],
  ];
  for (const [name, watch, says, way] of asking) {
    test(`${name}: is refused by name where no job waits, let through where reviewers do`, async () => {
      const [finding, ...more] = await approvalFindings(github(undefined), { settings: of(watch) });
      assert.deepEqual([finding?.code, finding?.severity, more.length], ['approval_not_enforced', 'refuse', 0]);
      assert.match(finding?.message ?? '', says);
      assert.match(finding?.fix ?? '', /call that workflow/);
      assert.match(finding?.fix ?? '', way);
      const rollbackEnvironment = 'production-rollback';
      const reviewed = github({ name: rollbackEnvironment, reviewers: 1 });
      assert.deepEqual(await approvalFindings(reviewed, { settings: of(watch), rollbackEnvironment }), []);
      const later = { ...watch, handOffMs: 300_000 };
      const [handedOff] = await approvalFindings(reviewed, { settings: of(later), rollbackEnvironment });
      assert.deepEqual([handedOff?.code, says.test(handedOff?.message ?? '')], ['hand_off_asks_nobody', true]);
    });
  }

  test('where the mode does less than asking, nobody is asked and nothing is refused', async () => {
    for (const mode of ['observe', 'notify'] as const) {
      const watch = { mode, rules: ['error-rate above 2%: approve'], onNoData: 'ask' as const };
      assert.deepEqual(await approvalFindings(github(undefined), { settings: of(watch) }), []);
    }
  });
});
