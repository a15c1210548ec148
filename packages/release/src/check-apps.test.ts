import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectState } from '#vercel/project';
import { type AppsFacts, checkApps, type FoundApp } from './check-apps.ts';

const app = (name: string, state: Partial<ProjectState> = {}): FoundApp => ({
  name,
  gitDeploymentDisabled: false,
  state: {
    id: `prj_${name}`,
    name,
    accountId: 'team_1',
    productionDomains: [`${name}.example.com`],
    autoAssign: false,
    currentDeploymentId: `dpl_${name}`,
    rollingRelease: false,
    ...state,
  },
});

const facts = (more: Partial<AppsFacts> = {}): AppsFacts => ({
  environment: 'production',
  production: true,
  as: 'production',
  host: undefined,
  build: 'remote',
  bypassSecretGiven: false,
  locks: [],
  lead: app('web'),
  others: [app('admin')],
  settings: { environment: 'production', production: true, watch: {}, release: {} },
  isUnderWay: false,
  target: { deploymentId: 'dpl_web', apps: { admin: 'dpl_admin' } },
  ...more,
});

const codes = (given: AppsFacts) => checkApps(given).map(({ code }) => code);

test('a sound group has nothing against it', () => assert.deepEqual(checkApps(facts()), []));

test('what stands against each project is told at once, with the name of its app', () => {
  const broken = {
    gitLink: { type: 'github', repository: 'acme/notes', productionBranch: 'main' },
    autoAssign: true,
    protection: { deploymentType: 'all', bypassConfigured: false },
    rollingRelease: true,
  };
  const found = checkApps(
    facts({ others: [app('admin', broken), app('docs', { pinnedRollback: { deploymentId: 'dpl_old' } })] }),
  );
  assert.deepEqual(
    found.map(({ code, message }) => `${code} ${message.split(':')[0]}`),
    [
      'push_goes_live apps.admin',
      'protected_without_bypass apps.admin',
      'rolling_release apps.admin',
      'apps_auto_assign_differs auto-assignment of production domains is off in web and on in admin; after the release it could not be put back as it was',
      'pinned_rollback apps.docs',
      'app_without_target no deployment of docs is known to go together with the rollback target dpl_web',
    ],
  );
  assert.ok(found.every(({ fix }) => fix !== undefined && fix !== ''));
});

test('one project twice, a domain of two, two teams, and an app that was never live are refused by name', () => {
  assert.deepEqual(codes(facts({ others: [app('admin', { id: 'prj_web' })] })), ['apps_same_project']);
  assert.deepEqual(codes(facts({ others: [app('admin', { productionDomains: ['web.example.com'] })] })), [
    'apps_share_domain',
  ]);
  assert.deepEqual(codes(facts({ others: [app('admin', { accountId: 'team_2' })] })), ['apps_of_two_teams']);
  const { currentDeploymentId: _none, ...state } = app('admin').state;
  const [finding, ...more] = checkApps(facts({ others: [{ ...app('admin'), state }] }));
  assert.deepEqual([finding?.code, more.length], ['app_without_deployment', 0]);
});

test('the address of an app is one of its own, or its checks and the bypass secret would go elsewhere (S20)', () => {
  assert.deepEqual(codes(facts({ others: [{ ...app('admin'), url: 'https://admin.example.com' }] })), []);
  const [finding] = checkApps(facts({ others: [{ ...app('admin'), url: 'https://elsewhere.example' }] }));
  assert.equal(finding?.code, 'app_url_elsewhere');
  assert.match(finding?.message ?? '', /elsewhere\.example is no production domain of admin \(admin\.example\.com\)/);
});

test('the lock of a rollback that was lifted takes the pin off each app that it named', () => {
  const pinned = app('admin', { pinnedRollback: { deploymentId: 'dpl_admin0', at: 1_000 } });
  const lock = {
    id: 1,
    environment: 'production',
    key: 'k',
    reason: 'bad',
    createdAt: 1,
    expiresAt: 2,
    releasedAt: 5_000,
    target: { deploymentId: 'dpl_web0', apps: { admin: 'dpl_admin0' } },
  };
  assert.deepEqual(codes(facts({ others: [pinned], locks: [lock] })), []);
  assert.deepEqual(codes(facts({ others: [pinned] })), ['pinned_rollback']);
});

test('behind a release that died the switches may differ: its record knows the original', () => {
  const others = [app('admin', { autoAssign: true })];
  assert.deepEqual(codes(facts({ others })), ['apps_auto_assign_differs']);
  assert.deepEqual(codes(facts({ others, isUnderWay: true })), []);
});
