import { z } from 'zod';

/** What we use of GitHub's answers (REST, 2022-11-28); unknown fields are ignored, missing ones are an error by name. */
const time = z.string().transform((text) => Date.parse(text));

export const deploymentAnswer = z
  .object({
    id: z.number(),
    ref: z.string(),
    sha: z.string(),
    task: z.string(),
    environment: z.string(),
    /** An object, or a string where the creator sent one. */
    payload: z.unknown(),
    description: z.string().nullish(),
    created_at: time,
    creator: z.object({ login: z.string() }).nullish(),
  })
  .transform(({ created_at, creator, description, ...rest }) => ({
    ...rest,
    payload: rest.payload,
    description: description ?? '',
    createdAt: created_at,
    ...(creator == null ? {} : { creator: creator.login }),
  }));

export const statusAnswer = z
  .object({ id: z.number(), state: z.string(), description: z.string().nullish(), created_at: time })
  .transform(({ id, state, description, created_at }) => ({
    id,
    state,
    description: description ?? '',
    createdAt: created_at,
  }));

const commitAnswerShape = z.object({
  sha: z.string(),
  commit: z.object({
    message: z.string(),
    tree: z.object({ sha: z.string() }).optional(),
    author: z.object({ name: z.string() }).nullish(),
  }),
  author: z.object({ login: z.string() }).nullish(),
});

export const commitAnswer = commitAnswerShape.transform((answer) => ({
  sha: answer.sha,
  treeSha: answer.commit.tree?.sha ?? '',
  message: answer.commit.message,
  author: answer.author?.login ?? answer.commit.author?.name ?? '',
}));

export const compareAnswer = z
  .object({
    status: z.enum(['ahead', 'behind', 'identical', 'diverged']),
    ahead_by: z.number(),
    behind_by: z.number(),
    commits: z.array(commitAnswerShape).default([]),
  })
  .transform(({ status, ahead_by, behind_by, commits }) => ({
    status,
    aheadBy: ahead_by,
    behindBy: behind_by,
    commits: commits.map((one) => commitAnswer.parse(one)),
  }));

export const issueAnswer = z
  .object({
    number: z.number(),
    title: z.string(),
    state: z.string(),
    body: z.string().nullish(),
    html_url: z.string(),
    pull_request: z.unknown().optional(),
    user: z.object({ type: z.string().nullish() }).nullish(),
  })
  .transform(({ number, title, state, body, html_url, pull_request, user }) => ({
    number,
    title,
    state,
    body: body ?? '',
    url: html_url,
    isPullRequest: pull_request !== undefined,
    /** Opened by an app, as a job's token is one. */
    byApp: user?.type === 'Bot',
  }));

export const checkRunsAnswer = z
  .object({
    check_runs: z.array(
      z.object({
        name: z.string(),
        status: z.string(),
        conclusion: z.string().nullish(),
        details_url: z.string().nullish(),
      }),
    ),
  })
  .transform(({ check_runs }) =>
    check_runs.map(({ name, status, conclusion, details_url }) => ({
      name,
      /** GitHub's conclusion, or `queued`, `in_progress` … while there is none. */
      state: conclusion ?? status,
      url: details_url ?? '',
    })),
  );

/** The newest status of each context of a commit. */
export const combinedStatusAnswer = z
  .object({
    statuses: z.array(z.object({ context: z.string(), state: z.string(), target_url: z.string().nullish() })),
  })
  .transform(({ statuses }) =>
    statuses.map(({ context, state, target_url }) => ({ name: context, state, url: target_url ?? '' })),
  );

export const pullRequestAnswer = z
  .object({
    number: z.number(),
    merged_at: z.string().nullish(),
    user: z.object({ login: z.string() }).nullish(),
    head: z.object({ sha: z.string() }),
    base: z.object({ ref: z.string() }),
  })
  .transform(({ number, merged_at, user, head, base }) => ({
    number,
    isMerged: merged_at != null,
    author: user?.login ?? '',
    headSha: head.sha,
    /** Branch that it was merged into. */
    base: base.ref,
  }));

export const reviewAnswer = z
  .object({
    user: z.object({ login: z.string() }).nullish(),
    state: z.string(),
    commit_id: z.string().nullish(),
    author_association: z.string(),
  })
  .transform(({ user, state, commit_id, author_association }) => ({
    user: user?.login ?? '',
    state,
    commitSha: commit_id ?? '',
    association: author_association,
  }));

export const artifactsAnswer = z.object({
  artifacts: z.array(
    z
      .object({
        id: z.number(),
        name: z.string(),
        size_in_bytes: z.number(),
        expired: z.boolean(),
        expires_at: time.nullish(),
        workflow_run: z.object({ id: z.number() }).nullish(),
      })
      .transform(({ id, name, size_in_bytes, expired, expires_at, workflow_run }) => ({
        id,
        name,
        bytes: size_in_bytes,
        expired,
        ...(expires_at == null ? {} : { expiresAt: expires_at }),
        ...(workflow_run == null ? {} : { runId: workflow_run.id }),
      })),
  ),
});

/** An environment's protection rules, and whoever its required reviewers are. */
export const environmentAnswer = z
  .object({
    name: z.string(),
    protection_rules: z.array(z.object({ type: z.string(), reviewers: z.array(z.unknown()).nullish() })).nullish(),
  })
  .transform(({ name, protection_rules }) => ({
    name,
    /** People and teams of whom one must approve a job of this environment; 0: nobody is asked. */
    reviewers: (protection_rules ?? [])
      .filter(({ type }) => type === 'required_reviewers')
      .reduce((sum, { reviewers }) => sum + (reviewers?.length ?? 0), 0),
  }));

/** The review history of a run: what its reviewers said about jobs that waited for them. */
export const runApprovalsAnswer = z.array(
  z
    .object({
      state: z.string(),
      comment: z.string().nullish(),
      user: z.object({ login: z.string() }).nullish(),
      environments: z.array(z.object({ name: z.string() })).nullish(),
    })
    .transform(({ state, comment, user, environments }) => ({
      /** `approved`, `rejected` or `pending`. */
      state,
      comment: comment ?? '',
      user: user?.login ?? '',
      environments: (environments ?? []).map(({ name }) => name),
    })),
);
