import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { OperatingSystemUser } from './unprivileged-user.ts';

export interface ServerCommand {
  command: string;
  args: string[];
  environment: Record<string, string>;
  identity: { uid?: number; gid?: number };
}

/** Part of util-linux: drops groups and makes the server end with us, which Node's own `uid` option cannot. */
const setpriv = '/usr/bin/setpriv';

/**
 * How to start a server program: under `user` when we are root, and on Linux so that it ends when this process is
 * killed. The environment is emptied: what a restored object runs must find nothing in it (S24).
 */
export function serverCommand(program: string, args: string[], user: OperatingSystemUser | undefined): ServerCommand {
  const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  if (!isExecutable(setpriv)) {
    return {
      command: program,
      args,
      environment,
      identity: user === undefined ? {} : { uid: user.uid, gid: user.gid },
    };
  }
  const as =
    user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--no-new-privs'];
  return {
    command: setpriv,
    args: [...as, '--pdeathsig=QUIT', '--', program, ...args],
    environment,
    identity: {},
  };
}

/** Runs a server program to its end. @throws Error with its last lines when it fails. */
export async function runServerProgram(
  program: string,
  args: string[],
  given: { folder: string; user: OperatingSystemUser | undefined },
): Promise<void> {
  const { command, args: all, environment, identity } = serverCommand(program, args, given.user);
  const child = spawn(command, all, {
    cwd: given.folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity,
  });
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
