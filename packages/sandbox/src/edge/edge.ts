import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Answer, SandboxRequest } from '../http/answer.ts';
import { canaryShare } from '../vercel/rolling-release-routes.ts';
import type { DeploymentRecord } from '../vercel/vercel-records.ts';
import type { VercelState } from '../vercel/vercel-state.ts';
import type { EdgeLog, EdgeRequest } from './edge-log.ts';
import { createFunctionHost, type FunctionHost, type FunctionLine } from './function-host.ts';
import { type FunctionRoute, findFunctions } from './function-routes.ts';
import { hasBypass, isProtected, protectionWall } from './protection.ts';
import { runtimeRows } from './runtime-rows.ts';
import { serveStatic } from './static-files.ts';

/** Serves a deployment or whatever deployment a domain points at, and counts. */
export interface Edge {
  /** `deploymentId` undefined: the host is a domain, and the alias of this moment decides. */
  handle(request: SandboxRequest, host: string, deploymentId: string | undefined): Promise<Answer>;
  /** Ends the function processes. */
  close(): Promise<void>;
}

interface Functions {
  host: FunctionHost;
  routes: FunctionRoute[];
}

export function createEdge(state: VercelState, log: EdgeLog, folder: string): Edge {
  const running = new Map<string, Promise<Functions | undefined>>();

  const functionsOf = (deployment: DeploymentRecord): Promise<Functions | undefined> => {
    const known = running.get(deployment.id);
    if (known) return known;
    const started = startFunctions(deployment, join(folder, `${deployment.id.slice(4, 16)}.sock`));
    running.set(deployment.id, started);
    return started;
  };

  const answerFrom = async (
    deployment: DeploymentRecord,
    request: SandboxRequest,
    host: string,
    requestId: string,
  ): Promise<{ answer: Answer; by: EdgeRequest['by']; lines: FunctionLine[] }> => {
    const { served } = deployment;
    if (!served || deployment.readyState !== 'READY') return { answer: missing(), by: 'edge', lines: [] };
    if (request.method === 'GET' || request.method === 'HEAD') {
      const file = await serveStatic(served, request.path);
      if (file) return { answer: file, by: 'static', lines: [] };
    }
    const functions = await functionsOf(deployment);
    const match = functions && matching(functions.routes, request.path);
    if (!functions || !match) return { answer: pageNotFound(), by: 'static', lines: [] };
    const query = new URLSearchParams(request.query);
    for (const [name, value] of match.values) query.set(name, value);
    const { answer, lines } = await functions.host.call({
      file: match.route.file,
      request,
      url: query.size > 0 ? `${request.path}?${query}` : request.path,
      host,
      requestId,
      timeoutMs: state.behaviour.functionTimeoutMs,
    });
    return { answer, by: 'function', lines };
  };

  let shares = 1;
  /** The canary of a rolling release answers its share; Vercel keeps a visitor on one side, here each request is a visitor. */
  const shared = (current: string | undefined): string | undefined => {
    const project = state.projects.get(state.deployments.get(current ?? '')?.projectId ?? '');
    if (!project || project.productionDeploymentId !== current) return current;
    const share = canaryShare(project);
    // 37 is prime to 100: the shares are spread evenly instead of in one block.
    return share > 0 && (shares++ * 37) % 100 < share ? project.rollingRelease?.canaryDeploymentId : current;
  };

  return {
    async handle(request, host, deploymentId) {
      const started = performance.now();
      const requestId = `iad1::${randomBytes(4).toString('hex')}-${Date.now()}-${randomBytes(6).toString('hex')}`;
      const deployment = state.deployments.get(deploymentId ?? shared(state.aliases.get(host)?.deploymentId) ?? '');
      const project = deployment && state.projects.get(deployment.projectId);
      const walled = deployment && project && isProtected(project, deployment, host) && !hasBypass(project, request);
      const { answer, by, lines } = walled
        ? {
            answer: protectionWall(state.behaviour.protectionAnswer, host, request.path),
            by: 'edge' as const,
            lines: [],
          }
        : deployment && project?.paused && deployment.target === 'production'
          ? { answer: paused(), by: 'edge' as const, lines: [] }
          : deployment
            ? await answerFrom(deployment, request, host, requestId)
            : { answer: missing(), by: 'edge' as const, lines: [] };
      const entry: EdgeRequest = {
        at: Date.now(),
        host,
        method: request.method,
        path: request.path,
        status: answer.status,
        ...(deployment && {
          deploymentId: deployment.id,
          projectId: deployment.projectId,
          environment: deployment.target ?? 'preview',
        }),
        by,
        requestId,
        durationMs: performance.now() - started,
      };
      log.add(entry);
      if (deployment && by === 'function') log.emit(deployment.id, runtimeRows(entry, lines));
      return { ...answer, headers: { ...answer.headers, server: 'Vercel', 'x-vercel-id': requestId } };
    },
    async close() {
      const all = await Promise.all(running.values());
      await Promise.all(all.map((functions) => functions?.host.stop()));
    },
  };
}

async function startFunctions(deployment: DeploymentRecord, socket: string): Promise<Functions | undefined> {
  const root = deployment.served?.functions;
  if (root === undefined) return undefined;
  const routes = await findFunctions(root, root.endsWith('output'));
  const host = createFunctionHost({ cwd: root, environment: deployment.environment, socket });
  return { host, routes };
}

function matching(
  routes: FunctionRoute[],
  path: string,
): { route: FunctionRoute; values: [string, string][] } | undefined {
  for (const route of routes) {
    const match = route.pattern.exec(path);
    if (!match) continue;
    return { route, values: route.names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]) };
  }
  return undefined;
}

function paused(): Answer {
  return {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-vercel-error': 'DEPLOYMENT_PAUSED' },
    body: 'This deployment is temporarily paused\n\nDEPLOYMENT_PAUSED\n',
  };
}

function missing(): Answer {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-vercel-error': 'DEPLOYMENT_NOT_FOUND' },
    body: 'The deployment could not be found on Vercel.\n\nDEPLOYMENT_NOT_FOUND\n',
  };
}

function pageNotFound(): Answer {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-vercel-error': 'NOT_FOUND' },
    body: 'The page could not be found\n\nNOT_FOUND\n',
  };
}
