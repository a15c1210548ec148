import { asText, jsonAnswer, jsonBody } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { pointAlias } from './move-domains.ts';
import type { AliasRecord } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { findDeployment, type VercelState } from './vercel-state.ts';

/** "Assign domain": points one host at one deployment. It moves neither production nor auto-assignment (facts §3.10). */
export function aliasRoutes(state: VercelState): Routes {
  return {
    'POST /v2/deployments/:id/aliases': (request, { id = '' }) => {
      const deployment = findDeployment(state, id);
      if (!deployment || deployment.deletedAt !== undefined) throw notFound('Deployment');
      const alias = asText(jsonBody(request)?.alias)?.replace(/^https?:\/\//, '');
      if (alias === undefined) throw new VercelRefusal(400, 'bad_request', '`alias` is required');
      if (deployment.readyState !== 'READY') {
        throw new VercelRefusal(400, 'deployment_not_ready', `The deployment is ${deployment.readyState}`);
      }
      const owner = [...state.projects.values()].find(({ domains }) => domains.some(({ name }) => name === alias));
      if (!owner && !alias.includes('.')) {
        throw new VercelRefusal(403, 'forbidden', `You don't have access to the domain ${alias}`);
      }
      if (owner && owner.id !== deployment.projectId) {
        throw new VercelRefusal(409, 'alias_in_use', `${alias} belongs to the project ${owner.name}`);
      }
      const before = state.aliases.get(alias);
      pointAlias(state, deployment, alias);
      const { uid, createdAt } = state.aliases.get(alias) ?? { uid: '', createdAt: 0 };
      return jsonAnswer(200, {
        uid,
        alias,
        created: new Date(createdAt).toISOString(),
        ...(before && { oldDeploymentId: before.deploymentId }),
      });
    },
    'GET /v2/deployments/:id/aliases': (_request, { id = '' }) => {
      const deployment = findDeployment(state, id);
      if (!deployment) throw notFound('Deployment');
      const aliases = [...state.aliases.values()].filter(({ deploymentId }) => deploymentId === deployment.id);
      return jsonAnswer(200, {
        aliases: aliases.map(({ uid, alias, createdAt }) => ({
          uid,
          alias,
          created: new Date(createdAt).toISOString(),
        })),
      });
    },
    'GET /v4/aliases': (request) => {
      const project = request.query.get('projectId');
      const aliases = [...state.aliases.values()].filter(({ projectId }) => project === null || projectId === project);
      return jsonAnswer(200, {
        aliases: aliases.map((alias) => renderAlias(state, alias)),
        pagination: { count: aliases.length, next: null, prev: null },
      });
    },
    'GET /v4/aliases/:alias': (_request, { alias = '' }) => {
      const found = state.aliases.get(alias) ?? [...state.aliases.values()].find(({ uid }) => uid === alias);
      if (!found) throw notFound('Alias');
      return jsonAnswer(200, renderAlias(state, found));
    },
    'DELETE /v2/aliases/:alias': (_request, { alias = '' }) => {
      if (!state.aliases.delete(alias)) throw notFound('Alias');
      return jsonAnswer(200, { status: 'SUCCESS' });
    },
  };
}

function renderAlias(state: VercelState, record: AliasRecord) {
  const deployment = state.deployments.get(record.deploymentId);
  return {
    uid: record.uid,
    alias: record.alias,
    created: new Date(record.createdAt).toISOString(),
    createdAt: record.createdAt,
    updatedAt: record.createdAt,
    deploymentId: record.deploymentId,
    projectId: record.projectId,
    ...(deployment && {
      deployment: { id: deployment.id, url: deployment.url, meta: JSON.stringify(deployment.meta) },
    }),
    creator: { ...state.user },
  };
}
