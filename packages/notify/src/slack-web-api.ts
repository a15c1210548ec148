import { createHttpClient } from '#http/client';
import { HttpError } from '#http/http-error';
import { cleanText } from '#http/text';

/** What Slack said, or why nothing can be said about it. */
export type SlackAnswer = { ok: true; body: Record<string, unknown> } | SlackFailure;

/** A call that did nothing, as far as we know; `message` says what to do. */
export interface SlackFailure {
  ok: false;
  reasonCode: string;
  message: string;
}

export interface SlackConnection {
  signal?: AbortSignal | undefined;
  log?: ((line: string) => void) | undefined;
}

// A message is worth seconds, not minutes: no step waits longer for Slack than this, retries and Retry-After included.
const perAttemptMs = 5_000;
const budgetMs = 10_000;

/** One call of the Web API; `repeat: 'always'` only for calls that may happen twice. Never throws. */
export type SlackCall = (method: string, body: object, repeat: 'always' | 'if-refused') => Promise<SlackAnswer>;

/** Calls the Web API with a bot token. */
export function webApi(apiUrl: string, token: string, { signal, log }: SlackConnection): SlackCall {
  const client = createHttpClient({
    baseUrl: apiUrl,
    headers: { authorization: `Bearer ${token}` },
    deadlineMs: perAttemptMs,
    budgetMs,
    signal,
    log,
  });
  return async (method, body, repeat) => {
    // Methods that read take forms only; methods that write take JSON, which keeps blocks readable in a log.
    const reads = method === 'conversations.history';
    const content = reads
      ? new URLSearchParams(
          Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]),
        ).toString()
      : JSON.stringify(body);
    const type = reads ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8';
    try {
      const answer = await client.request({
        method: 'POST',
        path: method,
        body: content,
        headers: { 'content-type': type },
        repeat,
      });
      const said = answer.json<Record<string, unknown>>();
      // HTTP 200 with ok:false is an error (trap 45).
      return said?.ok === true ? { ok: true, body: said } : refused(said?.error);
    } catch (error) {
      return failed(error);
    }
  };
}

/** Posts to an incoming webhook, whose address is a secret. Never throws. */
export function webhook(address: string, { signal, log }: SlackConnection) {
  const url = URL.parse(address);
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
    return async (): Promise<SlackAnswer> => refused('invalid_webhook');
  }
  const client = createHttpClient({
    baseUrl: url.origin,
    deadlineMs: perAttemptMs,
    budgetMs,
    secrets: [address, url.pathname],
    signal,
    log,
  });
  return async (body: object): Promise<SlackAnswer> => {
    try {
      await client.request({ method: 'POST', path: address, json: body });
      return { ok: true, body: {} };
    } catch (error) {
      return failed(error);
    }
  };
}

const advice: Record<string, string> = {
  no_channel: 'no channel was given: set slack.channel in .github/ops.yml or the channel input to its id (C…)',
  channel_not_found: 'the channel was not found: give its id (C…), not its name, and invite the bot to it',
  not_in_channel: 'the bot is not in the channel: invite it with /invite',
  is_archived: 'the channel is archived: name another one',
  channel_is_archived: 'the channel is archived: name another one',
  invalid_auth: 'the bot token is not valid: store the one of the installed app (xoxb-…) again',
  not_authed: 'the bot token is missing',
  token_revoked: 'the bot token was revoked: install the app again and store its new token',
  token_expired: 'the bot token has expired: store a new one',
  account_inactive: 'the bot token belongs to a deleted app or user',
  missing_scope: 'the bot token lacks a scope: add chat:write to the app and install it again',
  message_not_found: 'the message to update is gone',
  cant_update_message: 'the message to update was posted by somebody else',
  edit_window_closed: 'the workspace does not allow editing a message of this age',
  restricted_action: 'the workspace does not let this app post there',
  ratelimited: 'Slack asks to wait longer than a release waits for a message',
  no_service: 'the webhook was removed: create a new one and store its address',
  no_team: 'the webhook belongs to a workspace that is gone',
  invalid_token: 'the webhook is not valid: create a new one and store its address',
  action_prohibited: 'the workspace does not let this webhook post',
  invalid_webhook: 'the webhook is not an https address: copy it from the settings of the Slack app',
};

/** A refusal by its code, with what to do about it. */
export function refused(code: unknown): SlackFailure {
  const reasonCode = typeof code === 'string' && /^[a-z0-9_]{1,60}$/.test(code) ? code : 'unknown_error';
  return { ok: false, reasonCode, message: advice[reasonCode] ?? `Slack answered ${reasonCode}` };
}

function failed(error: unknown): SlackFailure {
  if (!(error instanceof HttpError)) {
    return { ok: false, reasonCode: 'unexpected_error', message: cleanText(String(error), 200) };
  }
  // A webhook's refusals are plain text, e.g. `channel_is_archived` (slack-and-paging.md §1).
  const said = error.body?.trim() ?? '';
  if (error.kind === 'status' && Object.hasOwn(advice, said)) return refused(said);
  if (error.status === 429) return { ...refused('ratelimited'), reasonCode: 'rate_limited' };
  const shown = said === '' ? '' : ` (Slack says: ${cleanText(said, 100)})`;
  if (error.kind === 'status') {
    return { ok: false, reasonCode: `http_${error.status}`, message: `Slack answered HTTP ${error.status}${shown}` };
  }
  const what: Record<string, string> = {
    timeout: 'Slack did not answer in time',
    connection: 'Slack could not be reached',
    aborted: 'the run ended before Slack answered',
    'invalid-json': 'what answered does not speak Slack: check slack-api-url',
    'too-large': 'what answered does not speak Slack: check slack-api-url',
  };
  const maybe = error.maybeSent && error.kind !== 'aborted' ? '; the message may have arrived all the same' : '';
  return {
    ok: false,
    reasonCode: error.kind.replaceAll('-', '_'),
    message: `${what[error.kind] ?? error.kind}${maybe}`,
  };
}
