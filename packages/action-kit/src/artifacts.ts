import { basename, dirname } from 'node:path';

/** Stores one file as an artifact of this run, uncompressed; the artifact's id. Needs the runner's artifact service. */
export async function uploadArtifact(name: string, file: string): Promise<{ id: number }> {
  const client = await openClient();
  const { id } = await client.uploadArtifact(name, [file], dirname(file), { compressionLevel: 0 });
  if (id === undefined) throw new Error(`GitHub stored artifact ${name} (${basename(file)}) and gave no id for it`);
  return { id };
}

/** Puts the files of an artifact of this run into a folder. */
export async function downloadArtifact(id: number, folder: string): Promise<void> {
  const client = await openClient();
  const { digestMismatch } = await client.downloadArtifact(id, { path: folder });
  if (digestMismatch === true) throw new Error(`artifact ${id} arrived with other bytes than GitHub stored`);
}

/** As downloadArtifact, from any run of a repository. Needs a token with actions: read. */
export async function downloadArtifactOfRun(
  id: number,
  from: { runId: number; repository: string; token: string },
  folder: string,
): Promise<void> {
  const client = await openClient();
  const [repositoryOwner = '', repositoryName = ''] = from.repository.split('/');
  const findBy = { token: from.token, workflowRunId: from.runId, repositoryOwner, repositoryName };
  await client.downloadArtifact(id, { path: folder, findBy });
}

/** What GitHub says of a repository's artifacts; times in milliseconds. */
export interface ArtifactList {
  repository: string;
  listArtifacts(): Promise<
    { id: number; name: string; bytes: number; expiresAt?: number | undefined; runId?: number | undefined }[]
  >;
}

/** The artifacts of every run of a repository, to read. Needs a token with actions: read. */
export function repositoryArtifacts(github: ArtifactList, token: string) {
  let listed: ReturnType<ArtifactList['listArtifacts']> | undefined;
  const all = () => {
    listed ??= github.listArtifacts();
    return listed;
  };
  return {
    description: `artifacts of ${github.repository}`,
    upload: () => Promise.reject(new Error('artifacts of other runs are only read')),
    list: async () =>
      (await all()).map(({ id, name, bytes, expiresAt }) => ({
        ...{ id, name, bytes },
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt / 1000 }),
      })),
    async download(id: number, folder: string) {
      const runId = (await all()).find((one) => one.id === id)?.runId;
      if (runId === undefined) throw new Error(`GitHub does not say which run artifact ${id} is of`);
      await downloadArtifactOfRun(id, { runId, repository: github.repository, token }, folder);
    },
  };
}

/** Loaded only where artifacts are used: the library is larger than any action of ours. */
async function openClient() {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  return new DefaultArtifactClient();
}
