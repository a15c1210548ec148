import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectState } from '#vercel/project';
import { checkProject, type ProjectFacts } from './check-project.ts';
import { decidePreflight, type PreflightFacts } from './decide-preflight.ts';
import type { SupersededDecision } from './decide-superseded.ts';
import type { Lock } from './lock.ts';

const state: ProjectState = {
  id: 'prj_1',
  name: 'shop',
  accountId: 'team_1',
  productionDomains: ['shop.example.com'],
  autoAssign: true,
  rollingRelease: false,
};
const gitLink = { type: 'github', repository: 'acme/shop', productionBranch: 'main' };
const base: ProjectFacts = {
  environment: 'production',
  production: true,
  as: 'production',
  build: 'remote',
  state,
  bypassSecretGiven: false,
  gitDeploymentDisabled: false,
  locks: [],
};
const protection = { deploymentType: 'all_except_custom_domains', bypassConfigured: true };

const table: { name: string; facts: Partial<ProjectFacts>; codes: string[]; fix?: RegExp }[] = [
  { name: 'an ordinary project', facts: {}, codes: [] },
  {
    name: 'auto-assign that cannot be read',
    facts: { state: { ...state, autoAssign: undefined } },
    codes: ['auto_assign_unknown'],
  },
  {
    name: 'a push that goes live by itself',
    facts: { state: { ...state, gitLink } },
    codes: ['push_goes_live'],
    fix: /build: adopt.*deploymentEnabled.*"main": false/,
  },
  {
    name: 'the Git integration without auto-assign',
    facts: { state: { ...state, gitLink, autoAssign: false } },
    codes: [],
  },
  {
    name: 'the Git integration disabled for the branch',
    facts: { state: { ...state, gitLink }, gitDeploymentDisabled: true },
    codes: [],
  },
  {
    name: 'adopt with auto-assign on',
    facts: { build: 'adopt', state: { ...state, gitLink } },
    codes: ['push_goes_live'],
  },
  {
    name: 'adopt with auto-assign off',
    facts: { build: 'adopt', state: { ...state, gitLink, autoAssign: false } },
    codes: [],
  },
  { name: 'adopt without a Git link', facts: { build: 'adopt' }, codes: ['nothing_to_adopt'] },
  {
    name: 'adopt of a disabled branch',
    facts: { build: 'adopt', state: { ...state, gitLink }, gitDeploymentDisabled: true },
    codes: ['nothing_to_adopt'],
  },
  {
    name: 'protection without a secret',
    facts: { state: { ...state, protection } },
    codes: ['protected_without_bypass'],
    fix: /VERCEL_AUTOMATION_BYPASS_SECRET/,
  },
  { name: 'protection with a secret', facts: { state: { ...state, protection }, bypassSecretGiven: true }, codes: [] },
  {
    name: 'a secret that the project does not have',
    facts: { state: { ...state, protection: { ...protection, bypassConfigured: false } }, bypassSecretGiven: true },
    codes: ['bypass_not_configured'],
  },
  {
    name: 'protected previews do not matter to production',
    facts: { state: { ...state, protection: { ...protection, deploymentType: 'preview' } } },
    codes: [],
  },
  {
    name: 'protected previews matter to an alias',
    facts: {
      as: 'alias',
      host: 'staging.example.com',
      state: { ...state, protection: { ...protection, deploymentType: 'preview' } },
    },
    codes: ['protected_without_bypass'],
  },
  { name: 'an alias without an address', facts: { as: 'alias' }, codes: ['address_missing'] },
  {
    name: 'a pinned rollback',
    facts: { state: { ...state, pinnedRollback: { deploymentId: 'dpl_1', at: 5_000 } } },
    codes: ['pinned_rollback'],
  },
  {
    name: 'a pin whose lock was lifted',
    facts: {
      state: { ...state, pinnedRollback: { deploymentId: 'dpl_1', at: 5_000 } },
      locks: [lifted('dpl_1', 6_000)],
    },
    codes: [],
  },
  {
    name: 'a new rollback to where a lifted lock had gone before',
    facts: {
      state: { ...state, pinnedRollback: { deploymentId: 'dpl_1', at: 5_000_000 } },
      locks: [lifted('dpl_1', 6_000)],
    },
    codes: ['pinned_rollback'],
  },
];

