import { createHttpClient } from '#http/client';

export interface ReferenceReader {
  /** Of GitHub's API. */
  apiUrl: string;
  /** Without one only public repositories can be read. */
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Reads `owner/repository/path@<40-hex>`, as `extends:` names it, through GitHub's API.
 * @throws Error that says what to do where the file is not there or the token may not see it; HttpError.
 */
export async function readReference(
  { apiUrl, token, signal }: ReferenceReader,
  reference: string,
): Promise<{ file: string; text: string }> {
  const [, repository = '', path = '', ref = ''] = /^([^/]+\/[^/]+)\/(.+)@([0-9a-f]{40})$/.exec(reference) ?? [];
  const client = createHttpClient({
    baseUrl: apiUrl,
    headers: {
      accept: 'application/vnd.github.raw+json',
      'user-agent': 'ops-actions',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const place = path.split('/').map(encodeURIComponent).join('/');
  const answer = await client.request({
    path: `/repos/${repository}/contents/${place}`,
    query: { ref },
    accept: [404],
  });
  if (answer.status === 404) {
    const who = token ? 'the token of this job may not read it' : 'it is private and no github-token is given';
    throw new Error(`it is not there, or ${who}`);
  }
  return { file: reference, text: answer.text };
}
