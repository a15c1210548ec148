import { createHttpClient, type HttpClient, type HttpClientOptions } from '#http/client';
import { HttpError } from '#http/http-error';
import { GitHubError, toGitHubError } from './github-error.ts';

/**
 * Follows GitHub's one redirect to where it keeps archives; that host gets no token of ours, for the address carries its own
 * (https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar).
 * @throws GitHubError, also from the pieces.
 */
export async function readSourceArchive(
  client: HttpClient,
  options: Pick<HttpClientOptions, 'deadlineMs' | 'attempts' | 'log'>,
  path: string,
  sha: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const what = `read the files of commit ${sha.slice(0, 7)}`;
  return named(what, signal, async () => {
    const { headers } = await client.request({ path, accept: [302], signal });
    const place = addressOf(headers.get('location'));
    if (place === undefined)
      throw new GitHubError('github_refused', `GitHub refused to ${what}: it named no place for them`);
    const store = createHttpClient({ ...options, baseUrl: place.origin });
    const { chunks } = await store.stream({ path: place.href, signal });
    return piecesOf(chunks, what, signal);
  });
}

/** Only https, or this machine; anything else is none of GitHub's. */
function addressOf(location: string | null): URL | undefined {
  if (location === null || !URL.canParse(location)) return undefined;
  const url = new URL(location);
  const local = url.protocol === 'http:' && /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || local ? url : undefined;
}

async function* piecesOf(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const pieces = chunks[Symbol.asyncIterator]();
  for (;;) {
    const piece = await named(what, signal, () => pieces.next());
    if (piece.done === true) return;
    yield piece.value;
  }
}

async function named<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.kind !== 'aborted') throw toGitHubError(error, what, 'contents: read');
    if ((signal.reason as Error | undefined)?.name !== 'TimeoutError') throw error;
    throw new GitHubError('github_unreachable', `GitHub could not ${what} in time`, error);
  }
}
