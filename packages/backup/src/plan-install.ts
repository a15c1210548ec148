import { extensionPackages } from './extension-packages.ts';

/** What is known of a machine that lacks a major version. */
export interface InstallMachine {
  /** Absolute path of the package manager; undefined: none that is known. */
  manager: '/usr/bin/apt-get' | '/sbin/apk' | '/usr/bin/dnf' | undefined;
  /** User 0; else every step goes through `sudo -n`. */
  root: boolean;
  /** Codename of the Debian or Ubuntu release, e.g. `noble`. */
  codename: string | undefined;
  /** The package lists that are configured offer this major and the packages of the extensions. */
  offered: boolean;
}

/** One command line; no shell reads it. */
export interface InstallStep {
  command: string;
  args: string[];
  /** Written to its standard input. */
  input?: string;
  /** Before this step the key of the PostgreSQL project must have proven to be the pinned one. */
  afterKeyCheck?: true;
}

/** In the package `postgresql-common`, which the distribution signs. */
export const pgdgKeyFile = '/usr/share/postgresql-common/pgdg/apt.postgresql.org.asc';
/** Only this key may sign what is installed from apt.postgresql.org (https://www.postgresql.org/download/linux/ubuntu/). */
export const pgdgFingerprint = 'B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8';

const noCluster = '/etc/postgresql-common/createcluster.d/ops-actions.conf';
const pgdgList = '/etc/apt/sources.list.d/ops-actions-pgdg.list';

/**
 * The commands that install server and client programs of one major version and, with apt, the packages of extensions, signed by the
 * distribution or by the pinned key of the PostgreSQL project; empty where this machine has no package manager that is known. Pure.
 */
export function planInstall(
  major: number,
  { manager, root, codename, offered }: InstallMachine,
  extensions: readonly string[] = [],
): InstallStep[] {
  const step = (command: string, args: string[], more: Omit<InstallStep, 'command' | 'args'> = {}): InstallStep =>
    root ? { command, args, ...more } : { command: 'sudo', args: ['-n', keep, command, ...args], ...more };
  if (manager === '/sbin/apk') return [step(manager, ['add', '--no-cache', `postgresql${major}`])];
  if (manager === '/usr/bin/dnf') return [step(manager, ['install', '-y', `postgresql${major}-server`])];
  if (manager === undefined || (!offered && codename === undefined)) return [];
  const install = (...packages: string[]) =>
    step(manager, ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages]);
  const repository = `deb [signed-by=${pgdgKeyFile}] https://apt.postgresql.org/pub/repos/apt ${codename}-pgdg main\n`;
  return [
    install('postgresql-common', ...(offered ? [] : ['ca-certificates'])),
    ...(offered
      ? []
      : [
          step('/usr/bin/tee', [pgdgList], { input: repository, afterKeyCheck: true }),
          step(manager, ['update', '-o', 'DPkg::Lock::Timeout=120']),
        ]),
    // Else the package starts a server of its own at once.
    step('/usr/bin/mkdir', ['-p', '/etc/postgresql-common/createcluster.d']),
    step('/usr/bin/tee', [noCluster], { input: 'create_main_cluster = false\n' }),
    install(...packagesFor(major, extensions)),
    step('/usr/bin/rm', ['-f', noCluster]),
  ];
}

/** What apt installs; an extension that is in no package that we know of is left to whoever looks afterwards. Pure. */
export function packagesFor(major: number, extensions: readonly string[]): string[] {
  const own = [`postgresql-${major}`, `postgresql-client-${major}`];
  return [...own, ...extensionPackages(extensions, major).packages.filter((name) => !own.includes(name))];
}

/** How a person would type the plan. Pure. */
export function showInstall(steps: readonly InstallStep[]): string {
  const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  return steps
    .map(({ command, args, input }) => {
      const line = [command, ...args.filter((arg) => arg !== keep)].map(word).join(' ');
      return input === undefined ? line : `printf '%s\\n' ${word(input.trimEnd())} | ${line}`;
    })
    .join(' && ');
}

/** What of our environment a package manager needs through sudo. */
const keep = '--preserve-env=DEBIAN_FRONTEND,http_proxy,https_proxy,no_proxy';
