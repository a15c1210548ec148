import { resolve } from 'node:path';
import type { DatabaseSettings } from '#config/settings';
import type { ArtifactList } from './artifacts.ts';
import { type InputDefinitions, list, oneOf, secret, text } from './inputs.ts';
import { isPublic } from './public-repository.ts';
import type { Runner } from './runner.ts';
import { serviceAddress } from './service-address.ts';

/** How the stores of backups are reached; the same in every action that reads or writes backups. */
export const storeInputs = {
  's3-endpoint': text(),
  's3-region': text({ pattern: /^[a-z0-9-]{2,40}$/, allowed: 'a region such as eu-central-1, or auto' }),
  's3-access-key-id': secret(),
  's3-secret-access-key': secret(),
  's3-session-token': secret(),
  'supabase-storage-key': secret(),
  'supabase-storage-project': text({
    pattern: /^[a-z]{20}$/,
    allowed: 'the reference of a project: 20 lowercase letters',
  }),
  'supabase-storage-url': text(),
} satisfies InputDefinitions;

/** Where an action stores backups. */
export const destinationInputs = {
  'backup-destination': list(),
  'backup-path': text(),
  'public-artifact': oneOf(['refused', 'accepted'], { default: 'refused' }),
  ...storeInputs,
} satisfies InputDefinitions;

interface Given {
  backupDestination?: string[] | undefined;
  backupPath?: string | undefined;
  publicArtifact?: 'refused' | 'accepted';
  s3Endpoint?: string | undefined;
  s3Region?: string | undefined;
  s3AccessKeyId?: string | undefined;
  s3SecretAccessKey?: string | undefined;
  s3SessionToken?: string | undefined;
  supabaseStorageKey?: string | undefined;
  supabaseStorageProject?: string | undefined;
  supabaseStorageUrl?: string | undefined;
}

/** What the workflow file, ops.yml and the machine say of the destinations, for `planDestinations`. @throws InputError (S11). */
export function givenDestinations(runner: Runner, given: Given, database: DatabaseSettings) {
  const { context } = runner;
  const path = given.backupPath ?? database.backupPath;
  const endpoint = serviceAddress(runner, {
    name: 's3-endpoint',
    input: given.s3Endpoint,
    variable: 'OPS_ACTIONS_S3_ENDPOINT',
    standard: '',
  });
  const storageUrl = serviceAddress(runner, {
    name: 'supabase-storage-url',
    input: given.supabaseStorageUrl,
    variable: 'OPS_ACTIONS_SUPABASE_STORAGE_URL',
    standard: '',
  });
  return {
    words: given.backupDestination ?? database.backupDestinations,
    fromBranch: given.backupDestination === undefined,
    path: path === undefined ? undefined : resolve(context.workspace, path),
    s3: {
      endpoint: endpoint === '' ? undefined : endpoint,
      region: given.s3Region ?? database.backupRegion,
      accessKeyId: given.s3AccessKeyId,
      secretAccessKey: given.s3SecretAccessKey,
      sessionToken: given.s3SessionToken,
    },
    storage: {
      url: storageUrl === '' ? undefined : storageUrl,
      key: given.supabaseStorageKey,
      project: given.supabaseStorageProject,
    },
    artifacts: runner.environment('ACTIONS_RUNTIME_TOKEN') !== undefined,
    hosted: context.hosted,
    publicRepository: isPublic(context.event),
    publicArtifact: given.publicArtifact === 'accepted',
  };
}

/** What `openDestinations` needs of the runner, with the artifacts of this run or of all runs of the repository; the artifact library is loaded only where artifacts are used. */
export function destinationPorts(runner: Runner, ofRepository?: { github: ArtifactList; token: string }) {
  return {
    artifacts: async () => {
      const { downloadArtifact, repositoryArtifacts, uploadArtifact } = await import('./artifacts.ts');
      if (ofRepository !== undefined) return repositoryArtifacts(ofRepository.github, ofRepository.token);
      return { upload: uploadArtifact, download: downloadArtifact };
    },
    workspace: runner.context.workspace,
    temporary: runner.context.temp,
    signal: runner.signal,
    log: (line: string) => runner.logger.info(line),
  };
}
