import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#postgres/connection';
import { findPostgres, type PostgresBinaries } from './find-postgres.ts';
import { freePort } from './free-port.ts';
import { programCommand, runProgram } from './program-command.ts';
import { containerFile, createScratchFolder, endServerIn } from './scratch-folder.ts';
import { serverSettings } from './server-settings.ts';
import { type OperatingSystemUser, unprivilegedUser } from './unprivileged-user.ts';

export interface ClusterOptions {
  /** Default: found by `findPostgres`. */
  binaries?: PostgresBinaries;
  /** Major version; default the newest one installed. */
  major?: number;
  /** `name@sha256:…`: the only image that the programs may come from. */
  image?: string | undefined;
  /** `socket` (default): a Unix socket in a private folder only. `tcp`: also 127.0.0.1 with a random password. */
  listen?: 'socket' | 'tcp';
  /** A port for `tcp`, asked again where it was taken meanwhile; default a free one. */
  choosePort?: () => Promise<number>;
  /** Parent folder; default memory (/dev/shm) when it fits, else the temporary folder. */
  directory?: string;
  /** Name of its superuser; default `postgres`. */
  superuser?: string;
  /** Size of the data to come, to choose between memory and disk. */
  expectedBytes?: number;
  log?: (line: string) => void;
  /** Stops the cluster. */
  signal?: AbortSignal;
}

/** A private PostgreSQL server that exists until `stop`. */
export interface Cluster {
  /** As the superuser, database `postgres`; contains the password where `listen` is `tcp`. */
  url: string;
  socketDirectory: string;
  port: number;
  major: number;
  binaries: PostgresBinaries;
  /** Identifies the cluster: two servers with one identifier are one server, or copies of its files. */
  systemIdentifier: string;
  /** True when the server runs under another account than this process, or in a container (S24). */
  separateUser: boolean;
  /** Ends the server and removes everything; safe to call twice. */
  stop(): Promise<void>;
}

const startDeadlineMs = 30_000;
/** Ports to try: another process may take a free one before the server has it. */
const mostPorts = 3;

/**
 * Makes a cluster and starts it with settings that are fast and lose everything in a crash. It ends with this process
 * (on Linux also when that is killed); what a crash leaves on disk is swept at the next start.
 * @throws PostgresMissing, or Error with the last lines of the server's log.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  options.signal?.throwIfAborted();
  const major = options.major === undefined ? {} : { major: options.major };
  const binaries = options.binaries ?? (await findPostgres({ ...major, server: true, image: options.image }));
  const user = await unprivilegedUser();
  const folder = await createScratchFolder({
    ...(options.directory === undefined ? {} : { parent: options.directory }),
    ...(options.expectedBytes === undefined ? {} : { expectedBytes: options.expectedBytes }),
    ...(user === undefined ? {} : { user }),
  });
  try {
    return await startIn(folder, binaries, user, options);
  } catch (error) {
    await endServerIn(folder);
    await removeFolder(folder);
    throw error;
  }
}

async function startIn(
  folder: string,
  binaries: PostgresBinaries,
  user: OperatingSystemUser | undefined,
  options: ClusterOptions,
): Promise<Cluster> {
  const initdb = [
    '-D',
    dataIn(folder),
    '-U',
    superuserOf(options),
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  const access = ['--auth-local=trust', '--auth-host=scram-sha-256'];
  await runProgram(binaries, 'initdb', [...initdb, ...access], { user, folders: [folder], network: 'none' });
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(folder, binaries, user, options);
    } catch (error) {
      if (!isPortTaken(error) || attempt === mostPorts) throw error;
    }
  }
}

function dataIn(folder: string): string {
  return join(folder, 'data');
}

function superuserOf({ superuser = 'postgres' }: ClusterOptions): string {
  return superuser;
}

/** As the server says it (`--locale=C`: in English). */
function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Address already in use');
}

async function startServer(
  folder: string,
  binaries: PostgresBinaries,
  user: OperatingSystemUser | undefined,
  options: ClusterOptions,
): Promise<Cluster> {
  const tcp = options.listen === 'tcp';
  const port = tcp ? await (options.choosePort ?? freePort)() : 5432;
  const name = basename(folder);
  if (binaries.image !== undefined) await writeFile(join(folder, containerFile), name);
  // From here on the listener below hears an abort.
  options.signal?.throwIfAborted();
  const server = programCommand(
    binaries,
    'postgres',
    ['-D', dataIn(folder), ...serverSettings({ folder, port, tcp })],
    {
      user,
      folders: [folder],
      network: tcp ? 'host' : 'none',
      name,
    },
  );
  const child = spawn(server.command, server.args, {
    cwd: folder,
    env: server.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...server.identity,
  });
  const log = keepLog(child, options.log);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const superuser = superuserOf(options);
  const socketUrl = `postgresql://${superuser}@localhost:${port}/postgres?host=${encodeURIComponent(folder)}`;
  let stopped: Promise<void> | undefined;
  const stop = () => {
    options.signal?.removeEventListener('abort', onAbort);
    stopped ??= end(child, ended, folder).then(() => removeFolder(folder));
    return stopped;
  };
  const onAbort = () => void stop();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const password = tcp ? randomBytes(18).toString('base64url') : undefined;
    const systemIdentifier = await whenReady(socketUrl, child, log, password);
    return {
      url: password === undefined ? socketUrl : `postgresql://${superuser}:${password}@127.0.0.1:${port}/postgres`,
      socketDirectory: folder,
      port,
      major: binaries.major,
      binaries,
      systemIdentifier,
      separateUser: user !== undefined || binaries.image !== undefined,
      stop,
    };
  } catch (error) {
    options.signal?.removeEventListener('abort', onAbort);
    await (stopped ?? end(child, ended, folder));
    throw error;
  }
}

async function whenReady(
  url: string,
  child: ChildProcess,
  log: ServerLog,
  password: string | undefined,
): Promise<string> {
  const deadline = performance.now() + startDeadlineMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      // Its last words may still be on their way.
      await Promise.race([log.complete, delay(1_000)]);
      throw new Error(`the scratch PostgreSQL server ended while starting: ${log.tail() || 'it said nothing'}`);
    }
    try {
      const connection = await connect(url, { applicationName: 'ops-actions scratch', connectTimeoutMs: 2_000 });
      try {
        if (password !== undefined) await connection.query(`ALTER ROLE CURRENT_USER PASSWORD '${password}'`);
        const [row] = await connection.query<{ id: string }>(
          'SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()',
        );
        return row?.id ?? '';
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(
          `the scratch PostgreSQL server was not ready within ${startDeadlineMs / 1000} s: ${log.tail()}`,
          {
            cause: error,
          },
        );
      }
      await delay(25);
    }
  }
}

async function end(child: ChildProcess, ended: Promise<void>, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    // Nothing in it is kept: an immediate shutdown, then none at all.
    child.kill('SIGQUIT');
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(patience);
  }
  // A container may outlive the command that ran it.
  await endServerIn(folder);
}

async function removeFolder(folder: string): Promise<void> {
  // Backends may still be writing for a moment after their parent.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

interface ServerLog {
  /** Its last lines. */
  tail(): string;
  /** Resolves when no more of it can come. */
  complete: Promise<void>;
}

function keepLog(child: ChildProcess, log: ((line: string) => void) | undefined): ServerLog {
  let tail = '';
  const take = (chunk: Buffer) => {
    const text = chunk.toString();
    tail = (tail + text).slice(-2_000);
    for (const line of text.split('\n')) if (line.trim() !== '') log?.(line);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const complete = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { tail: () => tail.trim(), complete };
}
