import type { EdgeLog } from '../edge/edge-log.ts';
import type { Answer, Handler, SandboxRequest } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import { aliasRoutes } from './alias-routes.ts';
import type { CreateContext } from './create-deployment.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import { logRoutes } from './log-routes.ts';
import { moveRoutes } from './move-routes.ts';
import { observabilityRoutes } from './observability-routes.ts';
import { projectRoutes } from './project-routes.ts';
import { rollingReleaseRoutes } from './rolling-release-routes.ts';
import { VercelRefusal } from './vercel-refusal.ts';
import type { VercelState } from './vercel-state.ts';

/** The REST API of the sandbox's Vercel: token and team first, then the routes. */
export function createVercelApi(context: CreateContext, log: EdgeLog): Handler {
  const { state } = context;
  const route = createRouter(
    {
      ...deploymentRoutes(context),
      ...moveRoutes(state),
      ...projectRoutes(state),
      ...rollingReleaseRoutes(state),
      ...aliasRoutes(state),
      ...logRoutes(state, log),
      ...observabilityRoutes(state, log),
    },
    (request) => {
      throw new VercelRefusal(404, 'not_found', `The sandbox has no route ${request.method} ${request.path}`);
    },
  );
  return async (request): Promise<Answer> => {
    try {
      authorize(state, request);
      return await route(request);
    } catch (error) {
      if (error instanceof VercelRefusal) return error.answer();
      throw error;
    }
  };
}

/** The token's user owns nothing outside the team, so a call without the team finds nothing. */
function authorize(state: VercelState, request: SandboxRequest): void {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new VercelRefusal(401, 'unauthorized', 'The request is missing an authentication token', {
      missingToken: true,
    });
  }
  if (!state.tokens.has(token)) {
    throw new VercelRefusal(403, 'forbidden', 'Not authorized', { invalidToken: true });
  }
  if (/^\/(v\d+\/)?(user|teams)(\/|$)/.test(request.path)) return;
  const teams = [...request.query.getAll('teamId'), ...request.query.getAll('slug')];
  const foreign = teams.find((team) => team !== state.team.id && team !== state.team.slug);
  if (foreign !== undefined) {
    throw new VercelRefusal(
      403,
      'forbidden',
      `Not authorized: Trying to access resource under scope "${foreign}". You must re-authenticate to this scope or use a token with access to this scope.`,
      {
        scope: foreign,
      },
    );
  }
  if (teams.length === 0 && state.behaviour.teamRequired) {
    throw new VercelRefusal(404, 'not_found', 'Not found: without teamId a call is about your personal account');
  }
}
