import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { runTool } from '#child-process/run-tool';
import { choosePostgres } from './choose-postgres.ts';
import { listDockerPostgres, pullImage, standardImage } from './docker-postgres.ts';
import { installLine, isExecutable } from './install-line.ts';

export { installLine, isRoot } from './install-line.ts';

/** One folder of PostgreSQL programs of one major version. */
export interface PostgresBinaries {
  /** Absolute folder; programs are called by this path, because `pg_wrapper` on PATH picks a version of its own (trap 10). */
  directory: string;
  /** Set where the programs are those of a container image; then `directory` is empty. */
  image?: {
    /** What containers are started by; never a tag. */
    id: string;
    /** Name and, where it has one, tag. */
    reference: string;
    /** `sha256:…`, by which the registry gave it out. */
    digest: string;
  };
  major: number;
  /** As the programs say it, e.g. `15.18`. */
  version: string;
  /** False where only the client programs (pg_dump, pg_restore) are installed. */
  server: boolean;
  /** Names that `CREATE EXTENSION` knows on this server; absent where nobody looked, or nobody can tell. */
  extensions?: readonly string[];
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
  /** As the server of the database says it, e.g. `15.8`: an image of exactly this version comes first. */
  version?: string;
  /** Whose image that has to be; default the official one. */
  platform?: 'supabase';
  /** Extensions without which its objects cannot be restored: who has them all is preferred. */
  extensions?: readonly string[];
  /** `name@sha256:…`: this image and nothing else. */
  image?: string | undefined;
  /** Fetches `image`, or where nothing else is there a standard one, by digest; never in a job that holds secrets (S32). */
  pull?: boolean;
}

/**
 * The programs of a major version, in the order of ADR 0011: an image of exactly the version that is wanted, installed ones, an image
 * of the same major. Images count only where Docker has them and they came from their publisher.
 * @throws PostgresMissing with the line that installs it.
 */
export async function findPostgres(wanted: WantedPostgres = {}): Promise<PostgresBinaries> {
  if (wanted.image !== undefined) return await findPinned(wanted.image, wanted);
  const { major, version, platform } = wanted;
  const wantedImage = { major, version, platform };
  const [all, images] = await Promise.all([
    listPostgres().then((found) => withExtensions(found, wanted)),
    // Without a version no image comes before what is installed: then Docker is not asked first.
    version === undefined ? [] : listDockerPostgres(wantedImage),
  ]);
  const chosen = choosePostgres({ installed: all, images }, wanted);
  if (chosen !== undefined) return chosen;
  const late = version === undefined ? await listDockerPostgres(wantedImage) : [];
  const fetched = late.length === 0 && wanted.pull === true && (await pullImage(standardImage));
  const last = fetched ? await listDockerPostgres({ pinned: standardImage }) : late;
  const found = choosePostgres({ installed: [], images: last }, wanted);
  if (found !== undefined) return found;
  const name = `PostgreSQL ${major === undefined ? '' : `${major} `}${wanted.server === true ? 'server programs' : 'client programs'}`;
  const others = all.map((one) => `${one.version} in ${one.directory}${one.server ? '' : ' (client only)'}`);
  throw new PostgresMissing(
    `${name} are not on this machine (found: ${others.length === 0 ? 'none' : others.join(', ')}; and Docker has no image of them that came from its publisher)`,
    await installLine(wanted),
  );
}

/** The image that is pinned, whatever else is here. */
async function findPinned(pinned: string, { major, pull }: WantedPostgres): Promise<PostgresBinaries> {
  const look = () => listDockerPostgres({ pinned });
  let [found] = await look();
  if (found === undefined && pull === true && (await pullImage(pinned))) [found] = await look();
  const line = `docker pull ${pinned}`;
  if (found === undefined)
    throw new PostgresMissing(
      `the image that is pinned (${pinned}) cannot be used: this machine's Docker has not got it, or cannot run it on folders of this machine`,
      line,
    );
  if (major === undefined || found.major === major) return found;
  const message = `the image that is pinned (${pinned}) is PostgreSQL ${found.version}, and the database is of major version ${major}`;
  throw new PostgresMissing(message, `an image of PostgreSQL ${major}, by digest`);
}

/** In words, for log and result. Pure. */
export function describePostgres({ version, directory, image }: PostgresBinaries): string {
  return `PostgreSQL ${version} ${image === undefined ? `in ${directory}` : `of the image ${image.reference}@${image.digest}`}`;
}

/** Who has which extension matters only where one is needed. */
async function withExtensions(found: PostgresBinaries[], wanted: WantedPostgres): Promise<PostgresBinaries[]> {
  if ((wanted.extensions ?? []).length === 0) return found;
  return await Promise.all(
    found.map(async (one) => {
      const extensions = await installedExtensions(one.directory);
      return extensions === undefined ? one : { ...one, extensions };
    }),
  );
}

/** By their control files, as the server itself finds them; undefined where nobody can tell. */
export async function installedExtensions(directory: string): Promise<string[] | undefined> {
  const program = join(directory, 'pg_config');
  if (!(await isExecutable(program))) return undefined;
  const { exitCode, stdout } = await runTool({ command: program, args: ['--sharedir'], deadlineMs: 10_000 });
  if (exitCode !== 0) return undefined;
  const names = await readdir(join(stdout.trim(), 'extension')).catch(() => undefined);
  return names?.filter((name) => name.endsWith('.control')).map((name) => name.slice(0, -'.control'.length));
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