function lifted(deploymentId: string, releasedAt: number): Lock {
  return {
    id: 1,
    environment: 'production',
    key: 'k',
    reason: 'r',
    target: { deploymentId },
    createdAt: 0,
    expiresAt: 9e9,
    releasedAt,
  };
}

for (const { name, facts, codes, fix } of table) {
  test(`Project: ${name}`, () => {
    const findings = checkProject({ ...base, ...facts });
    assert.deepEqual(
      findings.map(({ code }) => code),
      codes,
    );
    if (fix !== undefined) assert.match(findings[0]?.fix ?? '', fix);
    for (const finding of findings.filter(({ severity }) => severity === 'refuse'))
      assert.ok(finding.fix, finding.code);
  });
}

test('On staging a push that goes live by itself is said, not refused', () => {
  const [finding] = checkProject({ ...base, production: false, state: { ...state, gitLink } });
  assert.deepEqual([finding?.code, finding?.severity], ['push_goes_live', 'warning']);
});

const facts: PreflightFacts = {
  environment: 'production',
  production: true,
  dryRun: false,
  findings: [],
  openLocks: [],
  version: 'v1.2.0',
};
const refusal = { code: 'unsafe_migration', severity: 'refuse', message: 'line 2', fix: 'ADD DEFAULT' } as const;
const superseded: SupersededDecision = { superseded: true, reasonCode: 'older_commit', message: 'older', notes: [] };
const open: Lock = {
  id: 1,
  environment: 'production',
  key: 'k',
  reason: 'payments are down',
  createdAt: 0,
  expiresAt: 9e9,
};

const decisions: { name: string; facts: Partial<PreflightFacts>; decision: string; reason: string; says?: RegExp }[] = [
  { name: 'nothing against it', facts: {}, decision: 'ready', reason: 'ready' },
  {
    name: 'warnings do not stop',
    facts: { findings: [{ code: 'x', severity: 'warning', message: 'm' }] },
    decision: 'ready',
    reason: 'ready',
  },
  {
    name: 'a refusal with its fix',
    facts: { findings: [refusal] },
    decision: 'refused',
    reason: 'unsafe_migration',
    says: /line 2\.? Fix: ADD DEFAULT/,
  },
  {
    name: 'several refusals',
    facts: { findings: [{ code: 'y', severity: 'refuse', message: 'm' }, refusal] },
    decision: 'refused',
    reason: 'unsafe_migration',
    says: /line 2\. Also: m\./,
  },
  {
    name: 'a lock leads',
    facts: { findings: [refusal], openLocks: [open] },
    decision: 'refused',
    reason: 'locked',
    says: /payments are down/,
  },
  { name: 'superseded alone', facts: { superseded }, decision: 'superseded', reason: 'older_commit' },
  {
    name: 'superseded beside a refusal',
    facts: { superseded, findings: [refusal] },
    decision: 'refused',
    reason: 'unsafe_migration',
  },
  {
    name: 'already current',
    facts: { alreadyCurrent: { deploymentId: 'dpl_1', version: 'abc1234' } },
    decision: 'already-current',
    reason: 'already_current',
    says: /as abc1234/,
  },
  { name: 'a dry run', facts: { dryRun: true }, decision: 'planned', reason: 'dry_run' },
  {
    name: 'a dry run of what would be refused',
    facts: { dryRun: true, findings: [refusal] },
    decision: 'refused',
    reason: 'unsafe_migration',
  },
];
for (const { name, facts: more, decision, reason, says } of decisions) {
  test(`Preflight decides: ${name}`, () => {
    const decided = decidePreflight({ ...facts, ...more });
    assert.deepEqual([decided.decision, decided.reasonCode], [decision, reason]);
    if (says !== undefined) assert.match(decided.summary, says);
  });
}
