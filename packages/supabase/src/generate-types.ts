import { z } from 'zod';
import { createHttpClient } from '#http/client';
import type { SupabaseConnection } from './edge-functions.ts';
import { SupabaseError, toSupabaseError } from './supabase-error.ts';

// Management API, reference "Generate TypeScript types": GET /v1/projects/{ref}/types/typescript?included_schemas=a,b answers {types};
// a fine-grained token needs database_read. The Supabase CLI prints the same for --linked and --project-id.
const typesAnswer = z.object({ types: z.string().min(1) });

/** TypeScript types of these schemas, made by the platform from the live database. @throws SupabaseError, or the abort reason. */
export async function generateTypes(connection: SupabaseConnection, schemas: readonly string[]): Promise<string> {
  const { apiUrl, token, project, signal, log, clock } = connection;
  const client = createHttpClient({
    baseUrl: `${apiUrl}/v1/projects/${encodeURIComponent(project)}`,
    headers: { authorization: `Bearer ${token}` },
    // Reading a schema of thousands of tables takes the platform a while.
    deadlineMs: 60_000,
    ...(signal === undefined ? {} : { signal }),
    ...(log === undefined ? {} : { log }),
    ...(clock === undefined ? {} : { clock }),
  });
  const what = `Generating the types of project ${project}`;
  try {
    const request = { path: 'types/typescript', query: { included_schemas: schemas.join(',') } };
    const parsed = typesAnswer.safeParse((await client.request(request)).json());
    if (parsed.success) return parsed.data.types;
    throw new SupabaseError('supabase_bad_answer', `${what}: the answer has no types`);
  } catch (error) {
    throw toSupabaseError(error, what, 'database_read', token);
  }
}
