import { otherCredential } from '#http/credential-kind';
import { HttpError } from '#http/http-error';
import { cleanText } from '#http/text';

/** What Vercel refused or could not do; `reasonCode` is stable, `message` says what is wrong and what to do. */
export class VercelError extends Error {
  override readonly name = 'VercelError';
  readonly reasonCode: string;
  readonly status?: number;
  /** Vercel's own error code, e.g. `forbidden`. */
  readonly code?: string;
  readonly retryAfterMs?: number;

  constructor(
    reasonCode: string,
    message: string,
    more: {
      status?: number | undefined;
      code?: string | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.reasonCode = reasonCode;
    if (more.status !== undefined) this.status = more.status;
    if (more.code !== undefined) this.code = more.code;
    if (more.retryAfterMs !== undefined) this.retryAfterMs = more.retryAfterMs;
  }
}

/**
 * The same failure in our words; anything that is not an HttpError (an abort reason, our bug) is returned as it is. `token`: what was
 * sent, so that a refusal can say where it is no access token at all (wrong_credential); nothing of it is told.
 */
export function toVercelError(error: unknown, what: string, token = ''): unknown {
  if (!(error instanceof HttpError)) return error;
  if (error.kind === 'aborted') return error.cause ?? error;
  const { status, retryAfterMs } = error;
  const { code, message, invalidToken } = readErrorBody(error.body);
  const said = message ? ` Vercel says: "${message}".` : '';
  const other = status === 401 || status === 403 ? otherCredential('vercel', token) : undefined;
  if (other !== undefined) {
    const why = `vercel-token is no access token; it is ${other}. ${NEW_TOKEN}`;
    return new VercelError('wrong_credential', `${what}: ${why}`, { status, code, cause: error });
  }
  const { reasonCode, text } = describe(error, status, code, `${code ?? ''} ${message ?? ''}`, invalidToken);
  return new VercelError(reasonCode, `${what}: ${text}${said}`, { status, code, retryAfterMs, cause: error });
}

/** Vercel's error shape is `{error: {code, message}}` (facts §2); anything else gives nothing. */
function readErrorBody(body: string | undefined): { code?: string; message?: string; invalidToken: boolean } {
  try {
    const { error } = JSON.parse(body ?? '') as {
      error?: { code?: unknown; message?: unknown; invalidToken?: unknown };
    };
    return {
      ...(typeof error?.code === 'string' && { code: cleanText(error.code, 80) }),
      ...(typeof error?.message === 'string' && { message: cleanText(error.message, 300) }),
      invalidToken: error?.invalidToken === true,
    };
  } catch {
    return { invalidToken: false };
  }
}

const NEW_TOKEN = 'Create a token at https://vercel.com/account/tokens and store it as the secret VERCEL_TOKEN.';

function describe(
  error: HttpError,
  status: number | undefined,
  code: string | undefined,
  said: string,
  invalidToken: boolean,
): { reasonCode: string; text: string } {
  // Such an answer has a status, too: 200 is no refusal.
  if (error.kind === 'invalid-json' || error.kind === 'too-large') {
    return {
      reasonCode: 'vercel_bad_answer',
      text: `${error.message}. Is the address of the Vercel API right? Then run this again.`,
    };
  }
  switch (status) {
    case undefined:
      return {
        reasonCode: 'vercel_unreachable',
        text: `Vercel does not answer (${error.message}). See https://www.vercel-status.com, then run this again.`,
      };
    case 401:
      return {
        reasonCode: 'vercel_token_rejected',
        text: `the Vercel token is not valid or has expired. ${NEW_TOKEN}`,
      };
    case 402:
      return { reasonCode: 'vercel_plan', text: "the team's Vercel plan does not include this." };
    case 403:
      if (invalidToken || /token.*(expired|invalid)|(expired|invalid).*token/i.test(said)) {
        return {
          reasonCode: 'vercel_token_rejected',
          text: `the Vercel token is not valid or has expired. ${NEW_TOKEN}`,
        };
      }
      if (/scope|team/i.test(said)) {
        return {
          reasonCode: 'wrong_team',
          text: 'the token has no access to this team. Give the token the right scope, or correct vercel-team.',
        };
      }
      return {
        reasonCode: 'vercel_token_rejected',
        text: 'the Vercel token is valid but may not do this. Use a token of a member whose role allows deployments, with the scope of this team.',
      };
    case 404:
      return { reasonCode: 'vercel_not_found', text: 'Vercel does not know it.' };
    case 429:
      return {
        reasonCode: 'vercel_rate_limited',
        text: `Vercel's rate limit is reached${code ? ` (${code})` : ''}. Wait, then run again.`,
      };
    default:
      if (status >= 500) {
        return {
          reasonCode: 'vercel_unreachable',
          text: `Vercel answered ${status}. See https://www.vercel-status.com, then run this again.`,
        };
      }
      return { reasonCode: 'vercel_refused', text: `Vercel refused it with ${status}${code ? ` (${code})` : ''}.` };
  }
}
