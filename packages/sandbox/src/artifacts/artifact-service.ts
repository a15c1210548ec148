import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import {
  type Answer,
  asRecord,
  asText,
  type Handler,
  jsonAnswer,
  jsonBody,
  type SandboxRequest,
} from '../http/answer.ts';
import { createRouter } from '../http/router.ts';

interface StoredArtifact {
  id: number;
  run: string;
  job: string;
  name: string;
  mimeType: string;
  createdAt: number;
  /** Blocks that were put and not yet committed, by id. */
  blocks: Map<string, Buffer>;
  content?: Buffer;
  digest?: string;
  finalized: boolean;
}

const service = '/twirp/github.actions.results.api.v1.ArtifactService';

export interface ArtifactService {
  handle: Handler;
  /** For ACTIONS_RUNTIME_TOKEN: a JWT whose scope names run and job, as the toolkit reads it. Each run has its own names. */
  issueToken(run: string): string;
  /** Where the bytes of a stored artifact are, as GitHub's REST API redirects to them. */
  addressOf(id: string): string | undefined;
  /** Every stored artifact, newest first, as GitHub's REST API shows it. */
  listed(): object[];
}

/** The artifact service of Actions as @actions/artifact 6 uses it, with the block blobs behind its signed addresses. */
export function createArtifactService(url: () => string): ArtifactService {
  const artifacts: StoredArtifact[] = [];
  const signature = randomBytes(16).toString('hex');
  const tokens = new Map<string, string>();

  const withBody =
    (answer: (body: Record<string, unknown>) => Answer) =>
    (request: SandboxRequest): Answer => {
      const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      const run = tokens.get(given ?? '');
      if (run === undefined) return twirpError(401, 'unauthenticated', 'bad token');
      const body = jsonBody(request);
      if (body === undefined) return twirpError(400, 'malformed', 'the request is no JSON');
      if (body.workflow_run_backend_id !== run)
        return twirpError(403, 'permission_denied', 'the token is of another run');
      return answer(body);
    };
  const find = (body: Record<string, unknown>) =>
    artifacts.find((one) => one.run === body.workflow_run_backend_id && one.name === body.name);
  const address = (artifact: StoredArtifact) =>
    `${url()}/artifact-blobs/${artifact.id}/${encodeURIComponent(artifact.name)}?sig=${signature}`;
  const blob = (request: SandboxRequest, id: string | undefined): StoredArtifact | undefined =>
    same(request.query.get('sig') ?? '', signature) ? artifacts.find((one) => String(one.id) === id) : undefined;

  const handle = createRouter(
    {
      [`POST ${service}/CreateArtifact`]: withBody((body) => {
        const name = asText(body.name);
        if (name === undefined) return twirpError(400, 'invalid_argument', 'name is required');
        if (find(body))
          return twirpError(409, 'already_exists', 'an artifact with this name already exists on the workflow run');
        const artifact: StoredArtifact = {
          id: artifacts.length + 1,
          run: String(body.workflow_run_backend_id),
          job: String(body.workflow_job_run_backend_id),
          name,
          mimeType: wrappedText(body.mime_type) ?? 'application/zip',
          createdAt: Date.now(),
          blocks: new Map(),
          finalized: false,
        };
        artifacts.push(artifact);
        return jsonAnswer(200, { ok: true, signed_upload_url: address(artifact) });
      }),
      [`POST ${service}/FinalizeArtifact`]: withBody((body) => {
        const artifact = find(body);
        if (!artifact?.content) return twirpError(404, 'not_found', 'artifact not found or not uploaded');
        const digest = `sha256:${createHash('sha256').update(artifact.content).digest('hex')}`;
        const claimed = wrappedText(body.hash);
        if (Number(body.size) !== artifact.content.length || (claimed !== undefined && claimed !== digest)) {
          return twirpError(400, 'invalid_argument', 'size or hash do not match what was uploaded');
        }
        artifact.digest = digest;
        artifact.finalized = true;
        return jsonAnswer(200, { ok: true, artifact_id: String(artifact.id) });
      }),
      [`POST ${service}/ListArtifacts`]: withBody((body) => {
        const name = wrappedText(body.name_filter);
        const id = wrappedText(body.id_filter);
        const found = artifacts.filter(
          (one) =>
            one.finalized &&
            one.run === body.workflow_run_backend_id &&
            (name === undefined || one.name === name) &&
            (id === undefined || String(one.id) === id),
        );
        return jsonAnswer(200, { artifacts: found.map(render) });
      }),
      [`POST ${service}/GetSignedArtifactURL`]: withBody((body) => {
        const artifact = find(body);
        if (!artifact?.finalized) return twirpError(404, 'not_found', 'artifact not found');
        return jsonAnswer(200, { name: artifact.name, signed_url: address(artifact) });
      }),
      [`POST ${service}/DeleteArtifact`]: withBody((body) => {
        const artifact = find(body);
        if (!artifact) return twirpError(404, 'not_found', 'artifact not found');
        artifacts.splice(artifacts.indexOf(artifact), 1);
        return jsonAnswer(200, { ok: true, artifact_id: String(artifact.id) });
      }),
      'PUT /artifact-blobs/:id/:name': (request, { id }) => {
        const artifact = blob(request, id);
        return artifact ? putBlob(artifact, request) : denied();
      },
      'GET /artifact-blobs/:id/:name': (request, { id }) => {
        const artifact = blob(request, id);
        if (!artifact?.content) return denied();
        const file = artifact.mimeType === 'application/zip' ? `${artifact.name}.zip` : artifact.name;
        return {
          status: 200,
          headers: {
            'content-type': artifact.mimeType,
            'content-disposition': `attachment; filename="artifact"; filename*=UTF-8''${encodeURIComponent(file)}`,
          },
          body: artifact.content,
        };
      },
    },
    () => twirpError(404, 'bad_route', 'no such route'),
  );
  return {
    handle,
    addressOf(id) {
      const found = artifacts.find((one) => String(one.id) === id && one.finalized);
      return found === undefined ? undefined : address(found);
    },
    listed: () =>
      artifacts
        .filter(({ finalized }) => finalized)
        .map((one) => ({
          id: one.id,
          name: one.name,
          size_in_bytes: one.content?.length ?? 0,
          expired: false,
          created_at: new Date(one.createdAt).toISOString(),
          expires_at: new Date(one.createdAt + 90 * 86_400_000).toISOString(),
          workflow_run: { id: Number.parseInt(one.run, 10) || 1 },
        }))
        .toReversed(),
    issueToken(run) {
      const token = runtimeTokenFor(run, randomUUID());
      tokens.set(token, run);
      return token;
    },
  };
}

