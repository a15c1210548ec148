import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { switchCoreDumpsOff } from '#child-process/core-dumps';
import { containerArguments } from './container-arguments.ts';
import { dockerEnvironment } from './docker-command.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import type { OperatingSystemUser } from './unprivileged-user.ts';

export interface ProgramOptions {
  /** Account to run under; default ours. */
  user?: OperatingSystemUser | undefined;
  /** What the program finds in its environment besides path, locale and time zone (S24). */
  environment?: Record<string, string>;
  /** Folders that a program in a container must see; the first one is where it runs. */
  folders: readonly string[];
  /** `none`: it talks through sockets in its folders only. Installed programs are kept from the network where we are root. */
  network: 'none' | 'host';
  /** Of the container, to end it by. */
  name?: string;
}

export interface ProgramCommand {
  command: string;
  args: string[];
  environment: Record<string, string>;
  identity: { uid?: number; gid?: number };
}

/** Part of util-linux: a network of its own with nothing in it; only root may ask for one. */
const unshare = '/usr/bin/unshare';

/** Part of util-linux: drops groups and makes the program end with us, which Node's own `uid` option cannot. */
const setpriv = '/usr/bin/setpriv';

/**
 * How to start a PostgreSQL program, installed or in a container: under `user`, with an emptied environment, and on Linux
 * so that it ends when this process is killed.
 */
export function programCommand(
  binaries: PostgresBinaries,
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): ProgramCommand {
  const { user } = options;
  const base = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const { image } = binaries;
  const inContainer = image !== undefined;
  const [command, all, environment] = inContainer
    ? [
        'docker',
        containerArguments(image.id, program, args, options),
        { ...dockerEnvironment(), PATH: process.env.PATH ?? base.PATH, ...options.environment },
      ]
    : [join(binaries.directory, program), [...args], { ...base, ...options.environment }];
  if (!isExecutable(setpriv)) {
    return {
      command,
      args: all,
      environment,
      identity: user === undefined || inContainer ? {} : { uid: user.uid, gid: user.gid },
    };
  }
  const as =
    user === undefined || inContainer
      ? []
      : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--no-new-privs'];
  const drop = [...as, '--pdeathsig=QUIT', '--', command, ...all];
  // What a dump makes a server do cannot reach any other machine, nor the services of this one (S24).
  return as.length > 0 && options.network === 'none' && isExecutable(unshare)
    ? { command: unshare, args: ['--net', '--', setpriv, ...drop], environment, identity: {} }
    : { command: setpriv, args: drop, environment, identity: {} };
}

/** Runs a server program to its end. @throws Error with its last lines when it fails. */
export async function runProgram(
  binaries: PostgresBinaries,
  program: string,
  given: readonly string[],
  options: ProgramOptions,
): Promise<void> {
  const { command, args, environment, identity } = programCommand(binaries, program, given, options);
  const [cwd] = options.folders;
  switchCoreDumpsOff();
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], ...identity });
  let output = '';
  const take = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2_000);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} failed: ${output.trim() || `it ended with ${code}`}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
