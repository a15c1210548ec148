import { type Answer, jsonAnswer } from '../http/answer.ts';

/** A request that Vercel refuses, in its own error shape `{error: {code, message}}` (facts §2). */
export class VercelRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly more: Record<string, unknown>;

  constructor(status: number, code: string, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }

  answer(): Answer {
    return jsonAnswer(this.status, { error: { code: this.code, message: this.message, ...this.more } });
  }
}

/** 404 as for everything that does not exist or belongs to somebody else. */
export function notFound(what: string): VercelRefusal {
  return new VercelRefusal(404, 'not_found', `${what} not found`);
}
