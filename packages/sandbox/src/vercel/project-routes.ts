import { asRecord, asText, jsonAnswer, jsonBody } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { renderDomain, renderProject } from './render-project.ts';
import { variableRoutes } from './variable-routes.ts';
import type { ProjectRecord } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { findProject, randomName, type VercelState } from './vercel-state.ts';

/** Projects with their settings, domains and custom environments; teams and user. */
export function projectRoutes(state: VercelState): Routes {
  const known = (idOrName = ''): ProjectRecord => {
    const project = findProject(state, idOrName);
    if (!project) throw notFound('Project');
    return project;
  };
  return {
    'GET /v2/user': () =>
      jsonAnswer(200, { user: { id: state.user.uid, ...state.user, defaultTeamId: state.team.id } }),
    'GET /v2/teams': () =>
      jsonAnswer(200, { teams: [renderTeam(state)], pagination: { count: 1, next: null, prev: null } }),
    'GET /v1/teams': () =>
      jsonAnswer(200, { teams: [renderTeam(state)], pagination: { count: 1, next: null, prev: null } }),
    'GET /v2/teams/:team': (_request, { team }) => {
      if (team !== state.team.id && team !== state.team.slug) throw notFound('Team');
      return jsonAnswer(200, renderTeam(state));
    },
    'GET /teams/:team': (_request, { team }) => {
      if (team !== state.team.id && team !== state.team.slug) throw notFound('Team');
      return jsonAnswer(200, renderTeam(state));
    },
    'GET /v9/projects/:project': (_request, { project }) => jsonAnswer(200, renderProject(state, known(project))),
    'PATCH /v9/projects/:project': (request, { project: id }) => {
      const project = known(id);
      patchProject(project, jsonBody(request) ?? {});
      return jsonAnswer(200, renderProject(state, project));
    },
    'GET /v9/projects/:project/domains': (_request, { project: id }) => {
      const project = known(id);
      const domains = project.domains.map((domain) => renderDomain(project, domain));
      return jsonAnswer(200, { domains, pagination: { count: domains.length, next: null, prev: null } });
    },
    ...variableRoutes(known),
    'GET /v9/projects/:project/custom-environments': (_request, { project }) =>
      jsonAnswer(200, {
        accountLimit: { total: 12 },
        environments: renderProject(state, known(project)).customEnvironments,
      }),
    'POST /v9/projects/:project/custom-environments': (request, { project }) => {
      const slug = asText(jsonBody(request)?.slug);
      if (slug === undefined) throw new VercelRefusal(400, 'bad_request', '`slug` is required');
      const environment = { id: `env_${randomName(24)}`, slug, createdAt: Date.now() };
      known(project).customEnvironments.push(environment);
      return jsonAnswer(201, { ...environment, type: 'preview', updatedAt: environment.createdAt });
    },
  };
}

function patchProject(project: ProjectRecord, body: Record<string, unknown>): void {
  if (typeof body.autoAssignCustomDomains === 'boolean') project.autoAssignCustomDomains = body.autoAssignCustomDomains;
  if (typeof body.rootDirectory === 'string' || body.rootDirectory === null) {
    project.rootDirectory = asText(body.rootDirectory) ?? null;
  }
  if (typeof body.framework === 'string' || body.framework === null) project.framework = asText(body.framework) ?? null;
  if (body.ssoProtection === null) project.ssoProtection = null;
  const deploymentType = asText(asRecord(body.ssoProtection)?.deploymentType);
  if (deploymentType !== undefined) project.ssoProtection = { deploymentType };
  const name = asText(body.name);
  if (name !== undefined) project.name = name;
}

function renderTeam(state: VercelState) {
  const { id, slug, name } = state.team;
  return {
    id,
    slug,
    name,
    avatar: null,
    creatorId: state.user.uid,
    createdAt: 0,
    updatedAt: 0,
    billing: { plan: state.behaviour.plan },
    membership: { uid: state.user.uid, role: 'OWNER', confirmed: true, teamId: id, created: 0, createdAt: 0 },
  };
}
