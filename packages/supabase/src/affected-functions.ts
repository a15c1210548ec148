import type { FunctionSource } from './function-types.ts';
import { SupabaseError } from './supabase-error.ts';

/**
 * The functions that read a secret, of those given: one of their files names it, e.g. `Deno.env.get('STRIPE_KEY')` (EDG-09). A name
 * that is put together at run time is not seen. Pure. @throws SupabaseError `secret_not_used` with every secret that none names.
 */
export function affectedFunctions(sources: readonly FunctionSource[], secrets: readonly string[]): FunctionSource[] {
  const named = (source: FunctionSource, secret: string): boolean =>
    source.files.some(({ content }) => new RegExp(`\\b${secret}\\b`).test(Buffer.from(content).toString('utf8')));
  const unused = secrets.filter((secret) => !sources.some((source) => named(source, secret)));
  if (unused.length > 0) {
    throw new SupabaseError(
      'secret_not_used',
      `${unused.join(', ')}: no file of a function names it. Name the functions with names and again: true instead.`,
    );
  }
  return sources.filter((source) => secrets.some((secret) => named(source, secret)));
}
