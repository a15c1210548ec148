import { type Answer, asRecord, asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';
import { bundleProblem, ezbrSha256, type FunctionBundle, readBundle, writeBundle } from './bundle-functions.ts';
import type { FunctionsState, SandboxFunction } from './functions-state.ts';

const slugPattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const base = '/v1/projects/:ref/functions';

/** Lets through what has a token of the account and names its project. */
export function guardProject(state: Pick<FunctionsState, 'tokens' | 'project'>) {
  return (handler: RouteHandler): RouteHandler =>
    (request, parameters) => {
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined || !state.tokens.has(token)) return refused(401, 'Unauthorized');
      if (!/^[a-z]{20}$/.test(parameters.ref ?? '')) return refused(400, 'ref: must be 20 lowercase letters');
      if (parameters.ref !== state.project) return refused(404, 'Project not found');
      return handler(request, parameters);
    };
}

/** The Management API's routes for edge functions: documented shapes, statuses and traps (facts/supabase.md §6). */
export function functionsRoutes(state: FunctionsState): Routes {
  const guarded = guardProject(state);
  const withFunction =
    (handler: (request: SandboxRequest, found: SandboxFunction) => Answer | Promise<Answer>): RouteHandler =>
    (request, { slug = '' }) => {
      const found = state.functions.get(slug);
      return found === undefined ? refused(404, `Function ${slug} not found`) : handler(request, found);
    };
  const shown = (one: SandboxFunction) => render(one, state);
  const routes: Routes = {
    [`GET ${base}`]: () => jsonAnswer(200, [...state.functions.values()].map(shown)),
    [`POST ${base}/deploy`]: async (request) => {
      const given = await readForm(request);
      if (typeof given === 'string') return refused(400, given);
      const problem = bundleProblem(given.bundle);
      if (problem !== undefined) return refused(400, problem);
      const { slug, name, verifyJwt, bundle } = given;
      const entry = {
        ...{ slug, name, verifyJwt },
        bundle: writeBundle(bundle),
        entrypointPath: bundle.entrypoint,
        importMapPath: bundle.importMap,
      };
      if (request.query.get('bundleOnly') !== 'true') return jsonAnswer(201, shown(state.publish(entry)));
      const live = state.functions.get(slug);
      return jsonAnswer(201, {
        ...render(
          {
            id: live?.id ?? '00000000-0000-4000-8000-000000000000',
            status: 'ACTIVE',
            version: (live?.version ?? 0) + 1,
            createdAt: Date.now(),
            updatedAt: Date.now(),
            ...{ slug, name, verifyJwt, bundle: entry.bundle, entrypointPath: bundle.entrypoint },
          },
          state,
        ),
      });
    },
    [`POST ${base}`]: (request) => {
      const slug = request.query.get('slug') ?? '';
      if (!slugPattern.test(slug)) return refused(400, 'slug: invalid');
      if (state.functions.has(slug)) return refused(400, 'Duplicated function slug');
      return publishBundle(state, request, { slug, name: request.query.get('name') ?? slug, verifyJwt: true }, 201);
    },
    [`GET ${base}/:slug`]: withFunction((_request, found) => jsonAnswer(200, shown(found))),
    [`PATCH ${base}/:slug`]: withFunction((request, found) => {
      if (!(request.headers['content-type'] ?? '').includes('json')) return publishBundle(state, request, found, 200);
      const verifyJwt = jsonBody(request)?.verify_jwt;
      if (typeof verifyJwt === 'boolean') found.verifyJwt = verifyJwt;
      return jsonAnswer(200, shown(found));
    }),
    [`DELETE ${base}/:slug`]: withFunction((_request, found) => {
      state.functions.delete(found.slug);
      return { status: 200 };
    }),
    [`GET ${base}/:slug/body`]: withFunction(async (request, found) => {
      if (!(request.headers.accept ?? '').includes('multipart/form-data')) {
        return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: found.bundle };
      }
      const form = new FormData();
      for (const [path, text] of Object.entries(readBundle(found.bundle)?.files ?? {})) {
        form.append('file', new Blob([text]), path);
      }
      const encoded = new Response(form);
      return {
        status: 200,
        headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
        body: new Uint8Array(await encoded.arrayBuffer()),
      };
    }),
  };
  return Object.fromEntries(Object.entries(routes).map(([key, handler]) => [key, guarded(handler)]));
}

/** Takes a bundle as it is; absent query parameters keep what the function has. */
function publishBundle(
  state: FunctionsState,
  request: SandboxRequest,
  now: Pick<SandboxFunction, 'slug' | 'name' | 'verifyJwt'> & Partial<SandboxFunction>,
  status: number,
): Answer {
  const bundle = readBundle(request.body);
  if (bundle === undefined) return refused(400, 'the body is no eszip');
  const plain = writeBundle(bundle);
  const claimed = request.query.get('ezbr_sha256');
  if (claimed !== null && claimed !== ezbrSha256(plain)) return refused(400, 'ezbr_sha256 does not match the body');
  const jwt = request.query.get('verify_jwt');
  const published = state.publish({
    slug: now.slug,
    name: request.query.get('name') ?? now.name,
    verifyJwt: jwt === null ? now.verifyJwt : jwt === 'true',
    bundle: plain,
    entrypointPath: request.query.get('entrypoint_path') ?? now.entrypointPath,
    importMapPath: request.query.get('import_map_path') ?? now.importMapPath,
  });
  return jsonAnswer(status, render(published, state));
}

async function readForm(
  request: SandboxRequest,
): Promise<{ slug: string; name: string; verifyJwt: boolean; bundle: FunctionBundle } | string> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return 'the body is no multipart form';
  const form = await new Response(new Uint8Array(request.body), { headers: { 'content-type': type } }).formData();
  const text = form.get('metadata');
  const metadata = asRecord(typeof text === 'string' ? JSON.parse(text) : undefined);
  const entrypoint = asText(metadata?.entrypoint_path);
  if (entrypoint === undefined) return 'metadata.entrypoint_path is required';
  const slug = request.query.get('slug') ?? asText(metadata?.name) ?? '';
  if (!slugPattern.test(slug)) return 'slug: invalid';
  const importMap = asText(metadata?.import_map_path);
  const files: Record<string, string> = {};
  for (const part of form.getAll('file')) if (typeof part !== 'string') files[part.name] = await part.text();
  return {
    slug,
    name: asText(metadata?.name) ?? slug,
    // The platform's own default.
    verifyJwt: metadata?.verify_jwt !== false,
    bundle: { entrypoint, ...(importMap === undefined ? {} : { importMap }), files },
  };
}

function render(one: SandboxFunction, state: Pick<FunctionsState, 'hideDigest'>): Record<string, unknown> {
  return {
    id: one.id,
    slug: one.slug,
    name: one.name,
    status: one.status,
    version: one.version,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    verify_jwt: one.verifyJwt,
    import_map: one.importMapPath !== undefined,
    entrypoint_path: one.entrypointPath,
    ...(one.importMapPath === undefined ? {} : { import_map_path: one.importMapPath }),
    ...(state.hideDigest ? {} : { ezbr_sha256: ezbrSha256(one.bundle) }),
  };
}

function refused(status: number, message: string): Answer {
  return jsonAnswer(status, { message });
}
