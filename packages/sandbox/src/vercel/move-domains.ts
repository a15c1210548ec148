import type { AliasRequest, DeploymentRecord, ProjectRecord } from './vercel-records.ts';
import { productionDomains, randomName, type VercelState } from './vercel-state.ts';

/** Points one host at a deployment, at once. */
export function pointAlias(state: VercelState, deployment: DeploymentRecord, host: string): void {
  state.aliases.set(host, {
    uid: state.aliases.get(host)?.uid ?? randomName(24),
    alias: host,
    deploymentId: deployment.id,
    projectId: deployment.projectId,
    createdAt: Date.now(),
  });
  if (!deployment.alias.includes(host)) deployment.alias.push(host);
}

/**
 * Takes a promote or rollback that was accepted: the project shows it at once, the domains follow one after the other,
 * and the request succeeds when the last one has moved (facts §2, lastAliasRequest).
 */
export function requestMove(
  state: VercelState,
  project: ProjectRecord,
  deployment: DeploymentRecord,
  type: AliasRequest['type'],
): void {
  const request: AliasRequest = {
    type,
    jobStatus: 'in-progress',
    fromDeploymentId: project.productionDeploymentId ?? null,
    toDeploymentId: deployment.id,
    requestedAt: Math.max(Date.now(), (project.lastAliasRequest?.requestedAt ?? 0) + 1),
  };
  project.lastAliasRequest = request;
  const fails = state.behaviour.failingMoves > 0;
  if (fails) state.behaviour.failingMoves -= 1;
  moveDomains(state, project, deployment, fails ? 'not' : 'all', () => {
    request.jobStatus = fails ? 'failed' : 'succeeded';
    project.lastRollbackTarget = null;
  });
}

/** Moves every production domain over `aliasDelayMs`, then calls `settled`. */
export function moveDomains(
  state: VercelState,
  project: ProjectRecord,
  deployment: DeploymentRecord,
  which: 'all' | 'not',
  settled: () => void,
): void {
  const domains = which === 'all' ? productionDomains(project) : [];
  const { aliasDelayMs } = state.behaviour;
  domains.forEach((domain, index) => {
    const at = (aliasDelayMs * (index + 1)) / domains.length;
    state.later(at, () => pointAlias(state, deployment, domain.name));
  });
  // Later than the last domain: timers of equal delay run in order.
  state.later(aliasDelayMs, () => {
    if (which === 'all') becomeProduction(project, deployment);
    settled();
  });
}

function becomeProduction(project: ProjectRecord, deployment: DeploymentRecord): void {
  deployment.everProduction = true;
  deployment.productionSince = Date.now();
  deployment.aliasAssignedAt ??= Date.now();
  project.productionDeploymentId = deployment.id;
}

/** A rolling release instead of a move: the canary gets a share of the traffic later, the domains stay (facts §3.8). */
export function startRollingRelease(project: ProjectRecord, canary: DeploymentRecord): void {
  const now = Date.now();
  project.rollingRelease = {
    state: 'ACTIVE',
    currentDeploymentId: project.productionDeploymentId ?? null,
    canaryDeploymentId: canary.id,
    queuedDeploymentId: null,
    activeStage: 0,
    startedAt: now,
    updatedAt: now,
  };
}

/**
 * What happens to the domains when a deployment became READY: the project's first one is production without asking
 * (facts §3.6), a production one takes the domains where auto-assignment is on, any other leaves them.
 */
export function assignWhenReady(
  state: VercelState,
  project: ProjectRecord,
  deployment: DeploymentRecord,
  first: boolean,
): void {
  if (deployment.customEnvironment) {
    const { id } = deployment.customEnvironment;
    for (const domain of project.domains) {
      if (domain.customEnvironmentId === id) pointAlias(state, deployment, domain.name);
    }
  }
  if (deployment.target !== 'production') {
    deployment.aliasAssignedAt = Date.now();
    return;
  }
  if (!first && !(project.autoAssignCustomDomains && deployment.autoAssign)) {
    if (state.behaviour.stagedAliasAssigned) deployment.aliasAssignedAt = Date.now();
    return;
  }
  if (!first && project.rollingReleaseConfig && project.productionDeploymentId) {
    if (project.rollingRelease?.state === 'ACTIVE') project.rollingRelease.queuedDeploymentId = deployment.id;
    else startRollingRelease(project, deployment);
    return;
  }
  moveDomains(state, project, deployment, 'all', () => {});
}
