import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRollingRelease, type RollingFacts } from './check-rolling-release.ts';

const rolling = { strategy: 'rolling' } as const;
const stages = [
  { percentage: 10, waitsForApproval: true },
  { percentage: 100, waitsForApproval: true },
];
const good: RollingFacts = {
  name: 'notes-app',
  as: 'production',
  isOn: true,
  stages,
  settings: { watch: {}, release: rolling },
};
const table: [name: string, facts: Partial<RollingFacts>, codes: string[]][] = [
  ['led by us', {}, []],
  ['off and not asked for', { isOn: false, settings: { watch: {}, release: {} } }, []],
  ['on and not asked for', { settings: { watch: {}, release: {} } }, ['rolling_release']],
  ['asked for and off', { isOn: false, stages: undefined }, ['rolling_release_off']],
  [
    'a stage that Vercel advances',
    { stages: [{ percentage: 10, waitsForApproval: false }] },
    ['rolling_release_automatic'],
  ],
  ['stages that Vercel does not tell', { stages: undefined }, ['rolling_release_automatic']],
  ['a mode that asks', { settings: { watch: { mode: 'approve' }, release: rolling } }, ['rolling_release_mode']],
  [
    'a source of the whole project',
    { settings: { watch: { source: ['sentry'] }, release: rolling } },
    ['arms_not_separable'],
  ],
  ['an environment that is an alias', { as: 'alias', settings: { watch: {}, release: {} } }, []],
];
for (const [name, facts, codes] of table) {
  test(`Rolling releases ${name}: ${codes.join(', ') || 'let through'}`, () => {
    const findings = decideRollingRelease({ ...good, ...facts });
    assert.deepEqual(
      findings.map(({ code }) => code),
      codes,
    );
    for (const { fix, severity } of findings) assert.ok(fix !== undefined && severity === 'refuse');
  });
}
