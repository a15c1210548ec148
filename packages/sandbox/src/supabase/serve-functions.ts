import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFunctionHost, type FunctionHost } from '../edge/function-host.ts';
import { type Answer, jsonAnswer } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';
import { readBundle } from './bundle-functions.ts';
import type { FunctionsState, SandboxFunction } from './functions-state.ts';

const timeoutMs = 10_000;
const program = join(import.meta.dirname, 'edge-function-process.ts');

/** Functions that really run: each version is a process of its own, started by its first request. */
export function serveFunctions(state: FunctionsState, folder: string) {
  const hosts = new Map<string, { file: string; host: FunctionHost }>();

  const hostOf = async (one: SandboxFunction) => {
    const key = `${one.id}_${one.version}`;
    const known = hosts.get(key);
    if (known !== undefined) return known;
    const place = join(folder, key);
    const bundle = readBundle(one.bundle);
    for (const [path, text] of Object.entries(bundle?.files ?? {})) {
      await mkdir(dirname(join(place, path)), { recursive: true });
      await writeFile(join(place, path), text);
    }
    await writeFile(join(place, 'package.json'), '{"type":"module"}');
    const host = createFunctionHost({
      cwd: place,
      socket: join(folder, key.slice(-12)),
      program,
      environment: { DENO_DEPLOYMENT_ID: `${state.project}_${key}`, SB_REGION: 'local' },
    });
    const started = { file: join(place, bundle?.entrypoint ?? ''), host };
    hosts.set(key, started);
    return started;
  };

  const answer: RouteHandler = async (request, { slug = '' }) => {
    const one = state.functions.get(slug);
    if (one === undefined) {
      return jsonAnswer(404, { code: 'NOT_FOUND', message: 'Requested function was not found' });
    }
    // The gateway lets the preflight of browsers through.
    if (one.verifyJwt && request.method !== 'OPTIONS') {
      const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (given === undefined) {
        return jsonAnswer(401, { code: 'UNAUTHORIZED_NO_AUTH_HEADER', message: 'Missing authorization header' });
      }
      if (given !== state.anonKey) return jsonAnswer(401, { code: 'UNAUTHORIZED_INVALID_JWT', message: 'Invalid JWT' });
    }
    const { file, host } = await hostOf(one);
    const query = request.query.size > 0 ? `?${request.query}` : '';
    const { answer: given } = await host.call({
      ...{ file, request, timeoutMs, requestId: randomUUID() },
      url: `${request.path.replace('/functions/v1', '')}${query}`,
      host: request.headers.host ?? '',
    });
    return asSupabase(given);
  };

  const routes: Routes = {};
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']) {
    routes[`${method} /functions/v1/:slug`] = answer;
    routes[`${method} /functions/v1/:slug/*rest`] = answer;
  }
  return {
    routes,
    async stop() {
      await Promise.all([...hosts.values()].map(({ host }) => host.stop()));
    },
  };
}

/** The host of processes answers as Vercel does when a process dies. */
function asSupabase(given: Answer): Answer {
  const { 'x-vercel-cache': _cache, 'x-vercel-error': failed, ...headers } = given.headers ?? {};
  if (failed !== undefined) {
    return jsonAnswer(503, { code: 'BOOT_ERROR', message: 'Function failed to start (please check logs)' });
  }
  return { ...given, headers: { ...headers, 'x-served-by': 'supabase-edge-runtime' } };
}
