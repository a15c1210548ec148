import type { AppSettings } from '#config/settings';
import type { Serving } from '#probe/served-deployment';
import type { VercelConnection, VercelProject } from '#vercel/project';

/** What a gate asks of Vercel; both reject with VercelError, `serving` also with the signal's reason. */
export interface VercelQuestions {
  serving(host: string, signal: AbortSignal): Promise<Serving | undefined>;
  owns(host: string): Promise<boolean>;
}

/** Asks Vercel which deployment is behind a host; everything of it is loaded and connected on first use. */
export function vercelQuestions(connection: VercelConnection, apps: readonly AppSettings[] = []): VercelQuestions {
  let opening: Promise<VercelProject> | undefined;
  const open = async (signal?: AbortSignal): Promise<VercelProject> => {
    opening ??= import('#vercel/project').then(({ openVercelProject }) => openVercelProject(connection, signal));
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return {
    async serving(host, signal) {
      const project = await open(signal);
      // A staged deployment has no alias: its own address names it.
      const deployment = await project.deployment((await project.servedBy(host, signal)) ?? host, signal);
      const { meta, gitSource } = deployment ?? {};
      const commit = gitSource?.sha ?? meta?.opsCommit ?? meta?.githubCommitSha ?? meta?.gitlabCommitSha;
      return deployment && { deploymentId: deployment.id, commit };
    },
    async owns(host) {
      const { ownsHost } = await import('#release/open-apps');
      return await ownsHost(await open(), connection, apps, host);
    },
  };
}
