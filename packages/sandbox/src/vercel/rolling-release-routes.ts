import { asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { requestMove } from './move-domains.ts';
import { renderProject } from './render-project.ts';
import type { ProjectRecord, RollingRelease } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { findProject, type VercelState } from './vercel-state.ts';

/** Rolling releases: a canary serves a share of the traffic, stage by stage, until it is approved to all of it (facts §1, §2). */
export function rollingReleaseRoutes(state: VercelState): Routes {
  const known = (idOrName = ''): ProjectRecord => {
    const project = findProject(state, idOrName);
    if (!project) throw notFound('Project');
    return project;
  };
  const shown = (project: ProjectRecord) => jsonAnswer(200, { rollingRelease: render(state, project) });
  return {
    'GET /v1/projects/:project/rolling-release': (_request, { project }) => shown(known(project)),
    'GET /v1/projects/:project/rolling-release/config': (_request, { project }) =>
      jsonAnswer(200, { rollingRelease: renderProject(state, known(project)).rollingRelease }),
    'POST /v1/projects/:project/rolling-release/approve-stage': (request, { project: id }) => {
      const project = known(id);
      const rolling = activeFor(project, request);
      const next = rolling.activeStage + 1;
      const target = stagesOf(project)[next];
      if (jsonBody(request)?.nextStageIndex !== next || target === undefined) {
        throw new VercelRefusal(400, 'bad_request', `The next stage is ${next}`);
      }
      rolling.activeStage = next;
      rolling.updatedAt = Date.now();
      if (target === 100) complete(state, project, rolling);
      return shown(project);
    },
    'POST /v1/projects/:project/rolling-release/complete': (request, { project: id }) => {
      const project = known(id);
      complete(state, project, activeFor(project, request));
      return shown(project);
    },
  };
}

/** Share of the canary in percent, while one serves. */
export function canaryShare(project: ProjectRecord): number {
  const { rollingRelease: rolling } = project;
  return rolling?.state === 'ACTIVE' ? (stagesOf(project)[rolling.activeStage] ?? 0) : 0;
}

function stagesOf(project: ProjectRecord): number[] {
  return project.rollingReleaseConfig?.stages ?? [100];
}

function activeFor(project: ProjectRecord, request: SandboxRequest): RollingRelease {
  const rolling = project.rollingRelease;
  if (rolling?.state !== 'ACTIVE' || rolling.canaryDeploymentId !== asText(jsonBody(request)?.canaryDeploymentId)) {
    throw new VercelRefusal(400, 'bad_request', 'No such rolling release is active');
  }
  return rolling;
}

function complete(state: VercelState, project: ProjectRecord, rolling: RollingRelease): void {
  const canary = state.deployments.get(rolling.canaryDeploymentId);
  if (!canary) throw notFound('Deployment');
  rolling.state = 'COMPLETE';
  rolling.updatedAt = Date.now();
  requestMove(state, project, canary, 'promote');
}

function render(state: VercelState, project: ProjectRecord) {
  const rolling = project.rollingRelease;
  if (!rolling) return null;
  const stages = stagesOf(project).map((targetPercentage, index, all) => ({
    index,
    isFinalStage: index === all.length - 1,
    targetPercentage,
    requireApproval: index < all.length - 1,
    duration: null,
  }));
  const active = rolling.state === 'ACTIVE' ? (stages[rolling.activeStage] ?? null) : null;
  const named = (id: string | null) => {
    const deployment = id ? state.deployments.get(id) : undefined;
    return deployment
      ? {
          id: deployment.id,
          name: deployment.name,
          url: deployment.url,
          target: 'production',
          source: deployment.source,
          createdAt: deployment.createdAt,
          readyState: 'READY',
          readyStateAt: deployment.readyAt ?? 0,
        }
      : null;
  };
  return {
    state: rolling.state,
    substate: null,
    currentDeployment: named(rolling.currentDeploymentId),
    canaryDeployment: named(rolling.canaryDeploymentId),
    queuedDeploymentId: rolling.queuedDeploymentId,
    advancementType: 'manual-approval',
    stages,
    activeStage: active,
    nextStage: rolling.state === 'ACTIVE' ? (stages[rolling.activeStage + 1] ?? null) : null,
    currentCanaryPercentage: active?.targetPercentage ?? 100,
    startedAt: rolling.startedAt,
    updatedAt: rolling.updatedAt,
  };
}
