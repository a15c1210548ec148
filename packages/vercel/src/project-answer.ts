import { z } from 'zod';
import { cleanText } from '#http/text';
import { deploymentAnswer } from './deployment-answer.ts';
import type { LastAliasRequest, ProjectState } from './vercel-types.ts';

/** GET /v9/projects/{idOrName} (facts §2): only what we use, strict on that. */
export const projectAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  accountId: z.string(),
  autoAssignCustomDomains: z.boolean().optional(),
  rootDirectory: z.string().nullish(),
  framework: z.string().nullish(),
  link: z
    .looseObject({
      type: z.string(),
      org: z.string().optional(),
      repo: z.string().optional(),
      repoId: z.union([z.string(), z.number()]).optional(),
      productionBranch: z.string().optional(),
    })
    .nullish(),
  ssoProtection: z.looseObject({ deploymentType: z.string() }).nullish(),
  passwordProtection: z.looseObject({ deploymentType: z.string().optional() }).nullish(),
  protectionBypass: z.record(z.string(), z.looseObject({ scope: z.string().optional() })).nullish(),
  lastAliasRequest: z
    .looseObject({
      type: z.enum(['promote', 'rollback']),
      // A status that Vercel adds one day must not take the way back: the domains themselves are asked anyway.
      jobStatus: z.enum(['pending', 'in-progress', 'succeeded', 'failed', 'skipped']).catch('in-progress'),
      fromDeploymentId: z.string().nullish(),
      toDeploymentId: z.string(),
      requestedAt: z.number(),
    })
    .nullish()
    .catch(undefined),
  rollbackDescription: z
    .looseObject({
      description: z.string().optional(),
      username: z.string().optional(),
      createdAt: z.number().optional(),
    })
    .nullish(),
  rollingRelease: z.unknown().optional(),
  targets: z.record(z.string(), deploymentAnswer.nullable()).nullish(),
});

export type ProjectAnswer = z.output<typeof projectAnswer>;

/** GET /v9/projects/{id}/domains; `pagination.next` is the `until` of the next page. */
export const domainsAnswer = z.looseObject({
  domains: z.array(
    z.looseObject({
      name: z.string(),
      verified: z.boolean().optional(),
      redirect: z.string().nullish(),
      gitBranch: z.string().nullish(),
      customEnvironmentId: z.string().nullish(),
    }),
  ),
  pagination: z.looseObject({ next: z.number().nullish() }).optional(),
});

/** Whether a domain follows the production deployment: no redirect, branch or custom environment of its own, and verified. */
export function isProductionDomain(domain: z.output<typeof domainsAnswer>['domains'][number]): boolean {
  return !domain.redirect && !domain.gitBranch && !domain.customEnvironmentId && domain.verified !== false;
}

/** Vercel's project in our words. */
export function toProjectState(answer: ProjectAnswer, productionDomains: string[], serverTime?: number): ProjectState {
  const { link } = answer;
  const repositoryId = Number(link?.repoId ?? Number.NaN);
  const bypasses = Object.values(answer.protectionBypass ?? {});
  const protectedTypes = answer.ssoProtection?.deploymentType ?? answer.passwordProtection?.deploymentType;
  const lastAliasRequest = toLastAliasRequest(answer);
  const current = answer.targets?.production;
  const currentDeploymentId = current?.id ?? current?.uid;
  const pinnedRollback = pinOf(answer, lastAliasRequest, currentDeploymentId);
  return {
    id: answer.id,
    name: answer.name,
    accountId: answer.accountId,
    productionDomains,
    autoAssign: answer.autoAssignCustomDomains,
    ...(link && {
      gitLink: {
        type: link.type,
        repository: [link.org, link.repo].filter(Boolean).join('/'),
        ...(Number.isSafeInteger(repositoryId) && { repositoryId }),
        productionBranch: link.productionBranch ?? 'main',
      },
    }),
    ...(protectedTypes && {
      protection: {
        deploymentType: protectedTypes,
        bypassConfigured: bypasses.some((bypass) => bypass.scope === undefined || bypass.scope === 'automation-bypass'),
      },
    }),
    ...(currentDeploymentId && { currentDeploymentId }),
    ...(lastAliasRequest && { lastAliasRequest }),
    ...(pinnedRollback && { pinnedRollback }),
    ...(answer.rootDirectory && { rootDirectory: answer.rootDirectory }),
    ...(answer.framework && { framework: answer.framework }),
    rollingRelease: answer.rollingRelease != null,
    ...(current?.plan && { plan: current.plan }),
    ...(serverTime !== undefined && { serverTime }),
  };
}

function toLastAliasRequest(answer: ProjectAnswer): LastAliasRequest | undefined {
  const last = answer.lastAliasRequest;
  if (!last) return undefined;
  const { type, jobStatus, toDeploymentId, requestedAt, fromDeploymentId } = last;
  return { type, jobStatus, toDeploymentId, requestedAt, ...(fromDeploymentId && { fromDeploymentId }) };
}

/** Vercel writes the description of a rollback down as it takes the request; one of another time is of an earlier rollback. */
const describedWithinMs = 10_000;

/** Whether the project's description is of its last move: Vercel does not say whether a rollback without one clears it. */
function isAbout(last: LastAliasRequest | undefined, described: ProjectAnswer['rollbackDescription']): boolean {
  if (last === undefined || described?.createdAt === undefined) return true;
  return Math.abs(described.createdAt - last.requestedAt) <= describedWithinMs;
}

/** A rollback turns auto-assignment off until the next promotion (trap 2); a promotion that came later has lifted the pin. */
function pinOf(
  answer: ProjectAnswer,
  last: LastAliasRequest | undefined,
  currentDeploymentId: string | undefined,
): ProjectState['pinnedRollback'] {
  if (answer.autoAssignCustomDomains === true || last?.type === 'promote') return undefined;
  const described = isAbout(last, answer.rollbackDescription) ? answer.rollbackDescription : undefined;
  const deploymentId =
    last?.jobStatus === 'succeeded' ? last.toDeploymentId : described ? currentDeploymentId : undefined;
  if (!deploymentId) return undefined;
  const at = last?.requestedAt ?? described?.createdAt;
  return {
    deploymentId,
    ...(last?.fromDeploymentId && { from: last.fromDeploymentId }),
    ...(described?.description && { description: cleanText(described.description, 200) }),
    ...(described?.username && { by: cleanText(described.username, 100) }),
    ...(at !== undefined && { at }),
  };
}
