import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** One folder of PostgreSQL programs of one major version. */
export interface PostgresBinaries {
  /** Absolute folder; programs are called by this path, because `pg_wrapper` on PATH picks a version of its own (trap 10). */
  directory: string;
  major: number;
  /** As the programs say it, e.g. `15.18`. */
  version: string;
  /** False where only the client programs (pg_dump, pg_restore) are installed. */
  server: boolean;
}

/** No suitable PostgreSQL is installed; `installLine` is what to type. */
export class PostgresMissing extends Error {
  readonly reasonCode = 'postgres_tools_missing';
  readonly installLine: string;
  constructor(message: string, installLine: string) {
    super(`${message}. Install it with: ${installLine}`);
    this.name = 'PostgresMissing';
    this.installLine = installLine;
  }
}

/** Folders whose children are versions, with the path from a child to its programs. */
const versionedFolders: readonly (readonly [parent: string, child: RegExp, inside: string])[] = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/usr/libexec', /^postgresql\d+$/, ''],
  ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
  ['/usr/local/opt', /^postgresql@\d+$/, 'bin'],
  ['/home/linuxbrew/.linuxbrew/opt', /^postgresql@\d+$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'],
];

/** Every PostgreSQL on this machine, newest major first: the distribution's versioned folders, then PATH. */
export async function listPostgres(path: string = process.env.PATH ?? ''): Promise<PostgresBinaries[]> {
  const versioned = await Promise.all(
    versionedFolders.map(async ([parent, child, inside]) => {
      const names = await readdir(parent).catch(() => []);
      return names.filter((name) => child.test(name)).map((name) => join(parent, name, inside));
    }),
  );
  const onPath = await Promise.all(
    path
      .split(delimiter)
      .filter((folder) => folder !== '')
      .flatMap((folder) => ['postgres', 'pg_dump'].map((program) => programFolder(join(folder, program)))),
  );
  const folders = [...new Set([...versioned.flat(), ...onPath.filter((folder) => folder !== undefined)])];
  const described = await Promise.all(folders.map(describe));
  return described.filter((found) => found !== undefined).sort((a, b) => b.major - a.major);
}

/**
 * The programs of a major version, or of the newest one; with `server` also initdb and postgres.
 * @throws PostgresMissing with the line that installs it.
 */
export async function findPostgres(wanted: { major?: number; server?: boolean } = {}): Promise<PostgresBinaries> {
  const all = await listPostgres();
  const fitting = all.find(
    (found) => (wanted.major === undefined || found.major === wanted.major) && (wanted.server !== true || found.server),
  );
  if (fitting !== undefined) return fitting;
  const name = `PostgreSQL ${wanted.major === undefined ? '' : `${wanted.major} `}${wanted.server === true ? 'server programs' : 'client programs'}`;
  const found = all.map((one) => `${one.version} in ${one.directory}${one.server ? '' : ' (client only)'}`);
  throw new PostgresMissing(
    `${name} are not on this machine (found: ${found.length === 0 ? 'none' : found.join(', ')})`,
    await installLine(wanted),
  );
}

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

async function programFolder(program: string): Promise<string | undefined> {
  if (!(await isExecutable(program))) return undefined;
  const real = await realpath(program);
  // Debian's /usr/bin/pg_dump is a script that chooses a version.
  return real.endsWith('pg_wrapper') ? undefined : join(real, '..');
}

async function describe(directory: string): Promise<PostgresBinaries | undefined> {
  const client = await Promise.all(['pg_dump', 'pg_restore'].map((name) => isExecutable(join(directory, name))));
  if (client.includes(false)) return undefined;
  const parts = await Promise.all(['initdb', 'postgres'].map((name) => isExecutable(join(directory, name))));
  try {
    const { stdout } = await promisify(execFile)(join(directory, 'pg_dump'), ['--version'], {
      env: {},
      timeout: 10_000,
    });
    const [, version] = /\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout) ?? [];
    if (version === undefined) return undefined;
    return { directory, major: Number.parseInt(version, 10), version, server: !parts.includes(false) };
  } catch {
    return undefined;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
