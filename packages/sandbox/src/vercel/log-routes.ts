import { setTimeout as delay } from 'node:timers/promises';
import type { EdgeLog, RuntimeLogRow } from '../edge/edge-log.ts';
import type { Answer } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { notFound } from './vercel-refusal.ts';
import { findProject, type VercelState } from './vercel-state.ts';

/** The runtime-logs stream: NDJSON, what happens from now on, ended by Vercel after a while with a delimiter row. */
export function logRoutes(state: VercelState, log: EdgeLog): Routes {
  return {
    'GET /v1/projects/:project/deployments/:deployment/runtime-logs': (_request, { project = '', deployment = '' }) => {
      const found = state.deployments.get(deployment);
      if (!found || found.deletedAt !== undefined || found.projectId !== findProject(state, project)?.id) {
        throw notFound('Deployment');
      }
      return streamOf(state, log, found.id);
    },
  };
}

function streamOf(state: VercelState, log: EdgeLog, deploymentId: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/stream+json', 'cache-control': 'no-store' },
    async stream(write, signal) {
      const stop = log.listen(deploymentId, (rows) => {
        for (const row of rows) write(`${JSON.stringify(row)}\n`);
      });
      try {
        await delay(state.behaviour.runtimeLogLimitMs, undefined, { signal });
        write(`${JSON.stringify(delimiter())}\n`);
      } catch {
        // The reader hung up, or the sandbox is closing.
      } finally {
        stop();
      }
    },
  };
}

function delimiter(): Omit<RuntimeLogRow, 'requestId'> {
  return {
    rowId: '',
    level: 'info',
    source: 'delimiter',
    domain: '',
    message: 'exceeded query duration limit',
    messageTruncated: false,
    requestMethod: '',
    requestPath: '',
    responseStatusCode: 0,
    timestampInMs: Date.now(),
  };
}
