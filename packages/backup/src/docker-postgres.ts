import { access, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerArguments } from './container-arguments.ts';
import { docker } from './docker-command.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import {
  imageListFormat,
  lookMark,
  lookScript,
  type PostgresImage,
  parseImageList,
  parseReport,
  planLooks,
  type WantedImage,
} from './postgres-images.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

/**
 * Fetched for the demo, which holds no secret and has nothing to compare with: `postgres:17.11-bookworm`. Its digest is that of
 * docker-library/repo-info, repos/postgres/remote/17.11-bookworm.md at 0b63eec, where the publisher writes down what it pushed.
 */
export const standardImage = 'postgres@sha256:639ab7ceb90e13123085b741fb31ef493fba25463002f6da665352e7b534b652';

/** By image: the same one is asked once. */
const known = new Map<string, Promise<PostgresBinaries | undefined>>();

/**
 * PostgreSQL from the images that this machine's Docker has of known publishers, likeliest first. Only on Linux: elsewhere the sockets
 * of a container are not those of the host.
 */
export async function listDockerPostgres(wanted: WantedImage): Promise<PostgresBinaries[]> {
  if (process.platform !== 'linux') return [];
  // Since Docker 29 what was fetched by its digest, and so has no tag, is listed with --all only (docker/cli#6574).
  const list = ['image', 'ls', '--all', '--digests', '--no-trunc', '--format', imageListFormat];
  const listed = await docker(list, 10_000);
  if (listed === undefined) return [];
  const found: PostgresBinaries[] = [];
  for (const image of planLooks(parseImageList(listed), wanted)) {
    const looked = known.get(image.id) ?? look(image);
    known.set(image.id, looked);
    const binaries = await looked;
    if (binaries !== undefined && (wanted.major === undefined || binaries.major === wanted.major)) found.push(binaries);
  }
  return found;
}

/** Fetches an image by its digest, which says what has to come; never in a job that holds secrets (S32). False: it did not come. */
export async function pullImage(reference: string): Promise<boolean> {
  return (await docker(['pull', '--quiet', reference], 300_000)) !== undefined;
}

/** Starts a container of it for a moment, as a scratch server would be started. */
async function look({ id, repository, tag, digest }: PostgresImage): Promise<PostgresBinaries | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'ops-actions-look-'));
  try {
    const user = await unprivilegedUser();
    await writeFile(join(folder, 'look'), `${lookMark}\n`, { mode: 0o644 });
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    const args = containerArguments(id, 'sh', ['-c', lookScript, 'sh', folder], {
      ...{ user, folders: [folder], network: 'none' },
    });
    const report = parseReport((await docker(args, 60_000)) ?? '');
    await access(join(folder, 'seen'));
    if (report === undefined) return undefined;
    const { version, extensions } = report;
    const image = { id, reference: `${repository}${tag === undefined ? '' : `:${tag}`}`, digest };
    return { directory: '', image, major: Number.parseInt(version, 10), version, server: true, extensions };
  } catch {
    // What it wrote did not arrive here.
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
