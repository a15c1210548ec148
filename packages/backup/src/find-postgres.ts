import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { findDockerPostgres } from './docker-postgres.ts';
import { installLine, isExecutable } from './install-line.ts';

export { installLine, isRoot } from './install-line.ts';

/** One folder of PostgreSQL programs of one major version. */
export interface PostgresBinaries {
  /** Absolute folder; programs are called by this path, because `pg_wrapper` on PATH picks a version of its own (trap 10). */
  directory: string;
  /** Set where the programs are those of a container image; then `directory` is empty. */
  image?: string;
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

export interface WantedPostgres {
  /** Default: the newest one found. */
  major?: number;
  /** Also initdb and postgres, not only the client programs. */
  server?: boolean;
  /** Fetches the official image where Docker has none; never in a job that holds secrets (S32). */
  pull?: boolean;
}

/**
 * The programs of a major version: installed ones, else those of an official image that Docker has.
 * @throws PostgresMissing with the line that installs it.
 */
export async function findPostgres(wanted: WantedPostgres = {}): Promise<PostgresBinaries> {
  const all = await listPostgres();
  const fitting = all.find(
    (found) => (wanted.major === undefined || found.major === wanted.major) && (wanted.server !== true || found.server),
  );
  const found = fitting ?? (await findDockerPostgres(wanted));
  if (found !== undefined) return found;
  const name = `PostgreSQL ${wanted.major === undefined ? '' : `${wanted.major} `}${wanted.server === true ? 'server programs' : 'client programs'}`;
  const others = all.map((one) => `${one.version} in ${one.directory}${one.server ? '' : ' (client only)'}`);
  throw new PostgresMissing(
    `${name} are not on this machine (found: ${others.length === 0 ? 'none' : others.join(', ')}; and Docker has no image postgres:${wanted.major ?? '<major>'})`,
    await installLine(wanted),
  );
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
