import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '#backup/scratch-cluster';
import { createScratchFolder } from '#backup/scratch-folder';
import { createArtifactService } from './artifacts/artifact-service.ts';
import { createControl } from './control.ts';
import { createEdge } from './edge/edge.ts';
import { createEdgeLog } from './edge/edge-log.ts';
import { createFaults } from './faults.ts';
import { openGitRepository } from './git-repository.ts';
import { startGitHub } from './github/start-github.ts';
import { jsonAnswer } from './http/answer.ts';
import { startMonitoring } from './monitoring/start-monitoring.ts';
import { createTraffic } from './monitoring/traffic.ts';
import { createRequestLog } from './request-log.ts';
import type { Sandbox, SandboxOptions } from './sandbox-types.ts';
import { createServices } from './services.ts';
import { startSlack } from './slack/start-slack.ts';
import { startSupabase } from './supabase/start-supabase.ts';
import { createVercelAccess } from './vercel/vercel-access.ts';
import { createVercelApi } from './vercel/vercel-api.ts';
import type { GitLink } from './vercel/vercel-records.ts';
import { createVercelState, randomName } from './vercel/vercel-state.ts';

/**
 * A Vercel that builds, serves and moves domains, GitHub, Slack, the artifact service of Actions, a Supabase project, the monitoring
 * services that count what was served, and a private PostgreSQL, all on 127.0.0.1. @throws PostgresMissing when there is no PostgreSQL and it was not declined.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const log = options.log ?? (() => {});
  const repository = options.repository ?? 'acme/notes-app';
  const [owner = '', repositoryName = ''] = repository.split('/');
  // `undo` runs from its end: what was opened last is closed first.
  const undo: (() => Promise<unknown>)[] = [];
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      for (const step of undo.reverse()) await step();
    })();
    return closed;
  };
  try {
    // Named after this process, so that what a killed sandbox leaves is swept by the next one.
    const folder = await createScratchFolder({ parent: tmpdir() });
    undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const starting = options.postgres === false ? undefined : startCluster({ listen: 'tcp' });
    // Awaited below; a failure meanwhile must not go unhandled.
    starting?.catch(() => {});
    undo.push(async () => (await starting?.catch(() => undefined))?.stop());

    const faults = createFaults();
    const requests = createRequestLog();
    const edgeLog = createEdgeLog();
    const services = createServices({ faults, requests, log });
    undo.push(() => services.close());

    const git = options.gitDirectory === undefined ? undefined : openGitRepository(options.gitDirectory);
    let resultsUrl = '';
    const artifactService = createArtifactService(() => resultsUrl);
    resultsUrl = (await services.listen('artifacts', artifactService.handle)).url;
    const github = await startGitHub(services, {
      artifactAddress: artifactService.addressOf,
      artifacts: artifactService.listed,
      repository,
      clockOffsetMs: options.githubClockOffsetMs ?? 0,
      now: options.now,
      ...(git && { git }),
    });
    undo.push(() => github.close());
    const slack = await startSlack(services);
    undo.push(() => slack.close());
    const supabase = await startSupabase(services, join(folder, 'edge-functions'));
    undo.push(() => supabase.close());

    const state = createVercelState(options.vercel ?? {}, (error) => log(`vercel: ${String(error)}`));
    undo.push(async () => state.close());
    const token = `vcp_sandbox_${randomName(24)}`;
    state.tokens.add(token);
    const edge = createEdge(state, edgeLog, folder);
    undo.push(() => edge.close());
    const listenFor = (deploymentId: string | undefined) =>
      services.listenAtEdge((request, host) => edge.handle(request, host, deploymentId));
    const context = {
      state,
      place: { folder: join(folder, 'deployments'), listen: (deploymentId: string) => listenFor(deploymentId) },
      listenForDomain: () => listenFor(undefined),
      ...(git && { checkOut: git.checkOut }),
    };
    const link: GitLink | undefined =
      options.vercel?.gitLink === true
        ? { type: 'github', org: owner, repo: repositoryName, repoId: github.repositoryId, productionBranch: 'main' }
        : options.vercel?.gitLink;
    const vercel = await createVercelAccess(context, {
      name: options.vercel?.projectName ?? repositoryName,
      autoAssign: options.vercel?.autoAssign ?? true,
      domains: options.vercel?.domains ?? 1,
      ...(link && { link }),
    });
    vercel.project.rootDirectory = options.vercel?.rootDirectory ?? null;
    vercel.protect(vercel.project, options.vercel?.protection ?? null);
    const api = await services.listen('vercel', createVercelApi(context, edgeLog));
    const traffic = createTraffic({
      log: edgeLog,
      namesOf(deployment) {
        const { meta, gitSource } = state.deployments.get(deployment) ?? {};
        return { commit: meta?.githubCommitSha ?? gitSource?.sha, release: meta?.opsVersion };
      },
      now: options.now,
    });
    const monitoring = await startMonitoring(services, traffic);
    const control = await services.listenUnlogged(createControl({ faults, log: requests, edgeLog, vercel }), () =>
      jsonAnswer(500, { error: 'the sandbox failed; see its log' }),
    );
    const artifacts = { resultsUrl, runtimeToken: artifactService.issueToken('sandbox') };
    const cluster = await starting;
    // What a consumer sets on Vercel by hand.
    const environment = { ...(cluster && { DATABASE_URL: cluster.url }), ...options.vercel?.environment };
    vercel.setEnvironment(vercel.project, environment);
    return {
      description: {
        vercel: {
          apiUrl: api.url,
          token,
          teamId: vercel.teamId,
          projectId: vercel.project.id,
          projectName: vercel.project.name,
          domains: vercel.project.domains.map(({ name }) => `http://${name}`),
        },
        postgres: { url: cluster?.url ?? '' },
        slack: slack.description,
        github: { apiUrl: github.url, token: github.token, repository },
        artifacts,
        control: { url: control.url },
        supabase: supabase.description,
        ...monitoring.description,
      },
      artifacts,
      runtimeToken: (run) => artifactService.issueToken(run),
      repositoryId: github.repositoryId,
      faults,
      requests: () => requests.entries(),
      edgeRequests: () => edgeLog.requests(),
      vercel,
      github: github.access,
      supabase: supabase.access,
      monitoring: monitoring.access,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
