import { createHttpClient, type HttpRequest } from '#http/client';
import type { Clock } from '#http/clock';
import { type CredentialOwner, otherCredential } from '#http/credential-kind';
import { HttpError } from '#http/http-error';
import { SourceError } from '../source.ts';

/** How a vendor's API is reached; `check` names the settings that a person looks at when it refuses. */
export interface ServiceOptions {
  baseUrl: string;
  headers: Record<string, string>;
  check: string;
  /** What is sent and whose it must be, so that a refusal can say what it is instead. */
  credential?: Credential | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** A credential by the input that it comes from; nothing of the value is ever told. */
export interface Credential {
  input: string;
  of: CredentialOwner;
  value: string;
}

/** One question to a vendor's API. */
export interface Service {
  /** The parsed answer. Throws SourceError with a reason that tells causes apart; the caller's abort passes through. */
  ask(request: HttpRequest): Promise<unknown>;
}

// A question is worth less than the interval it belongs to: no longer than this, waits included.
const BUDGET_MS = 15_000;

/** A client for questions that change nothing, so that a POST may be repeated like a read. */
export function createService(options: ServiceOptions): Service {
  const { baseUrl, headers, check, credential, clock, signal } = options;
  const client = createHttpClient({
    baseUrl,
    headers,
    deadlineMs: 5_000,
    attempts: 3,
    budgetMs: BUDGET_MS,
    signal,
    clock,
  });
  return {
    async ask(request) {
      let text = '';
      try {
        const answer = await client.request({ repeat: 'always', ...request });
        text = answer.text;
        return answer.json();
      } catch (error) {
        throw toSourceError(error, check, text, credential);
      }
    },
  };
}

/** A failed request in the words of a source; what is not an HttpError, and an abort, pass through. */
export function toSourceError(error: unknown, check: string, text = '', credential?: Credential): unknown {
  if (!(error instanceof HttpError) || error.kind === 'aborted') return error;
  const reason = reasonOf(error, text);
  const other = reason === 'source_unauthorized' && credential ? wrongCredential(credential, error) : undefined;
  if (other) return other;
  const said = reason === 'query_refused' && error.body ? `: ${error.body.slice(0, 300)}` : '';
  return new SourceError(reason, `${error.message}${said}. Check ${check}.`, error);
}

/** A refusal that the shape of what was sent explains; undefined where it explains nothing. */
export function wrongCredential({ input, of, value }: Credential, cause?: unknown): SourceError | undefined {
  const is = otherCredential(of, value);
  return is === undefined
    ? undefined
    : new SourceError('wrong_credential', `${input} does not fit: it is ${is}`, cause);
}

function reasonOf(error: HttpError, text: string): string {
  const { kind, status = 0 } = error;
  if (kind === 'timeout') return 'source_timeout';
  // A page where JSON belongs is a login wall or another server.
  if (kind === 'invalid-json') return text.trimStart().startsWith('<') ? 'wrong_address' : 'source_bad_answer';
  if (kind !== 'status') return 'source_unavailable';
  if (status === 401 || status === 403) return 'source_unauthorized';
  if (status === 402) return 'plan_missing';
  if (status === 429) return 'source_rate_limited';
  if (status === 400 || status === 422) return 'query_refused';
  return status >= 300 && status < 500 ? 'wrong_address' : 'source_unavailable';
}