/** Put Block, Put Block List and Put Blob of Azure's block blobs. */
function putBlob(artifact: StoredArtifact, request: SandboxRequest): Answer {
  const component = request.query.get('comp');
  if (component === 'block') {
    artifact.blocks.set(request.query.get('blockid') ?? '', request.body);
    return created();
  }
  if (component === 'blocklist') {
    const ids = [...request.body.toString('utf8').matchAll(/<(?:Latest|Uncommitted)>([^<]*)</g)].map(
      ([, id]) => id ?? '',
    );
    const blocks = ids.map((id) => artifact.blocks.get(id));
    if (blocks.includes(undefined)) return { status: 400, headers: { 'x-ms-error-code': 'InvalidBlockList' } };
    artifact.content = Buffer.concat(blocks.filter((block) => block !== undefined));
    return created();
  }
  artifact.content = request.body;
  return created();
}

function created(): Answer {
  return {
    status: 201,
    headers: {
      etag: `"${randomBytes(8).toString('hex')}"`,
      'last-modified': new Date().toUTCString(),
      'x-ms-request-id': randomUUID(),
    },
  };
}

function denied(): Answer {
  return { status: 403, headers: { 'x-ms-error-code': 'AuthenticationFailed' }, body: 'signature or blob unknown' };
}

function render(artifact: StoredArtifact) {
  return {
    workflow_run_backend_id: artifact.run,
    workflow_job_run_backend_id: artifact.job,
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(artifact.content?.length ?? 0),
    created_at: new Date(artifact.createdAt).toISOString(),
    ...(artifact.digest && { digest: artifact.digest }),
  };
}

/** Wrapper messages are their bare value in proto3's JSON. */
function wrappedText(value: unknown): string | undefined {
  return asText(value) ?? asText(asRecord(value)?.value);
}

function twirpError(status: number, code: string, message: string): Answer {
  return jsonAnswer(status, { code, msg: message });
}

function runtimeTokenFor(run: string, job: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { scp: `Actions.Results:${run}:${job}`, exp: Math.floor(Date.now() / 1000) + 86_400 };
  return [part({ alg: 'HS256', typ: 'JWT' }), part(claims), randomBytes(32).toString('base64url')].join('.');
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
