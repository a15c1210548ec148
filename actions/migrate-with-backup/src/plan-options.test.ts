import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InputError } from '#action-kit/inputs';
import type { EnvironmentSettings } from '#config/settings';
import { type Given, planOptions } from './plan-options.ts';

const settings: EnvironmentSettings = {
  environment: 'production',
  production: true,
  vercel: {},
  database: {},
  health: {},
  smoke: {},
  watch: {},
  release: {},
  slack: {},
};
const given = { throwAway: false, mode: 'apply', phase: 'expand', onFailure: 'stop', verify: 'restore' } as Given;
const runner = { workspace: '/w', artifacts: true };
const remote = 'postgresql://u:p@db.example.com/d';
const local = 'postgresql://u:p@127.0.0.1/d';

function mistakes(more: Partial<Given>, environment: Partial<EnvironmentSettings> = {}, where = runner): string[] {
  try {
    planOptions({ ...given, ...more }, { ...settings, ...environment }, where);
    return [];
  } catch (error) {
    assert.ok(error instanceof InputError);
    return error.problems.map((problem) => problem.name);
  }
}

describe('planOptions', () => {
  test('inputs win over the configuration, which wins over defaults', () => {
    const database = {
      migrations: 'db',
      lockTimeoutMs: 1,
      backupDestinations: ['directory' as const],
      backupPath: 'b',
    };
    const configured = planOptions(given, { ...settings, database }, runner);
    assert.deepEqual(
      [configured.directory, configured.lockTimeoutMs, configured.backupPath, configured.named],
      ['/w/db', 1, '/w/b', true],
    );
    const explicit = planOptions(
      { ...given, migrationsDir: '/m', lockTimeout: 2, backupDestination: ['artifact'] },
      { ...settings, database },
      runner,
    );
    assert.deepEqual([explicit.directory, explicit.lockTimeoutMs, explicit.destinations], ['/m', 2, ['artifact']]);
    const standard = planOptions(given, settings, runner);
    assert.deepEqual(
      [standard.directory, standard.lockTimeoutMs, standard.destinations, standard.named],
      ['/w/supabase/migrations', 5_000, ['artifact'], false],
    );
  });

  test('skip is for throw-away environments and, with none given, for this machine', () => {
    const skip = { backup: 'skip' as const };
    assert.deepEqual(mistakes({ ...skip, databaseUrl: local }), []);
    assert.deepEqual(mistakes({ ...skip, databaseUrl: remote }), ['backup']);
    assert.deepEqual(mistakes({ ...skip, databaseUrl: local, environment: 'production' }), ['backup']);
    assert.deepEqual(mistakes({ ...skip, databaseUrl: remote, environment: 'staging' }), ['backup']);
    assert.deepEqual(mistakes({ ...skip, databaseUrl: remote, environment: 'x', throwAway: true }), []);
  });

  test('the policy of ops.yml counts where the workflow file says throw-away, and an input wins', () => {
    const database = { backupPolicy: 'skip' as const };
    const backupOf = (more: Partial<Given>) =>
      planOptions({ ...given, databaseUrl: remote, ...more }, { ...settings, database }, runner).backup;
    assert.equal(backupOf({ environment: 'staging' }), 'required');
    assert.equal(backupOf({ environment: 'staging', throwAway: true }), 'skip');
    assert.equal(backupOf({ environment: 'staging', throwAway: true, backup: 'required' }), 'required');
  });

  test('what is not in this version is refused by name', () => {
    assert.deepEqual(mistakes({ backup: 'platform', backupDestination: ['s3'] }), ['backup', 'backup-destination']);
  });

  test('less than a restore needs a reason, and every weakening is listed', () => {
    assert.deepEqual(mistakes({ verify: 'checksum' }), ['verify-reason']);
    const options = planOptions(
      { ...given, verify: 'structure', verifyReason: 'too large', maxAge: 60_000 },
      settings,
      runner,
    );
    assert.deepEqual([options.verify, options.maxAgeMs, options.weakenings.length], ['structure', 60_000, 2]);
    assert.match(options.weakenings.join(), /too large.*max-age/);
  });

  test('the way back and a baseline name their version and repeat what they change', () => {
    const back = { databaseUrl: local, mode: 'rollback', backupDestination: ['directory'], backupPath: 'b' } as const;
    const typed = (more: Partial<Given>) => mistakes({ ...back, backupDestination: ['directory'], ...more });
    assert.deepEqual(typed({}), ['to-version', 'confirm']);
    assert.deepEqual(typed({ toVersion: '1', confirm: 'other' }), ['confirm']);
    assert.deepEqual(typed({ toVersion: '1', confirm: 'd' }), []);
    assert.deepEqual(typed({ toVersion: '1', environment: 'production', confirm: 'd' }), ['confirm']);
    assert.deepEqual(typed({ mode: 'baseline', toVersion: '1', environment: 'production', confirm: 'production' }), []);
  });

  test('a command of another tool goes with neither versions nor rollback SQL', () => {
    const command = { databaseUrl: local, command: 'npm run migrate' };
    assert.deepEqual(mistakes(command), []);
    assert.deepEqual(mistakes({ ...command, toVersion: '1' }), ['command']);
    assert.deepEqual(mistakes({ ...command, onFailure: 'rollback-sql' }), ['on-failure']);
    assert.deepEqual(mistakes({ databaseUrl: local, onFailure: 'rollback-release' }), ['on-failure']);
  });

  test('a destination must be reachable from here', () => {
    const nowhere = { workspace: '/w', artifacts: false };
    assert.deepEqual(mistakes({ databaseUrl: local }, {}, nowhere), ['backup-destination']);
    assert.deepEqual(mistakes({ databaseUrl: local, backupDestination: ['artifact'] }, {}, nowhere), [
      'backup-destination',
    ]);
    assert.deepEqual(mistakes({ databaseUrl: local, backupDestination: ['directory'] }, {}, nowhere), ['backup-path']);
    assert.deepEqual(mistakes({ databaseUrl: local, mode: 'plan' }, {}, nowhere), []);
  });

  test('a weaker connection is said', () => {
    assert.match(
      planOptions({ ...given, databaseUrl: `${remote}?sslmode=require` }, settings, runner).weakenings.join(),
      /does not prove/,
    );
  });
});
