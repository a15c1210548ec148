import { createHttpClient } from '#http/client';
import type { Clock } from '#http/clock';
import { HttpError } from '#http/http-error';
import type { EdgeFunctions } from './edge-functions.ts';

export interface VerifyContext {
  functions: Pick<EdgeFunctions, 'get'>;
  /** Where the project answers, without a trailing slash. */
  projectUrl: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** How long a new version may take to answer, in milliseconds; default 30 s. */
  patienceMs?: number;
}

/** The function does not stand, or does not answer. */
export interface VerifyComplaint {
  reasonCode:
    | 'function_version'
    | 'function_throttled'
    | 'function_silent'
    | 'function_boot_error'
    | 'function_limit'
    | 'function_unhealthy';
  message: string;
}

const pollMs = 1_000;

/**
 * Proves one deployed function by its version and by a request: OPTIONS starts it without a side effect and passes without a
 * JWT. Any answer of the function itself will do; not found (404), boot error (503), resource limit (546) and other 5xx are not.
 */
export async function verifyFunction(
  slug: string,
  version: number,
  context: VerifyContext,
): Promise<VerifyComplaint | undefined> {
  const live = await context.functions.get(slug);
  if (live === undefined || live.version !== version) {
    const message = `${slug} has version ${live?.version ?? 'none'}, not ${version}: somebody else deploys it, or the deploy did not take`;
    return { reasonCode: 'function_version', message };
  }
  if (live.status !== 'ACTIVE') {
    const message = `${slug} is ${live.status}, not ACTIVE: see the limits of the project in the Supabase dashboard`;
    return { reasonCode: 'function_throttled', message };
  }
  const endsAt = context.clock.now() + (context.patienceMs ?? 30_000);
  for (;;) {
    const complaint = await askFunction(slug, context);
    if (complaint === undefined || context.clock.now() + pollMs > endsAt) return complaint;
    await context.clock.sleep(pollMs, context.signal);
  }
}

async function askFunction(slug: string, context: VerifyContext): Promise<VerifyComplaint | undefined> {
  // No token goes along: this address is the public one.
  const client = createHttpClient({ baseUrl: context.projectUrl, attempts: 1, signal: context.signal });
  try {
    const path = `functions/v1/${encodeURIComponent(slug)}`;
    const { status } = await client.request({ method: 'OPTIONS', path, accept: 'any' });
    return complaintOf(slug, status);
  } catch (error) {
    if (!(error instanceof HttpError) || error.kind === 'aborted') throw error;
    return { reasonCode: 'function_silent', message: `${slug} does not answer: ${error.message}` };
  }
}

function complaintOf(slug: string, status: number): VerifyComplaint | undefined {
  if (status === 404) return { reasonCode: 'function_silent', message: `${slug} is not found at its address (404)` };
  if (status === 503) {
    const message = `${slug} does not start (503, boot error): see its logs in the Supabase dashboard`;
    return { reasonCode: 'function_boot_error', message };
  }
  if (status === 546) {
    return { reasonCode: 'function_limit', message: `${slug} runs into a limit of memory or time (546)` };
  }
  if (status >= 500) return { reasonCode: 'function_silent', message: `${slug} answers ${status}` };
  return undefined;
}
