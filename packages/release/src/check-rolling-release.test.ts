import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRollingRelease, type RollingFacts } from './check-rolling-release.ts';

const place = { environment: 'production', production: true };
const rolling = { strategy: 'rolling' } as const;
const sentry = { organization: 'acme', projects: [1] };
const arms = 'release:"{commit}"';
const stages = [
  { percentage: 10, waitsForApproval: true },
  { percentage: 100, waitsForApproval: true },
];
const good: RollingFacts = {
  name: 'notes-app',
  as: 'production',
  isOn: true,
  stages,
  settings: { ...place, watch: {}, release: rolling },
};
const table: [name: string, facts: Partial<RollingFacts>, codes: string[]][] = [
  ['led by us', {}, []],
  ['off and not asked for', { isOn: false, settings: { ...place, watch: {}, release: {} } }, []],
  ['on and not asked for', { settings: { ...place, watch: {}, release: {} } }, ['rolling_release']],
  ['asked for and off', { isOn: false, stages: undefined }, ['rolling_release_off']],
  [
    'a stage that Vercel advances',
    { stages: [{ percentage: 10, waitsForApproval: false }] },
    ['rolling_release_automatic'],
  ],
  ['stages that Vercel does not tell', { stages: undefined }, ['rolling_release_automatic']],
  [
    'a mode that asks',
    { settings: { ...place, watch: { mode: 'approve' }, release: rolling } },
    ['rolling_release_mode'],
  ],
  [
    'a rule that asks',
    { settings: { ...place, watch: { rules: ['error-rate above 2%: approve'] }, release: rolling } },
    ['rolling_release_mode'],
  ],
  ['a mode that only tells', { settings: { ...place, watch: { mode: 'notify' }, release: rolling } }, []],
  ['a mode that only looks', { settings: { ...place, watch: { mode: 'observe' }, release: rolling } }, []],
  [
    'a source that counts both together',
    { settings: { ...place, watch: { source: ['sentry'] }, release: rolling, observe: { sentry } } },
    ['arms_not_separable'],
  ],
  [
    'a source that is told how to count each',
    {
      settings: { ...place, watch: { source: ['sentry'] }, release: rolling, observe: { sentry: { ...sentry, arms } } },
    },
    [],
  ],
  [
    'a vendor of a preset that is not set up',
    { settings: { ...place, watch: { source: ['sentry'] }, release: rolling } },
    [],
  ],
  [
    'our own checks alone',
    { settings: { ...place, watch: { source: ['probe'] }, release: rolling } },
    ['arms_not_separable'],
  ],
  ['while another one has not ended', { running: { deploymentId: 'dpl_other' } }, ['rolling_release_active']],
  ['an environment that is an alias', { as: 'alias', settings: { ...place, watch: {}, release: {} } }, []],
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

test('A rolling release that nobody ended is named with its stage, its deployment and what to type', () => {
  const running = { deploymentId: 'dpl_other', version: 'v1.3.0', percentage: 10 };
  const [finding] = decideRollingRelease({ ...good, running });
  assert.match(finding?.message ?? '', /notes-app.*v1\.3\.0 \(dpl_other\) answers 10 % of the visitors/);
  assert.match(
    finding?.fix ?? '',
    /approve its next stages in Vercel.*rollback --environment production --target previous/,
  );
});
