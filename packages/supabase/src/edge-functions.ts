import { z } from 'zod';
import { createHttpClient, type HttpAnswer, type HttpRequest } from '#http/client';
import { type Clock, systemClock } from '#http/clock';
import { HttpError } from '#http/http-error';
import { compressedBundle } from './bundle-bytes.ts';
import { functionForm } from './function-form.ts';
import {
  type EdgeFunction,
  edgeFunctionAnswer,
  type FunctionSource,
  type SavedFunction,
  toEdgeFunction,
} from './function-types.ts';
import { SupabaseError, toSupabaseError } from './supabase-error.ts';

/** How the functions of one project are reached. */
export interface SupabaseConnection {
  apiUrl: string;
  token: string;
  /** Project reference: 20 lowercase letters. */
  project: string;
  signal?: AbortSignal | undefined;
  log?: ((line: string) => void) | undefined;
  clock?: Clock | undefined;
}

/** The edge functions of one project over the Management API. Every method throws SupabaseError, or the abort reason. */
export interface EdgeFunctions {
  list(): Promise<EdgeFunction[]>;
  get(slug: string): Promise<EdgeFunction | undefined>;
  /** The live bundle. */
  body(slug: string): Promise<Uint8Array>;
  /** Bundles without publishing; `supabase_refused` when it does not bundle. */
  bundle(source: FunctionSource): Promise<EdgeFunction>;
  /** Bundles and publishes: live from here. Sent again when the answer was lost: the same source gives the same function. */
  deploy(source: FunctionSource): Promise<EdgeFunction>;
  /** Publishes a bundle that was live before. */
  putBack(saved: SavedFunction): Promise<EdgeFunction>;
  /** Removes a function; fine when it is gone. */
  remove(slug: string): Promise<void>;
}

const bundleType = 'application/vnd.denoland.eszip';
/** Supabase bundles while the request waits. */
const deployDeadlineMs = 90_000;
/** The longest wait that a rate limit may ask for, in seconds; its window is a minute. */
const longestResetSeconds = 61;

export function openEdgeFunctions(connection: SupabaseConnection): EdgeFunctions {
  const { project, token, signal, log, clock = systemClock } = connection;
  const client = createHttpClient({
    baseUrl: `${connection.apiUrl}/v1/projects/${encodeURIComponent(project)}`,
    headers: { authorization: `Bearer ${token}` },
    signal,
    log,
    clock,
  });

  /** The Management API tells when its limit ends in X-RateLimit-Reset, in seconds that remain, not in Retry-After. */
  const patiently = async <T>(ask: () => Promise<T>, what: string): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      const seconds = error instanceof HttpError && error.status === 429 ? resetSeconds(error) : undefined;
      if (seconds === undefined) throw toSupabaseError(error, what, undefined, token);
      log?.(`The rate limit of the Management API is reached; again in ${seconds} s`);
      await clock.sleep(seconds * 1000, signal);
      return await ask().catch((again: unknown) => {
        throw toSupabaseError(again, what, undefined, token);
      });
    }
  };
  const call = (request: HttpRequest, what: string): Promise<HttpAnswer> =>
    patiently(() => client.request(request), what);
  const path = (slug: string) => `functions/${encodeURIComponent(slug)}`;

  const upload = async (source: FunctionSource, bundleOnly: boolean, what: string): Promise<EdgeFunction> => {
    const { body, contentType } = await functionForm(source);
    const answer = await call(
      {
        method: 'POST',
        path: 'functions/deploy',
        query: { slug: source.slug, ...(bundleOnly ? { bundleOnly: true } : {}) },
        body,
        headers: { 'content-type': contentType },
        repeat: 'always',
        deadlineMs: deployDeadlineMs,
      },
      what,
    );
    return readFunction(answer, what);
  };

  return {
    async list() {
      const what = `Listing the edge functions of ${project}`;
      const answer = await call({ path: 'functions' }, what);
      return read(answer, z.array(edgeFunctionAnswer), what).map(toEdgeFunction);
    },
    async get(slug) {
      const what = `Reading function ${slug}`;
      const answer = await call({ path: path(slug), accept: [404] }, what);
      return answer.status === 404 ? undefined : readFunction(answer, what);
    },
    async body(slug) {
      return await patiently(async () => {
        const { chunks } = await client.stream({
          path: `${path(slug)}/body`,
          headers: { accept: 'application/octet-stream' },
        });
        return Buffer.concat(await Array.fromAsync(chunks));
      }, `Reading the bundle of function ${slug}`);
    },
    bundle: (source) => upload(source, true, `Bundling function ${source.slug}`),
    deploy: (source) => upload(source, false, `Deploying function ${source.slug}`),
    async putBack(saved) {
      const what = `Putting back function ${saved.slug}`;
      const request = {
        query: {
          slug: saved.slug,
          name: saved.name,
          verify_jwt: saved.verifyJwt,
          entrypoint_path: saved.entrypointPath,
          import_map_path: saved.importMapPath,
        },
        body: compressedBundle(saved.body),
        headers: { 'content-type': bundleType },
        repeat: 'always' as const,
        deadlineMs: deployDeadlineMs,
      };
      const answer = await call({ ...request, method: 'PATCH', path: path(saved.slug), accept: [404] }, what);
      if (answer.status !== 404) return readFunction(answer, what);
      // Somebody removed it meanwhile; only creating takes a slug that is not there.
      return readFunction(await call({ ...request, method: 'POST', path: 'functions' }, what), what);
    },
    async remove(slug) {
      await call({ method: 'DELETE', path: path(slug), accept: [404] }, `Removing function ${slug}`);
    },
  };
}

function resetSeconds(error: HttpError): number | undefined {
  const seconds = Number(error.headers?.get('x-ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 && seconds <= longestResetSeconds ? seconds : undefined;
}

function readFunction(answer: HttpAnswer, what: string): EdgeFunction {
  return toEdgeFunction(read(answer, edgeFunctionAnswer, what));
}

function read<S extends z.ZodType>(answer: HttpAnswer, schema: S, what: string): z.output<S> {
  let json: unknown;
  try {
    json = answer.json();
  } catch (error) {
    throw toSupabaseError(error, what);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SupabaseError(
    'supabase_bad_answer',
    `${what}: Supabase's answer is not what its documentation says (${problems.join('; ')}).`,
  );
}
