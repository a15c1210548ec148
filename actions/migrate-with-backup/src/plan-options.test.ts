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
const given = { throwAway: false, mode: 'apply', phase: 'expand' } as Given;
const remote = 'postgresql://u:p@db.example.com/d';
const local = 'postgresql://u:p@127.0.0.1/d';

function plan(more: Partial<Given>, environment: Partial<EnvironmentSettings> = {}, artifacts = true) {
  const all = { ...given, ...more };
  const merged = { ...settings, ...environment };
  const { database } = merged;
  const stores = {
    words: all.backupDestination ?? database.backupDestinations,
    path: all.backupPath ?? database.backupPath,
    s3: { region: database.backupRegion, accessKeyId: all.s3AccessKeyId, secretAccessKey: all.s3SecretAccessKey },
    artifacts,
    hosted: false,
    publicRepository: false,
    publicArtifact: false,
  };
  return planOptions(all, merged, { workspace: '/w', stores });
}

function mistakes(more: Partial<Given>, environment: Partial<EnvironmentSettings> = {}, artifacts = true): string[] {
  try {
    plan(more, environment, artifacts);
    return [];
  } catch (error) {
    assert.ok(error instanceof InputError);
    return error.problems.map((problem) => problem.name);
  }
}

describe('planOptions', () => {
  test('unblock is for the files of a migration, and whoever asks for it types what is meant', () => {
    const asked = { databaseUrl: local, backup: 'skip', unblock: 'cancel-blockers' } as const;
    assert.deepEqual(mistakes(asked), ['confirm']);
    assert.deepEqual(mistakes({ ...asked, confirm: 'e' }), ['confirm']);
    assert.deepEqual(plan({ ...asked, confirm: 'd' }).unblock, { kind: 'cancel-blockers', olderThanSeconds: 300 });
    const idle = { ...asked, unblock: 'terminate-idle-in-transaction', confirm: 'd' } as const;
    assert.equal(plan(idle).unblock?.olderThanSeconds, 600);
    assert.equal(plan({ ...idle, unblockOlderThan: 90_000 }).unblock?.olderThanSeconds, 90);
    assert.deepEqual(mistakes({ ...asked, confirm: 'd', command: 'npx prisma migrate deploy' }), ['unblock']);
    assert.deepEqual(mistakes({ ...asked, confirm: 'd', mode: 'baseline', toVersion: '1' }), ['unblock']);
    assert.match(plan({ ...asked, confirm: 'd', mode: 'plan' }).weakenings.join(), /unblock: cancel-blockers/);
    assert.deepEqual(mistakes({ databaseUrl: local, backup: 'skip', unblockOlderThan: 1 }), ['unblock-older-than']);
    assert.equal(plan({ databaseUrl: local, backup: 'skip' }).unblock, undefined);
  });

  test('inputs win over the configuration, which wins over defaults', () => {
    const database = {
      migrations: 'db',
      lockTimeoutMs: 1,
      backupDestinations: ['directory', 's3://notes/a'],
      backupPath: '/w/b',
      backupRegion: 'eu-west-1',
    };
    const configured = plan({ s3AccessKeyId: 'key', s3SecretAccessKey: 'secret' }, { database });
    assert.deepEqual([configured.directory, configured.lockTimeoutMs, configured.named], ['/w/db', 1, true]);
    const connection = { region: 'eu-west-1', accessKeyId: 'key', secretAccessKey: 'secret' };
    assert.deepEqual(configured.destinations, [
      { kind: 'directory', path: '/w/b' },
      { kind: 's3', bucket: 'notes', prefix: 'a', connection },
    ]);
    const explicit = plan({ migrationsDir: '/m', lockTimeout: 2, backupDestination: ['artifact'] }, { database });
    assert.deepEqual(
      [explicit.directory, explicit.lockTimeoutMs, explicit.destinations],
      ['/m', 2, [{ kind: 'artifact' }]],
    );
    const standard = plan({});
    assert.deepEqual(
      [standard.directory, standard.lockTimeoutMs, standard.destinations, standard.named],
      ['/w/supabase/migrations', 5_000, [{ kind: 'artifact' }], false],
    );
  });

  test('what removes something takes a restore point of its own', () => {
    assert.deepEqual(mistakes({ maxAge: 1, phase: 'contract' }), ['max-age']);
    assert.deepEqual(mistakes({ maxAge: 1, mode: 'rollback', toVersion: '1', confirm: 'd', databaseUrl: local }), [
      'max-age',
    ]);
    assert.match(plan({ maxAge: 1 }).weakenings.join(), /max-age/);
  });

  test('a connection to another project than the pinned one is a mistake, whatever the mode', () => {
    const database = { project: 'abcdefghijklmnopqrst' };
    const to = (ref: string) => `postgresql://postgres.${ref}:p@aws-1-eu-west-1.pooler.supabase.com:5432/postgres`;
    assert.deepEqual(mistakes({ databaseUrl: to('tsrqponmlkjihgfedcba') }, { database }), ['database-url']);
    assert.deepEqual(mistakes({ databaseUrl: remote, mode: 'plan' }, { database }), ['database-url']);
    assert.deepEqual(mistakes({ databaseUrl: to(database.project) }, { database }), []);
  });

  test('include-all is said as a weakening', () => {
    const { includeAll, weakenings } = plan({ includeAll: true });
    assert.equal(includeAll, true);
    assert.match(weakenings.join(), /include-all/);
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
    const backupOf = (more: Partial<Given>) => plan({ databaseUrl: remote, ...more }, { database }).backup;
    assert.equal(backupOf({ environment: 'staging' }), 'required');
    assert.equal(backupOf({ environment: 'staging', throwAway: true }), 'skip');
    assert.equal(backupOf({ environment: 'staging', throwAway: true, backup: 'required' }), 'required');
  });

  test('a destination that is not in this version is refused by name', () => {
    assert.deepEqual(mistakes({ backupDestination: ['s3'] }), ['backup-destination']);
  });

  test('platform needs a reason, a token and the project that the connection leads to, and is listed as a weakening', () => {
    const platform = { backup: 'platform' as const };
    assert.deepEqual(mistakes(platform), ['backup-reason', 'supabase-access-token', 'supabase-project']);
    const project = 'abcdefghijklmnopqrst';
    const to = (ref: string) => `postgresql://postgres.${ref}:p@aws-1-eu-west-1.pooler.supabase.com:5432/postgres`;
    const whole = { ...platform, backupReason: '900 GB', supabaseAccessToken: 'sbp_1', databaseUrl: to(project) };
    const { backup, platformProject, weakenings } = plan(whole, { database: { project } });
    assert.deepEqual([backup, platformProject, weakenings.length], ['platform', project, 1]);
    assert.match(weakenings[0] ?? '', /not restore-tested by us.*900 GB/);
    assert.deepEqual(mistakes({ ...whole, supabaseProject: 'tsrqponmlkjihgfedcba' }), ['supabase-project']);
    const other = plan({ ...whole, supabaseProject: project, command: 'npx prisma migrate deploy' });
    assert.equal(other.backup, 'platform');
    const back = { mode: 'rollback' as const, toVersion: '1', environment: 'production', confirm: 'production' };
    assert.deepEqual(mistakes({ ...whole, supabaseProject: project, ...back }), ['backup']);
    // ops.yml cannot say it: there is no reason in it (S11).
    const configured = { database: { project, backupPolicy: 'platform' as const } };
    assert.equal(plan({ databaseUrl: to(project), throwAway: true }, configured).backup, 'required');
  });

  test('less than a restore needs a reason, and every weakening is listed', () => {
    assert.deepEqual(mistakes({ verify: 'checksum' }), ['verify-reason']);
    const options = plan({ verify: 'structure', verifyReason: 'too large', maxAge: 60_000 });
    assert.deepEqual([options.verify, options.maxAgeMs, options.weakenings.length], ['structure', 60_000, 2]);
    assert.match(options.weakenings.join(), /too large.*max-age/);
  });

  test('what ops.yml says of a migration reaches it, inputs win, and the way back by hand does not hear of it', () => {
    const database = { command: 'npm run migrate', verifyCommand: 'npm run verify-migrations' };
    const heard = (more: Partial<Given>, configured: EnvironmentSettings['database'] = database) => {
      const options = plan(more, { database: configured });
      return [options.command, options.verifyCommand, options.onFailure];
    };
    assert.deepEqual(heard({}), ['npm run migrate', 'npm run verify-migrations', 'stop']);
    assert.deepEqual(heard({ command: 'a', verifyCommand: 'b' }), ['a', 'b', 'stop']);
    assert.deepEqual(heard({}, { onFailure: 'rollback-sql' }), [undefined, undefined, 'rollback-sql']);
    assert.deepEqual(heard({ onFailure: 'stop' }, { onFailure: 'rollback-sql' }), [undefined, undefined, 'stop']);
    const back = { mode: 'rollback', toVersion: '1', environment: 'production', confirm: 'production' } as const;
    assert.deepEqual(heard(back), [undefined, undefined, 'stop']);
  });

  test('ops.yml weakens the proof of a backup only where the workflow file says throw-away, and it is listed', () => {
    const weak = { database: { backupVerify: 'checksum' as const } };
    const kept = plan({}, weak);
    assert.deepEqual([kept.verify, kept.weakenings], ['restore', []]);
    const lost = plan({ throwAway: true }, weak);
    assert.equal(lost.verify, 'checksum');
    assert.match(
      lost.weakenings.join(),
      /proven by checksum only, not restored \(database\.backup\.verify of ops\.yml\)/,
    );
    const typed = plan({ throwAway: true, verify: 'restore' }, weak);
    assert.deepEqual([typed.verify, typed.weakenings], ['restore', []]);
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
    assert.deepEqual(mistakes({ databaseUrl: local, onFailure: 'rollback-release', release: '{}' }), []);
    assert.deepEqual(mistakes({ databaseUrl: local, onFailure: 'rollback-release' }), ['on-failure'], 'no release');
    const configured = { database: { command: 'npm run migrate' } };
    assert.deepEqual(mistakes({ databaseUrl: local, toVersion: '1' }, configured), ['command']);
    assert.deepEqual(mistakes({ databaseUrl: local, onFailure: 'rollback-sql' }, configured), ['on-failure']);
  });

  test('a destination must be reachable from here', () => {
    assert.deepEqual(mistakes({ databaseUrl: local }, {}, false), ['backup-destination']);
    assert.deepEqual(mistakes({ databaseUrl: local, backupDestination: ['artifact'] }, {}, false), [
      'backup-destination',
    ]);
    assert.deepEqual(mistakes({ databaseUrl: local, backupDestination: ['directory'] }, {}, false), ['backup-path']);
    assert.deepEqual(mistakes({ databaseUrl: local, mode: 'plan' }, {}, false), []);
  });

  test('a weaker connection is said with its reason', () => {
    const weakened = (database: EnvironmentSettings['database']) =>
      plan({ databaseUrl: `${remote}?sslmode=require` }, { database }).weakenings.join();
    assert.match(weakened({ tlsReason: 'no certificate' }), /does not prove.*: no certificate$/);
    assert.match(weakened({}), /no reason is given/);
  });
});
