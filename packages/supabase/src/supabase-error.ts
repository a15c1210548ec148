import { otherCredential } from '#http/credential-kind';
import { HttpError } from '#http/http-error';
import { cleanText } from '#http/text';

/** What Supabase refused or could not do; `reasonCode` is stable, `message` says what is wrong and what to do. */
export class SupabaseError extends Error {
  override readonly name = 'SupabaseError';
  readonly reasonCode: string;
  readonly status: number | undefined;

  constructor(reasonCode: string, message: string, more: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.reasonCode = reasonCode;
    this.status = more.status;
  }
}

const functionRights = 'edge_functions_read and edge_functions_write';

/**
 * The same failure in our words; anything that is not an HttpError (an abort reason, our bug) is returned as it is. `rights`: what
 * a token needs for it. `token`: what was sent, so that a refusal can say where it is no access token at all (wrong_credential).
 */
export function toSupabaseError(error: unknown, what: string, rights = functionRights, token = ''): unknown {
  if (!(error instanceof HttpError)) return error;
  if (error.kind === 'aborted') return error.cause ?? error;
  const { status } = error;
  const other = status === 401 || status === 403 ? otherCredential('supabase', token) : undefined;
  if (other !== undefined) {
    const why = `supabase-access-token is not that of an account; it is ${other}. ${newToken}`;
    return new SupabaseError('wrong_credential', `${what}: ${why}`, { status, cause: error });
  }
  const message = messageIn(error.body);
  const said = message === undefined ? '' : ` Supabase says: "${message}".`;
  const { reasonCode, text } = describe(error, rights);
  return new SupabaseError(reasonCode, `${what}: ${text}${said}`, { status, cause: error });
}

/** The Management API's error shape is `{message}`; anything else gives nothing. */
function messageIn(body: string | undefined): string | undefined {
  try {
    const { message } = JSON.parse(body ?? '') as { message?: unknown };
    return typeof message === 'string' && message !== '' ? cleanText(message, 400) : undefined;
  } catch {
    return undefined;
  }
}

const newToken =
  'Create one at https://supabase.com/dashboard/account/tokens and store it as the secret SUPABASE_ACCESS_TOKEN.';

function describe(error: HttpError, rights: string): { reasonCode: string; text: string } {
  // Such an answer has a status, too: 200 is no refusal.
  if (error.kind === 'invalid-json' || error.kind === 'too-large') {
    return { reasonCode: 'supabase_bad_answer', text: `${error.message}. Is the address of the Supabase API right?` };
  }
  const { status } = error;
  switch (status) {
    case undefined:
      return {
        reasonCode: 'supabase_unreachable',
        text: `Supabase does not answer (${error.message}). See https://status.supabase.com.`,
      };
    case 401:
      return {
        reasonCode: 'supabase_token_rejected',
        text: `the Supabase access token is not valid or has expired. ${newToken}`,
      };
    case 402:
      return { reasonCode: 'supabase_plan', text: "the organization's Supabase plan does not include this." };
    case 403:
      return {
        reasonCode: 'supabase_forbidden',
        text: `the access token may not do this. Use a token of a member of the organization, with ${rights}.`,
      };
    case 404:
      return { reasonCode: 'supabase_not_found', text: 'Supabase does not know it. Is supabase-project right?' };
    case 413:
      return { reasonCode: 'function_too_large', text: 'the function is larger than Supabase accepts.' };
    case 429:
      return {
        reasonCode: 'supabase_rate_limited',
        text: 'the rate limit of the Management API is reached (120 requests a minute). Wait, then run again.',
      };
    default:
      return status >= 500
        ? {
            reasonCode: 'supabase_unreachable',
            text: `Supabase answered ${status}. See https://status.supabase.com.`,
          }
        : { reasonCode: 'supabase_refused', text: `Supabase refused it with ${status}.` };
  }
}
