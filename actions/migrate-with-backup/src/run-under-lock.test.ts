import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MigrationLockTimeout } from '#postgres/migration-lock';
import { MigrationLockTaken, type MigrationSession } from '#postgres/migration-session';
import type { MigrateOptions } from './plan-options.ts';
import { type CommandOutcome, runCommand } from './run-command.ts';
import { runUnderLock } from './run-under-lock.ts';

const { signal } = new AbortController();
const options = { url: 'postgresql://u:p@127.0.0.1/d', lockTimeoutMs: 0, statementTimeoutMs: 0 } as MigrateOptions;
const portsWith = (log: (line: string) => void) => ({
  run: (command: string, stop = signal): Promise<CommandOutcome> =>
    runCommand(command, options, { workspace: '.', environment: 'test', signal: stop, log }),
  signal,
});
const holder = { pid: 7, application: 'somebody', user: 'app', seconds: 12 };

test('a command is stopped once somebody else holds the lock, and the ending says so', async () => {
  const begun = Promise.withResolvers<void>();
  const session: Pick<MigrationSession, 'whileIdle'> = {
    async whileIdle(body) {
      const taken = new AbortController();
      void begun.promise.then(() => taken.abort(new MigrationLockTaken(new MigrationLockTimeout(5_000, holder))));
      return await body(taken.signal);
    },
  };
  const ports = portsWith(() => begun.resolve());
  const outcome = await runUnderLock(session, 'echo begun; sleep 30', ports);
  assert.deepEqual(outcome, {
    ok: false,
    reasonCode: 'migration_lock_taken',
    message:
      '"echo begun; sleep 30" was stopped: the connection that held the migration lock was lost, and another migration is running: session 7 (somebody as app, connected for 12 s) still holds the migration lock after 5 s',
  });
});

test('what a command did is told, also where the session cannot be opened again', async () => {
  const session: Pick<MigrationSession, 'whileIdle'> = {
    async whileIdle(body) {
      await body(signal);
      throw new Error('cannot connect');
    },
  };
  const of = async (command: string) => {
    const outcome = await runUnderLock(
      session,
      command,
      portsWith(() => {}),
    );
    return outcome.ok ? 'ok' : `${outcome.reasonCode}: ${outcome.message}`;
  };
  const lost = ', and the session that holds the migration lock was lost and could not be opened again: cannot connect';
  assert.equal(await of('true'), `migration_lock_lost: "true" succeeded${lost}`);
  assert.equal(await of('false'), `migration_lock_lost: "false" ended with exit code 1${lost}`);
});
