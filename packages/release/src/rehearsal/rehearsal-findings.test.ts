import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RehearsalFacts, rehearsalFacts, rehearsalFindings } from './rehearsal-findings.ts';

const sound: RehearsalFacts = {
  settings: { environment: 'staging', production: false, productionHosts: ['app.example.com'] },
  mode: 'auto',
  hosts: ['staging.example.com'],
  pending: 0,
  command: undefined,
  currentId: 'dpl_1',
  targetId: 'dpl_1',
  adopted: false,
};
const codesOf = (more: Partial<RehearsalFacts>) => rehearsalFindings({ ...sound, ...more }).map(({ code }) => code);
const named = (environment: string, more: object = {}) => ({ ...sound.settings, environment, ...more });

test('a staging that serves something proven in mode auto may be rehearsed on', () => {
  assert.deepEqual(codesOf({}), []);
});

test('production is refused by its nature, by its name, and by its addresses, whatever the workflow file marks', () => {
  const refused = ['rehearsal_on_production'];
  assert.deepEqual(codesOf({ settings: named('live', { production: true }) }), refused);
  assert.deepEqual(codesOf({ settings: named('production') }), refused, 'marked throw-away');
  assert.deepEqual(codesOf({ settings: named('prod-eu') }), refused);
  assert.deepEqual(codesOf({ hosts: ['staging.example.com', 'app.example.com'] }), refused);
  assert.deepEqual(codesOf({ settings: named('staging', { url: 'https://app.example.com/x' }) }), refused);
  assert.deepEqual(codesOf({ settings: named('products') }), []);
});

test('what would prove nothing, or leave something behind, is refused all at once, each with its way out', () => {
  const findings = rehearsalFindings({ ...sound, mode: 'notify', pending: 2, targetId: undefined });
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [
      ['rehearsal_mode', 'refuse'],
      ['rehearsal_pending_migrations', 'refuse'],
      ['rehearsal_no_target', 'refuse'],
    ],
  );
  for (const { fix } of findings) assert.ok(fix !== undefined && fix !== '');
  assert.deepEqual(codesOf({ mode: 'observe' }), ['rehearsal_mode']);
});

test('where something unproven is served the rollback would end elsewhere: refused, with both by name', () => {
  const [finding, ...others] = rehearsalFindings({ ...sound, currentId: 'dpl_2' });
  assert.deepEqual(others, []);
  assert.match(finding?.message ?? '', /serves dpl_2, which nobody has proven.*end elsewhere, at dpl_1/);
});

test('a deployment that no release of this environment brought may be served to the users of another one: refused', () => {
  const [finding, ...others] = rehearsalFindings({ ...sound, adopted: true });
  assert.deepEqual([finding?.code, finding?.severity, others], ['rehearsal_no_target', 'refuse', []]);
  assert.match(finding?.message ?? '', /dpl_1 is served, and no release of staging brought it/);
});

test('everything that the release could apply to the database counts, and a command of one’s own unless this commit is live', () => {
  const settings = { watch: {}, vercel: {}, database: {}, ...sound.settings } as Parameters<typeof rehearsalFacts>[0];
  const facts = (contract: 'later' | 'same-run', database: object, live = false) =>
    rehearsalFacts(
      { ...settings, database: { contract } },
      {
        state: { productionDomains: ['staging.example.com'] },
        history: { currentDeploymentId: 'dpl_1' },
        database: { toApply: [], held: [], command: undefined, ...database },
        target: { target: { deploymentId: 'dpl_1', adopted: false }, skipped: [] },
        live,
      },
    );
  const held = { held: ['2_drop.sql'] };
  const codes = (given: RehearsalFacts) => rehearsalFindings(given).map(({ code }) => code);
  assert.deepEqual(codes(facts('later', held)), []);
  assert.deepEqual(codes(facts('same-run', held)), ['rehearsal_pending_migrations']);
  assert.deepEqual(codes(facts('later', { toApply: ['1_add.sql'] })), ['rehearsal_pending_migrations']);
  assert.deepEqual(codes(facts('later', { command: 'npm run migrate' })), ['rehearsal_pending_migrations']);
  assert.deepEqual(codes(facts('later', { command: 'npm run migrate' }, true)), []);
});

test('a release that is older than the entries that are read is known by its deployment', () => {
  const settings = { watch: {}, vercel: {}, database: {}, ...sound.settings } as Parameters<typeof rehearsalFacts>[0];
  const isAdopted = (opsRelease: string | undefined) =>
    rehearsalFacts(settings, {
      state: { productionDomains: [] },
      history: { currentDeploymentId: 'dpl_1', current: { meta: opsRelease === undefined ? {} : { opsRelease } } },
      database: { toApply: [], held: [] },
      target: { target: { deploymentId: 'dpl_1', adopted: true }, skipped: [] },
      live: false,
    }).adopted;
  assert.deepEqual([isAdopted(undefined), isAdopted('1:production:7'), isAdopted('1:staging:7')], [true, true, false]);
});
