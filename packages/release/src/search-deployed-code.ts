import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { startTool } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { type GitHub, GitHubError } from '#github/client';
import type { RemovedName } from '#postgres/statement-finding';
import { type FoundUses, isSource, longestSource, useFinder } from './find-uses.ts';
import { BadArchive, readTar } from './read-tar.ts';

/** What serves now, or why nobody knows it. */
export type DeployedCode = { commit: string } | { unknown: string };

/** What was found in its source; where it could not be searched, the reason, which never means that nothing uses a name. */
export type DeployedUses = ({ commit: string } & FoundUses) | { commit?: string; reason: string };

export interface SearchRequest {
  deployed: DeployedCode;
  removed: readonly RemovedName[];
  /** The checkout. */
  workspace: string;
  /** Folder of the migrations, relative to it. */
  migrations: string;
  github: Pick<GitHub, 'archive'> | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds for all of it; default a minute. */
  deadlineMs?: number;
}

/** Unpacked source beyond this many bytes is not read. */
const largestSource = 1024 * 1024 * 1024;

/**
 * Searches the source of the deployed commit for names that go: out of the checkout's own objects where it has them, else out of
 * GitHub's archive. Reads only; no file is written.
 */
export async function searchDeployedCode(request: SearchRequest): Promise<DeployedUses> {
  const { deployed, github, workspace } = request;
  if ('unknown' in deployed) return { reason: deployed.unknown };
  const { commit } = deployed;
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return { reason: 'the deployment names no full commit' };
  const limit = AbortSignal.timeout(request.deadlineMs ?? 60_000);
  const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]);
  try {
    const own = await searchIn(gitArchive(commit, workspace, signal), request);
    if (own !== undefined) return toldOf(commit, own);
    if (github === undefined)
      return { commit, reason: 'the checkout does not have this commit, and no github-token is given to ask for it' };
    const packed = await github.archive(commit, signal);
    const found = await searchIn(unpack(packed), request, true);
    return found === undefined ? { commit, reason: 'GitHub sent no files of it' } : toldOf(commit, found);
  } catch (error) {
    request.signal?.throwIfAborted();
    const reason = reasonOf(error, limit);
    if (reason === undefined) throw error;
    return { commit, reason };
  }
}

/** Of a commit without code nothing is known: what serves may be built from elsewhere. */
function toldOf(commit: string, found: FoundUses): DeployedUses {
  return found.files === 0 ? { commit, reason: 'none of its files can hold code' } : { commit, ...found };
}

function reasonOf(error: unknown, limit: AbortSignal): string | undefined {
  if (limit.aborted) return 'reading it took longer than its deadline';
  if (error instanceof GitHubError || error instanceof BadArchive || error instanceof TooLarge) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  return code?.startsWith('Z_') === true ? 'GitHub sent an archive that cannot be unpacked' : undefined;
}

class TooLarge extends Error {}

/** Undefined: the archive is empty, as that of a commit that the checkout does not have. `inFolder`: the first part of a path is no part of it. */
async function searchIn(
  chunks: AsyncIterable<Uint8Array>,
  { removed, migrations }: Pick<SearchRequest, 'removed' | 'migrations'>,
  inFolder = false,
): Promise<FoundUses | undefined> {
  const pathOf = (path: string) => (inFolder ? path.slice(path.indexOf('/') + 1) : path);
  const bounded = counted(chunks);
  try {
    const first = await bounded.next();
    if (first.done === true) return undefined;
    const finder = useFinder(removed);
    const wanted = (path: string, bytes: number) => bytes <= longestSource && isSource(pathOf(path), migrations);
    for await (const { path, text } of readTar(joined(first.value, bounded), wanted)) finder.look(pathOf(path), text);
    return finder.result();
  } finally {
    await bounded.return(undefined);
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > largestSource) throw new TooLarge('its source is larger than 1 GiB');
    if (chunk.length > 0) yield chunk;
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Nothing where there is no git, no repository, or no such commit in it. */
async function* gitArchive(commit: string, workspace: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // safe.directory: in a container the checkout belongs to another user. No lazy fetch: it would ask a remote for each file.
  const tool = startTool({
    command: 'git',
    args: ['-c', `safe.directory=${workspace}`, 'archive', '--format=tar', commit],
    cwd: workspace,
    environment: { GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
    deadlineMs: 60_000,
    signal,
  });
  let any = false;
  try {
    for await (const chunk of tool.child.stdout ?? []) {
      any = true;
      yield chunk as Uint8Array;
    }
    const { exitCode } = await tool.finished;
    if (any && exitCode !== 0) throw new BadArchive('git could not read all of it out of the checkout');
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
  } finally {
    await tool.stop();
  }
}

function unpack(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip();
  // What goes wrong reaches whoever reads the unpacked bytes.
  pipeline(packed, gunzip, () => {});
  return gunzip;
}
