import { createHash } from 'node:crypto';
import { type Answer, asRecord, asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import { copySources } from './build-deployment.ts';
import { type DeploymentPlace, startDeployment, writeFiles } from './deployment-life.ts';
import { renderDeployment } from './render-deployment.ts';
import type { DeploymentRecord, GitSource, ProjectRecord } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { createProject, findProject, type VercelState } from './vercel-state.ts';

export interface CreateContext {
  state: VercelState;
  place: DeploymentPlace;
  /** Writes the tree of a commit of the linked repository into a folder; absent without a repository. */
  checkOut?: (sha: string, folder: string) => Promise<void>;
}

/** POST /v2/files: one file by its SHA-1, as @vercel/client and the CLI send it (facts §1). */
export function uploadFile(state: VercelState, request: SandboxRequest): Answer {
  const digest = asText(request.headers['x-now-digest']) ?? asText(request.headers['x-vercel-digest']);
  const actual = createHash('sha1').update(request.body).digest('hex');
  if (digest === undefined) throw new VercelRefusal(400, 'bad_request', 'Missing header: x-now-digest');
  if (digest !== actual) {
    throw new VercelRefusal(400, 'bad_request', `The digest ${digest} does not match the content's ${actual}`);
  }
  state.files.set(actual, request.body);
  return jsonAnswer(200, { urls: [] });
}

/** POST /v13/deployments: uploaded or inline files, a redeploy, or a commit of the linked repository. */
export async function createDeployment(context: CreateContext, request: SandboxRequest): Promise<Answer> {
  const { state } = context;
  const body = jsonBody(request);
  if (body === undefined) throw new VercelRefusal(400, 'bad_request', 'Invalid JSON');
  const from = redeployed(state, body);
  const project = projectOf(state, body, from);
  const files = from || body.gitSource ? [] : filesOf(state, body.files);
  const gitSource = gitSourceOf(project, body.gitSource);
  const deployment = await startDeployment(state, context.place, {
    project,
    name: asText(body.name) ?? project.name,
    ...targetOf(project, body),
    autoAssign: body.autoAssignCustomDomains !== false,
    meta: metaOf(body, from, project),
    source: from ? 'redeploy' : 'cli',
    ...(gitSource && { gitSource }),
    prebuilt: request.query.has('prebuilt'),
    instant: isTinyStaticSite(body.files),
    variables: variablesOf(body.env, 'env'),
    buildVariables: variablesOf(asRecord(body.build)?.env, 'build.env'),
    writeSources: async (folder) => {
      if (from) await copySources(from.folder, folder);
      else if (gitSource) await checkOut(context, gitSource, folder);
      else await writeFiles(folder, files);
    },
  });
  return jsonAnswer(200, renderDeployment(state, project, deployment));
}

function redeployed(state: VercelState, body: Record<string, unknown>): DeploymentRecord | undefined {
  const id = asText(body.deploymentId);
  if (id === undefined) return undefined;
  const from = state.deployments.get(id);
  if (!from || from.deletedAt !== undefined) throw notFound('Deployment');
  return from;
}

function projectOf(
  state: VercelState,
  body: Record<string, unknown>,
  from: DeploymentRecord | undefined,
): ProjectRecord {
  const named = asText(body.project) ?? from?.projectId;
  if (named !== undefined) {
    const project = findProject(state, named);
    if (!project) throw notFound('Project');
    return project;
  }
  const name = asText(body.name);
  if (name === undefined) throw new VercelRefusal(400, 'bad_request', 'The `name` property is required');
  const known = findProject(state, name);
  if (known) return known;
  // As Vercel does for an unknown name.
  const project = createProject({ name });
  state.projects.set(project.id, project);
  return project;
}

function targetOf(
  project: ProjectRecord,
  body: Record<string, unknown>,
): { target: 'production' | null; customEnvironment?: { id: string; slug: string } } {
  const wanted = asText(body.customEnvironmentSlugOrId);
  if (wanted !== undefined) {
    const found = project.customEnvironments.find(({ id, slug }) => id === wanted || slug === wanted);
    if (!found) throw new VercelRefusal(400, 'bad_request', `Custom environment "${wanted}" does not exist`);
    return { target: null, customEnvironment: { id: found.id, slug: found.slug } };
  }
  const target = asText(body.target);
  if (target !== undefined && target !== 'production' && target !== 'staging' && target !== 'preview') {
    throw new VercelRefusal(400, 'bad_request', `Invalid target "${target}"`);
  }
  return { target: target === 'production' ? 'production' : null };
}

interface UploadedFile {
  path: string;
  data: Buffer;
}

function filesOf(state: VercelState, value: unknown): UploadedFile[] {
  const list = Array.isArray(value) ? value : [];
  if (list.length > 15_000) throw new VercelRefusal(400, 'too_many_files', 'The number of files exceeds 15000');
  const missing = new Set<string>();
  const files = list.flatMap((entry: unknown): UploadedFile[] => {
    const file = asRecord(entry);
    const path = asText(file?.file);
    if (!file || path === undefined) throw new VercelRefusal(400, 'bad_request', 'Invalid `files`: `file` is required');
    if (typeof file.data === 'string') {
      return [{ path, data: Buffer.from(file.data, file.encoding === 'base64' ? 'base64' : 'utf8') }];
    }
    const sha = asText(file.sha);
    if (sha === undefined) throw new VercelRefusal(400, 'bad_request', `Invalid \`files\`: no sha or data for ${path}`);
    const data = state.files.get(sha);
    if (data === undefined) {
      missing.add(sha);
      return [];
    }
    return [{ path, data }];
  });
  if (missing.size > 0) {
    throw new VercelRefusal(400, 'missing_files', 'Missing files', { missing: [...missing] });
  }
  return files;
}

/** At most ten inline pages (facts §5). */
function isTinyStaticSite(value: unknown): boolean {
  const list = Array.isArray(value) ? value.map(asRecord) : [];
  return (
    list.length > 0 &&
    list.length <= 10 &&
    list.every((file) => typeof file?.data === 'string' && /\.(html?|md)$/i.test(String(file.file)))
  );
}

function metaOf(
  body: Record<string, unknown>,
  from: DeploymentRecord | undefined,
  project: ProjectRecord,
): Record<string, string> {
  const given = Object.entries(asRecord(body.meta) ?? {}).map(([name, value]) => [name, String(value)]);
  const git = asRecord(body.gitMetadata) ?? {};
  const commit = {
    CommitSha: asText(git.commitSha),
    CommitRef: asText(git.commitRef),
    CommitMessage: asText(git.commitMessage),
    CommitAuthorName: asText(git.commitAuthorName),
  };
  const prefixes = project.link ? ['git', 'github'] : ['git'];
  const fromGit = Object.entries(commit).flatMap(([name, value]) =>
    value === undefined ? [] : prefixes.map((prefix) => [`${prefix}${name}`, value]),
  );
  return {
    ...from?.meta,
    ...(from && { originalDeploymentId: from.id }),
    ...Object.fromEntries(fromGit),
    ...Object.fromEntries(given),
  };
}

/** What `vercel deploy --env` and `--build-env` send: for this one deployment, and no redeploy of it has them. */
function variablesOf(value: unknown, name: string): Record<string, string> {
  if (value === undefined) return {};
  const entries = Object.entries(asRecord(value) ?? { '': value });
  const strings = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== '');
  if (strings.length === entries.length) return Object.fromEntries(strings);
  throw new VercelRefusal(400, 'bad_request', `Invalid request: \`${name}\` should be an object of strings.`);
}

function gitSourceOf(project: ProjectRecord, value: unknown): GitSource | undefined {
  const given = asRecord(value);
  if (!given) return undefined;
  const sha = asText(given.sha);
  const ref = asText(given.ref);
  if (!project.link) throw new VercelRefusal(400, 'bad_request', 'The project is not linked to a repository');
  if (!sha || !ref) throw new VercelRefusal(400, 'bad_request', 'Invalid `gitSource`: `ref` and `sha` are required');
  const { org, repo, repoId } = project.link;
  return { type: 'github', org, repo, repoId, ref, sha };
}

async function checkOut(context: CreateContext, source: GitSource, folder: string): Promise<void> {
  if (!context.checkOut) throw new VercelRefusal(400, 'repo_not_found', `No access to ${source.org}/${source.repo}`);
  try {
    await context.checkOut(source.sha, folder);
  } catch (error) {
    throw new VercelRefusal(400, 'incorrect_git_source_info', `No commit ${source.sha}: ${(error as Error).message}`);
  }
}
