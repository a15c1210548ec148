import type { z } from 'zod';
import { createHttpClient, type HttpRequest } from '#http/client';
import type { SupabaseConnection } from './edge-functions.ts';
import { SupabaseError, toSupabaseError } from './supabase-error.ts';

/**
 * The Management API about projects; paths are relative to /v1/projects. `what` begins the message of a failure, `rights` are those
 * that it names where they are lacking. Each throws SupabaseError, or the abort reason.
 */
export interface ManagementApi {
  /** Reads the answer. */
  call<T>(schema: z.ZodType<T>, request: HttpRequest, what: string, rights?: string): Promise<T>;
  /** For requests that are answered with nothing. */
  send(request: HttpRequest, what: string): Promise<void>;
}

export function openManagementApi(connection: SupabaseConnection): ManagementApi {
  const { apiUrl, token, signal, log, clock } = connection;
  const client = createHttpClient({
    baseUrl: `${apiUrl}/v1/projects`,
    headers: { authorization: `Bearer ${token}` },
    ...(signal === undefined ? {} : { signal }),
    ...(log === undefined ? {} : { log }),
    ...(clock === undefined ? {} : { clock }),
  });
  return {
    async call(schema, request, what, rights) {
      try {
        const parsed = schema.safeParse((await client.request(request)).json());
        if (parsed.success) return parsed.data;
        // Never the value: an answer may carry a password.
        const place = parsed.error.issues[0]?.path.join('.') ?? '';
        throw new SupabaseError('supabase_bad_answer', `${what}: the answer is not understood at ${place}`);
      } catch (error) {
        throw toSupabaseError(error, what, rights, token);
      }
    },
    async send(request, what) {
      try {
        await client.request(request);
      } catch (error) {
        throw toSupabaseError(error, what, undefined, token);
      }
    },
  };
}
