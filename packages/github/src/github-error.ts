import type { HttpError } from '#http/http-error';

export type GitHubReason =
  | 'github_unauthorized'
  | 'github_forbidden'
  | 'github_not_found'
  | 'github_rate_limited'
  | 'github_unreachable'
  | 'github_refused';

/** GitHub did not do what was asked; the message says what to do, e.g. which permission is missing. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly reasonCode: GitHubReason;
  readonly status?: number;
  /** False only when the request provably never reached GitHub. */
  readonly maybeSent: boolean;

  constructor(reasonCode: GitHubReason, message: string, cause?: HttpError) {
    super(message, cause === undefined ? {} : { cause });
    this.reasonCode = reasonCode;
    this.maybeSent = cause?.maybeSent ?? false;
    if (cause?.status !== undefined) this.status = cause.status;
  }
}

const runAgain = 'See https://www.githubstatus.com, then run this again';

/** Names the outcome of a failed request. `permission` is the one that the job needs for it. Pure. */
export function toGitHubError(error: HttpError, what: string, permission: string): GitHubError {
  const said = messageOf(error.body);
  const because = said === undefined ? '' : ` (GitHub says: ${said})`;
  const grant = `give the job \`permissions: { ${permission} }\``;
  if (error.kind !== 'status') {
    return new GitHubError('github_unreachable', `GitHub could not ${what}: ${error.message}. ${runAgain}`, error);
  }
  switch (error.status) {
    case 401:
      return new GitHubError(
        'github_unauthorized',
        `GitHub refused the token while it should ${what}: it is expired, revoked or not one of this server${because}`,
        error,
      );
    case 403:
    case 429:
      // A rate limit shows as 403 or 429 (github-actions.md §14).
      if (
        error.status === 429 ||
        error.headers?.get('x-ratelimit-remaining') === '0' ||
        error.retryAfterMs !== undefined
      ) {
        return new GitHubError(
          'github_rate_limited',
          `GitHub's rate limit stopped the attempt to ${what}${because}. Wait, then run this again`,
          error,
        );
      }
      return new GitHubError('github_forbidden', `the token may not ${what}${because}: ${grant}`, error);
    case 404:
      // GitHub answers 404 for what a token may not see.
      return new GitHubError(
        'github_not_found',
        `GitHub found nothing to ${what}${because}: check the repository's name, or ${grant}`,
        error,
      );
    default:
      if ((error.status ?? 0) >= 500)
        return new GitHubError(
          'github_unreachable',
          `GitHub could not ${what}: HTTP ${error.status}${because}. ${runAgain}`,
          error,
        );
      return new GitHubError('github_refused', `GitHub refused to ${what}: HTTP ${error.status}${because}`, error);
  }
}

function messageOf(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' && message !== '' ? message : undefined;
  } catch {
    return undefined;
  }
}
