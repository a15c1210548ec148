import { type Answer, jsonAnswer } from '../http/answer.ts';

/** A request that GitHub refuses, in its shape `{message, documentation_url}`. */
export class GitHubRefusal extends Error {
  readonly status: number;
  readonly errors: unknown[] | undefined;

  constructor(status: number, message: string, errors?: unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  answer(): Answer {
    return jsonAnswer(this.status, {
      message: this.message,
      ...(this.errors && { errors: this.errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    });
  }
}

/** 422 with one field's problem. */
export function invalid(resource: string, field: string, message: string): GitHubRefusal {
  return new GitHubRefusal(422, 'Validation Failed', [{ resource, field, code: 'custom', message }]);
}
