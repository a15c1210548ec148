import { access, constants } from 'node:fs/promises';

/** The command that installs PostgreSQL with this system's package manager; a sentence where none is known. */
export async function installLine(wanted: { major?: number; server?: boolean } = {}): Promise<string> {
  const manager = await packageManager();
  return manager === undefined
    ? 'the installer of https://www.postgresql.org/download/'
    : manager
        .steps(wanted)
        .map((step) => `${isRoot() || manager.asUser ? '' : 'sudo '}${step.join(' ')}`)
        .join(' && ');
}

interface PackageManager {
  program: string;
  /** True where the manager must not run as root. */
  asUser: boolean;
  steps(wanted: { major?: number; server?: boolean }): string[][];
}

const packageManagers: readonly PackageManager[] = [
  {
    program: '/usr/bin/apt-get',
    asUser: false,
    steps: ({ major, server }) => {
      const package_ = server === true ? 'postgresql' : 'postgresql-client';
      const install = ['apt-get', 'install', '-y', '--no-install-recommends'];
      // Another major than the distribution's comes from the PostgreSQL project's own repository (PGDG).
      return major === undefined
        ? [
            ['apt-get', 'update'],
            [...install, package_],
          ]
        : [
            [...install, 'postgresql-common', 'ca-certificates'],
            ['/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh', '-y'],
            [...install, `${package_}-${major}`],
          ];
    },
  },
  {
    program: '/sbin/apk',
    asUser: false,
    steps: ({ major, server }) => [['apk', 'add', `postgresql${major ?? ''}${server === true ? '' : '-client'}`]],
  },
  {
    program: '/usr/bin/dnf',
    asUser: false,
    steps: ({ major, server }) => [
      ['dnf', 'install', '-y', `postgresql${major ?? ''}${server === true ? '-server' : ''}`],
    ],
  },
  {
    program: '/opt/homebrew/bin/brew',
    asUser: true,
    steps: ({ major }) => [['brew', 'install', `postgresql@${major ?? 17}`]],
  },
];

async function packageManager(): Promise<PackageManager | undefined> {
  for (const manager of packageManagers) {
    if (await isExecutable(manager.program)) return manager;
  }
  return undefined;
}

/** True for user 0, which PostgreSQL's server programs refuse to run under. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** True for a file that we may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
