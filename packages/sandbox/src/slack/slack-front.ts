import { type Answer, asRecord, type Handler, jsonAnswer, type SandboxRequest } from '../http/answer.ts';
import { forward } from '../http/forward.ts';
import { refuseBlocks } from './slack-limits.ts';

export interface SlackFrontOptions {
  /** Port of the `slack` service of the emulate package. */
  innerPort: number;
  token: string;
  /** Path of the one incoming webhook. */
  webhookPath: string;
}

/** A text that chat.update refuses; chat.postMessage cuts its text instead. */
const longestUpdate = 40_000;

/**
 * Slack with what emulate 0.12 leaves out: unknown tokens and webhooks are refused, and the limits of blocks hold.
 * As at Slack, a refusal is HTTP 200 with `ok: false`; for webhooks it is plain text with a status of its own.
 */
export function createSlackFront(options: SlackFrontOptions): Handler {
  return (request) => {
    if (request.path.startsWith('/services/')) return webhook(options, request);
    if (!request.path.startsWith('/api/')) return jsonAnswer(404, { ok: false, error: 'unknown_method' });
    const body = bodyOf(request);
    const given = tokenOf(request, body);
    if (given === undefined) return refused('not_authed');
    if (given !== options.token) return refused('invalid_auth');
    if (body === undefined) return refused('invalid_json');
    const error = refuseBlocks(blocksOf(body.blocks));
    if (error) return refused(error);
    if (request.path.endsWith('/chat.update') && String(body.text ?? '').length > longestUpdate) {
      return refused('msg_too_long');
    }
    return forward(options.innerPort, request);
  };
}

function webhook(options: SlackFrontOptions, request: SandboxRequest): Answer | Promise<Answer> {
  if (request.path !== options.webhookPath) return plain(404, 'no_service');
  const body = bodyOf(request);
  if (body === undefined) return plain(400, 'invalid_payload');
  const error = refuseBlocks(body.blocks);
  return error ? plain(400, error) : forward(options.innerPort, request);
}

/** JSON, or the form that @slack/web-api sends, whose blocks are JSON inside. */
function bodyOf(request: SandboxRequest): Record<string, unknown> | undefined {
  const text = request.body.toString('utf8');
  if (!String(request.headers['content-type'] ?? '').includes('json')) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function blocksOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function tokenOf(request: SandboxRequest, body: Record<string, unknown> | undefined): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  return bearer ?? (typeof body?.token === 'string' ? body.token : undefined);
}

function refused(error: string): Answer {
  return jsonAnswer(200, { ok: false, error });
}

function plain(status: number, text: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text };
}
