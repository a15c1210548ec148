import { z } from 'zod';
import { cleanText } from '#http/text';
import type { VercelDeployment } from './vercel-types.ts';

const id = z.union([z.string(), z.number()]);

/** A deployment as GET /v13/deployments and the lists of /v7 give it (facts §2): only what we use, strict on that. */
export const deploymentAnswer = z.looseObject({
  id: z.string().optional(),
  uid: z.string().optional(),
  url: z.string().nullish(),
  readyState: z.string().optional(),
  state: z.string().optional(),
  readySubstate: z.string().nullish(),
  target: z.string().nullish(),
  customEnvironment: z.looseObject({ slug: z.string().optional() }).nullish(),
  projectId: z.string().optional(),
  project: z.looseObject({ id: z.string() }).nullish(),
  createdAt: z.number().optional(),
  created: z.number().optional(),
  deletedAt: z.number().nullish(),
  alias: z.array(z.string()).nullish(),
  aliasAssigned: z.union([z.number(), z.boolean()]).nullish(),
  aliasError: z
    .union([z.string(), z.looseObject({ code: z.string().optional(), message: z.string().optional() })])
    .nullish(),
  isRollbackCandidate: z.boolean().nullish(),
  meta: z.record(z.string(), z.unknown()).nullish(),
  gitSource: z
    .looseObject({
      type: z.string(),
      repoId: id.optional(),
      org: z.string().optional(),
      repo: z.string().optional(),
      sha: z.string().optional(),
      ref: z.string().nullish(),
      prId: z.number().nullish(),
      fork: z.boolean().optional(),
    })
    .nullish(),
  creator: z
    .looseObject({ uid: z.string().optional(), username: z.string().optional(), email: z.string().optional() })
    .nullish(),
  source: z.string().nullish(),
  env: z.array(z.string()).nullish(),
  crons: z.array(z.looseObject({ path: z.string(), schedule: z.string() })).nullish(),
  seatBlock: z.looseObject({ blockCode: z.string().optional() }).nullish(),
  errorCode: z.string().nullish(),
  errorMessage: z.string().nullish(),
  readyStateReason: z.string().nullish(),
  plan: z.string().nullish(),
});

/** Of one that was asked for: whatever a token may see of it, its id is there. */
export const oneDeploymentAnswer = deploymentAnswer.refine(({ id: own, uid }) => (own ?? uid) !== undefined, {
  path: ['id'],
  error: 'missing',
});

export type DeploymentAnswer = z.output<typeof deploymentAnswer>;

/** Vercel's deployment in our words; undefined when id or project are missing, which is what a foreign token sees. */
export function toDeployment(answer: DeploymentAnswer): VercelDeployment | undefined {
  const deploymentId = answer.id ?? answer.uid;
  const projectId = answer.projectId ?? answer.project?.id;
  if (!deploymentId || !projectId) return undefined;
  const gitSource = answer.gitSource ? toGitSource(answer.gitSource, answer.meta ?? {}) : undefined;
  const aliasError = answer.aliasError ? textOf(answer.aliasError) : undefined;
  const creator = answer.creator?.username ?? answer.creator?.email ?? answer.creator?.uid;
  const errorMessage = answer.errorMessage ?? answer.readyStateReason;
  return {
    id: deploymentId,
    url: answer.url ?? '',
    readyState: answer.deletedAt ? 'DELETED' : (answer.readyState ?? answer.state ?? 'UNKNOWN'),
    ...(answer.readySubstate && { readySubstate: answer.readySubstate }),
    target: answer.customEnvironment?.slug ?? answer.target ?? null,
    projectId,
    createdAt: answer.createdAt ?? answer.created ?? 0,
    aliases: answer.alias ?? [],
    ...(answer.aliasAssigned != null && { aliasAssigned: Boolean(answer.aliasAssigned) }),
    ...(aliasError && { aliasError: cleanText(aliasError, 300) }),
    ...(answer.isRollbackCandidate != null && { isRollbackCandidate: answer.isRollbackCandidate }),
    meta: Object.fromEntries(Object.entries(answer.meta ?? {}).map(([name, value]) => [name, String(value)])),
    ...(gitSource && { gitSource }),
    ...(creator && { creator: cleanText(creator, 100) }),
    ...(answer.source && { source: answer.source }),
    ...(answer.env && { variables: answer.env }),
    ...(answer.crons && { crons: answer.crons.map(({ path, schedule }) => ({ path, schedule })) }),
    ...(answer.seatBlock?.blockCode && { blockCode: answer.seatBlock.blockCode }),
    ...(answer.errorCode && { errorCode: cleanText(answer.errorCode, 100) }),
    ...(errorMessage && { errorMessage: cleanText(errorMessage, 500) }),
  };
}

type GitSourceAnswer = NonNullable<DeploymentAnswer['gitSource']>;

function toGitSource(git: GitSourceAnswer, meta: Record<string, unknown>): VercelDeployment['gitSource'] {
  const repositoryId = git.repoId === undefined ? Number.NaN : Number(git.repoId);
  // `meta` may not acquit (S17), but it may convict: the commit's repository differs from the project's only for forks.
  const differs = (one: unknown, other: unknown): boolean =>
    one !== undefined && other !== undefined && String(one) !== String(other);
  const fork =
    git.fork === true ||
    differs(meta.githubCommitOrg, meta.githubOrg) ||
    differs(meta.githubCommitRepoId, meta.githubRepoId);
  return {
    type: git.type,
    ...(Number.isSafeInteger(repositoryId) && { repositoryId }),
    ...(git.org && git.repo && { repository: `${git.org}/${git.repo}` }),
    ...(git.sha && { sha: git.sha }),
    ...(git.ref && { ref: git.ref }),
    ...(git.prId != null && { pullRequest: git.prId }),
    fork,
  };
}

function textOf(error: string | { code?: string | undefined; message?: string | undefined }): string {
  return typeof error === 'string' ? error : [error.code, error.message].filter(Boolean).join(': ');
}
