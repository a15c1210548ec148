import { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { registerDemo } from './demo-command.ts';
import { registerDeploy } from './deploy-command.ts';
import { registerInit } from './init-command.ts';
import { registerLock } from './lock-commands.ts';
import { registerNewMigration } from './new-migration-command.ts';
import { registerRun } from './run-command.ts';
import { registerSandbox } from './sandbox-command.ts';
import { sayAside } from './terminal.ts';
import { registerValidate } from './validate-command.ts';
import { registerVerdict } from './verdict-command.ts';

/**
 * The command line. Exit codes: 0 done, 1 the gate said no, 2 wrong use, 3 could not run or our bug.
 * Commands set `process.exitCode`; what they throw is outside failure or a bug.
 */
export async function main(words: readonly string[]): Promise<void> {
  const program = new Command('ops-actions')
    .description('releases you can trust on Vercel and Supabase')
    .version(packageJson.version)
    // `deploy --version v1.4.0` names a release.
    .enablePositionalOptions()
    .showHelpAfterError('(ops-actions --help shows the commands)')
    .exitOverride();
  for (const register of [registerDemo, registerSandbox, registerInit, registerValidate, registerRun])
    register(program);
  registerDeploy(program, words);
  for (const register of [registerLock, registerVerdict, registerNewMigration]) register(program);
  // A reader that goes away (`… | head`), or a full disk, must not end a release half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', noteUnwritten);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error && 'code' in error) {
      // Commander has already said what is wrong; its own endings are help (0) and wrong use.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    sayAside(`ops-actions: ${message}`);
    if (error instanceof Error && process.env.DEBUG !== undefined) sayAside(error.stack ?? '');
    process.exitCode = 3;
  }
}

let unwritten = false;

/** What was not written did not reach whoever reads it: no exit code but "could not run" would be true. */
function noteUnwritten({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE' || unwritten) return;
  unwritten = true;
  process.once('exit', () => {
    process.exitCode = 3;
  });
  sayAside(`ops-actions: what was to be said could not be written: ${message}`);
}
