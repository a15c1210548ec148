import { z } from 'zod';
import { createHttpClient } from '#http/client';
import type { SupabaseConnection } from './edge-functions.ts';
import { SupabaseError, toSupabaseError } from './supabase-error.ts';

/** A secret of the edge functions: the Management API gives its digest where the value would be, and never the value. */
export interface SecretName {
  name: string;
  /** Hex SHA-256 of the value, by Supabase. */
  digest: string;
}

// GET /v1/projects/{ref}/secrets; `supabase secrets list` shows `value` as DIGEST.
const secretsAnswer = z.array(z.looseObject({ name: z.string(), value: z.string() }));

/** @throws SupabaseError, or the abort reason. */
export async function listSecretNames(connection: SupabaseConnection): Promise<SecretName[]> {
  const { apiUrl, project, token, signal, log, clock } = connection;
  const what = `Listing the names of the secrets of ${project}`;
  const client = createHttpClient({
    baseUrl: `${apiUrl}/v1/projects/${encodeURIComponent(project)}`,
    headers: { authorization: `Bearer ${token}` },
    ...{ signal, log, clock },
  });
  let json: unknown;
  try {
    json = (await client.request({ path: 'secrets' })).json();
  } catch (error) {
    throw toSupabaseError(error, what, undefined, token);
  }
  const parsed = secretsAnswer.safeParse(json);
  if (!parsed.success)
    throw new SupabaseError('supabase_bad_answer', `${what}: Supabase's answer is not what its documentation says.`);
  return parsed.data
    .map(({ name, value }) => ({ name, digest: value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
