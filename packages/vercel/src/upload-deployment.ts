import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanText } from '#http/text';
import { RELEASE_META } from './choose-own-deployment.ts';
import { chooseUploadRoot } from './choose-upload-root.ts';
import type { ClientResult } from './create-with-client.ts';
import { type Context, cancelQuietly, findOwn, minutes, targetOf } from './deploy-context.ts';
import type { DeployOutcome } from './deploy-types.ts';
import { VercelError } from './vercel-error.ts';
import type { ProjectState, VercelDeployment } from './vercel-types.ts';

/** How long the list may take to show a deployment whose answer was lost, before it is created again (S6: search lags). */
const APPEARS_WITHIN_MS = 10_000;
const ATTEMPTS = 3;

/** Uploads the files and creates the deployment once; a lost answer is looked up by the release key before it is repeated. */
export async function uploadDeployment(context: Context, state: ProjectState): Promise<DeployOutcome | { id: string }> {
  const { request, clock, deadlineAt, log } = context;
  const { connection } = request;
  const failed = (reasonCode: string, message: string): DeployOutcome => ({
    outcome: 'failed',
    reasonCode,
    message,
    adopted: false,
  });
  const root = chooseUploadRoot({ ...request, rootDirectory: state.rootDirectory });
  if ('problem' in root) return failed('root_directory_differs', root.problem);
  const outputDirectory = request.build === 'prebuilt' ? await findOutput(root.path, state.rootDirectory) : undefined;
  if (request.build === 'prebuilt' && !outputDirectory) {
    return failed(
      'prebuilt_output_missing',
      `There is no .vercel/output below ${request.workingDirectory || 'the repository root'}. Run "vercel build${request.as === 'production' ? ' --prod' : ''}" before this step, or use build: remote.`,
    );
  }
  const limit = AbortSignal.timeout(Math.max(1, deadlineAt - clock.now()));
  const signal = AbortSignal.any([limit, ...(connection.signal ? [connection.signal] : [])]);
  for (let attempt = 1; ; attempt += 1) {
    let result: ClientResult;
    try {
      result = await upload(context, state, { path: root.path, outputDirectory, signal });
    } catch (error) {
      if (connection.signal?.aborted) throw connection.signal.reason;
      if (!limit.aborted) throw error;
      return await timedOutCreating(context);
    }
    switch (result.kind) {
      case 'created':
        log(`Vercel created ${result.deploymentId}`);
        // Only after a lost answer can there be two.
        return attempt === 1
          ? { id: result.deploymentId }
          : { id: (await findOwn(context))?.id ?? result.deploymentId };
      case 'empty':
        return failed(
          'nothing_to_deploy',
          `There are no files to deploy in ${root.path}. Does the job check out the repository, and does .vercelignore leave anything?`,
        );
      case 'refused':
        if (result.status === 429 && attempt < ATTEMPTS && result.code !== 'api-deployments-free-per-day') {
          log(`Vercel's rate limit is reached: ${result.message}; again in 10 s`);
          await clock.sleep(10_000, signal).catch(rethrowAbort(connection.signal));
          break;
        }
        return failed(...refusalOf(result));
      case 'unanswered': {
        log(`Vercel did not answer (${result.message}); looking for the deployment before it is created again`);
        const own = await findLostAnswer(context);
        if (own) return { id: own.id };
        if (attempt >= ATTEMPTS || clock.now() >= deadlineAt) {
          return failed(
            'vercel_unreachable',
            `Vercel did not answer the request for a deployment (${result.message}), and no deployment of this release is listed. Nothing was promoted; run again later.`,
          );
        }
      }
    }
  }
}

async function upload(
  { request, project, log }: Context,
  state: ProjectState,
  given: { path: string; outputDirectory: string | undefined; signal: AbortSignal },
): Promise<ClientResult> {
  const { connection, git, as, staged } = request;
  // Loaded only when something is uploaded: Vercel's client is by far the largest part of the bundle.
  const { createWithClient } = await import('./create-with-client.ts');
  return createWithClient({
    ...given,
    apiUrl: connection.apiUrl,
    token: connection.token,
    teamId: project.teamId,
    projectId: state.id,
    projectName: state.name,
    target: targetOf(request) ?? undefined,
    // Undocumented, what `vercel deploy --prod --skip-domain` sends (facts §1).
    autoAssignCustomDomains: as === 'production' && staged ? false : undefined,
    environment: request.environment,
    meta: { ...request.meta, [RELEASE_META]: request.releaseKey },
    gitMetadata: {
      commitSha: git.sha,
      commitRef: git.ref,
      ...(git.message && { commitMessage: cleanText(git.message, 1_000) }),
      ...(git.author && { commitAuthorName: cleanText(git.author, 100) }),
      ...(git.remoteUrl && { remoteUrl: git.remoteUrl }),
      dirty: false,
    },
    log,
  });
}

/** Where `vercel build` wrote its output: beside the Root Directory in linked monorepos, else at the root. */
async function findOutput(path: string, rootDirectory: string | undefined): Promise<string | undefined> {
  for (const folder of [join(path, rootDirectory ?? '', '.vercel', 'output'), join(path, '.vercel', 'output')]) {
    const there = await access(join(folder, 'config.json')).then(
      () => true,
      () => false,
    );
    if (there) return folder;
  }
  return undefined;
}

async function findLostAnswer(context: Context): Promise<VercelDeployment | undefined> {
  const { clock, request } = context;
  const until = Math.min(context.deadlineAt, clock.now() + APPEARS_WITHIN_MS);
  for (;;) {
    const own = await findOwn(context).catch(rethrowAbort(request.connection.signal));
    if (own || clock.now() >= until) return own;
    await clock.sleep(1_000, request.connection.signal);
  }
}

function rethrowAbort(signal: AbortSignal | undefined): (error: unknown) => undefined {
  return (error) => {
    if (signal?.aborted) throw signal.reason;
    if (!(error instanceof VercelError) && !(error instanceof DOMException)) throw error;
    return undefined;
  };
}

function refusalOf({ status, code, message }: Extract<ClientResult, { kind: 'refused' }>): [string, string] {
  const said = `Vercel refused the deployment${status ? ` with ${status}` : ''}${code ? ` (${code})` : ''}: ${message}.`;
  if (status === 401 || status === 403)
    return [
      'vercel_token_rejected',
      `${said} The token must be allowed to deploy this project; create one with the scope of its team.`,
    ];
  if (status === 402) return ['vercel_plan', `${said} The team's plan does not allow this deployment.`];
  if (status === 429 || code?.startsWith('api-'))
    return ['vercel_rate_limited', `${said} Wait until the limit is reset, then run again.`];
  return ['vercel_refused', said];
}

async function timedOutCreating(context: Context): Promise<DeployOutcome> {
  const { request } = context;
  const own = await findOwn(context).catch(() => undefined);
  if (own) await cancelQuietly(context, own.id);
  const message = `Uploading did not end within ${minutes(request.deadlineMs)}${own ? `; ${own.id} was cancelled` : ''}. Nothing was promoted.`;
  return {
    outcome: 'timed-out',
    reasonCode: 'upload_timed_out',
    message,
    adopted: false,
    ...(own && { deployment: own }),
  };
}
