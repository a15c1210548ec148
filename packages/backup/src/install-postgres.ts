import { readFile } from 'node:fs/promises';
import { runTool, type ToolResult } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { isExecutable, isRoot } from './install-line.ts';
import { primaryKeyFingerprints } from './openpgp-keys.ts';
import {
  type InstallMachine,
  type InstallStep,
  packagesFor,
  pgdgFingerprint,
  pgdgKeyFile,
  planInstall,
  showInstall,
} from './plan-install.ts';

/** Nothing could be installed; `line` is what a person would type, empty where no way is known. */
export class InstallFailed extends Error {
  readonly reasonCode: 'no_package_manager' | 'no_permission' | 'key_mismatch' | 'install_failed';
  readonly line: string;
  constructor(reasonCode: InstallFailed['reasonCode'], message: string, line: string) {
    super(message);
    this.name = 'InstallFailed';
    this.reasonCode = reasonCode;
    this.line = line;
  }
}

export interface InstallOptions {
  /** Whose packages are installed too, where the package manager is apt. */
  extensions?: readonly string[];
  log: (line: string) => void;
  signal: AbortSignal;
}

/** All steps together; a release job is planned with it. */
const totalDeadlineMs = 10 * 60_000;

interface Running extends InstallOptions {
  /** On the clock of `performance.now()`. */
  endsAt: number;
}

/**
 * Installs server and client programs of a major version with the system's package manager: from the distribution, else
 * from the PostgreSQL project's repository, whose key is pinned (S32). Belongs before the first step that gets a secret.
 * @throws InstallFailed
 */
export async function installPostgres(major: number, options: InstallOptions): Promise<void> {
  try {
    await install(major, { ...options, endsAt: performance.now() + totalDeadlineMs });
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    const { command } = error;
    throw new InstallFailed('no_permission', `this user is not root and there is no ${command} on this machine`, '');
  }
}

async function install(major: number, running: Running): Promise<void> {
  const { extensions = [] } = running;
  const machine = await inspectMachine(packagesFor(major, extensions), running);
  const steps = planInstall(major, machine, extensions);
  const line = showInstall(steps);
  if (steps.length === 0) {
    const message = `this machine has no package manager that offers PostgreSQL ${major} (known: apt-get, apk, dnf)`;
    throw new InstallFailed('no_package_manager', message, '');
  }
  for (const step of steps) {
    if (step.afterKeyCheck) await checkKey(line);
    running.log(`$ ${showInstall([step])}`);
    const done = await runStep(step, running);
    if (done.exitCode === 0) continue;
    const complaint = lastLine(done);
    if (step.command === 'sudo' && /a password is required|not allowed|may not run/i.test(done.stderr))
      throw new InstallFailed('no_permission', `sudo wants a password here: ${complaint}`, line);
    const how = done.timedOut ? 'did not end within its deadline' : `ended with ${done.exitCode}`;
    throw new InstallFailed('install_failed', `${showInstall([step])} ${how}: ${complaint}`, line);
  }
}

/** What planInstall needs to know; with apt the package lists are brought up to date first. */
async function inspectMachine(packages: readonly string[], running: Running): Promise<InstallMachine> {
  const managers = ['/usr/bin/apt-get', '/sbin/apk', '/usr/bin/dnf'] as const;
  const present = await Promise.all(managers.map(isExecutable));
  const manager = managers.find((_, index) => present[index]);
  const root = isRoot();
  if (manager !== '/usr/bin/apt-get') return { manager, root, codename: undefined, offered: true };
  const update = root ? { command: manager, args: ['update'] } : { command: 'sudo', args: ['-n', manager, 'update'] };
  running.log(`$ ${showInstall([update])}`);
  // One foreign list that does not answer is no reason to stop: whether the package is there is seen below.
  await runStep(update, running);
  const policy = await runStep({ command: '/usr/bin/apt-cache', args: ['policy', ...packages] }, running);
  // Of a package that nobody has ever heard of it says nothing at all.
  const offered = [...policy.stdout.matchAll(/^ {2}Candidate: (?!\(none\))\S/gm)].length === packages.length;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return { manager, root, codename: /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(release)?.[1], offered };
}

/** Apt trusts every key of the file: it may hold the pinned one only. */
async function checkKey(line: string): Promise<void> {
  let found: string;
  try {
    found = primaryKeyFingerprints(await readFile(pgdgKeyFile, 'utf8')).join(', ');
  } catch (error) {
    found = error instanceof Error ? error.message : String(error);
  }
  if (found === pgdgFingerprint) return;
  const message = `${pgdgKeyFile} is not the pinned key of the PostgreSQL project (${pgdgFingerprint}): ${found}`;
  throw new InstallFailed('key_mismatch', message, line);
}

async function runStep({ command, args, input }: InstallStep, { log, signal, endsAt }: Running): Promise<ToolResult> {
  const { http_proxy, https_proxy, no_proxy } = process.env;
  return await runTool({
    command,
    args,
    environment: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C', http_proxy, https_proxy, no_proxy },
    ...(input === undefined ? {} : { input }),
    deadlineMs: Math.max(1, endsAt - performance.now()),
    signal,
    onLine: (text) => log(text),
  });
}

function lastLine({ stderr, stdout }: ToolResult): string {
  return (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '';
}
