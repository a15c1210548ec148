import type { StoreCommands } from './command-destination.ts';
import { type GivenCommands, planStoreCommands } from './plan-store-commands.ts';
import type { S3Connection } from './s3-client.ts';
import type { S3Location } from './s3-destination.ts';
import type { StorageConnection } from './storage-client.ts';
import type { StorageLocation } from './storage-destination.ts';

/** A mistake in what was given; the action shows all of them at once. */
export interface DestinationProblem {
  name: string;
  given?: string;
  message: string;
  allowed?: string;
}

export type PlannedDestination =
  | { kind: 'artifact' }
  | { kind: 'directory'; path: string }
  | ({ kind: 's3'; connection: S3Connection } & S3Location)
  | ({ kind: 'supabase-storage'; connection: StorageConnection } & StorageLocation)
  | { kind: 'command'; commands: StoreCommands };

export interface GivenDestinations {
  /** `artifact`, `directory`, `s3://bucket/prefix`, `supabase-storage://project/bucket/prefix`; undefined: nobody said anything. */
  words: readonly string[] | undefined;
  /** The words stand in a file of the branch, which must not choose who gets a key (S11). */
  fromBranch?: boolean;
  /** Absolute. */
  path: string | undefined;
  /** What is known of the store; keys come from secrets, its address from the workflow file (S11). */
  s3: { [Key in keyof S3Connection]?: S3Connection[Key] | undefined };
  /**
   * The same of the project that keeps backups; without an address it is Supabase's own. `project` is the one that the workflow
   * file says the key belongs to.
   */
  storage?: { [Key in keyof StorageConnection | 'project']?: string | undefined };
  /** Inputs of the workflow file; absent in actions that take none. */
  commands?: GivenCommands;
  /** Supabase project of the database that is backed up: what takes it takes its storage, too. */
  sourceProject?: string | undefined;
  /** The runner's artifact service is there. */
  artifacts: boolean;
  /** A machine of GitHub's, which is gone after the job. */
  hosted: boolean;
  publicRepository: boolean;
  publicArtifact: boolean;
  /** Started by a schedule: what it makes has to outlive GitHub's artifacts. */
  scheduled?: boolean;
  /** False where nothing will be stored: only what cannot be read is a mistake then. */
  needed?: boolean;
}

const allowed = 'artifact, directory, s3://bucket/prefix, supabase-storage://project/bucket/prefix';
const part = String.raw`(?!\.\.?(?:/|$))[\w.=-]+`;
const s3Form = new RegExp(`^s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(${part}(?:/${part})*))?/?$`);
const storageForm = new RegExp(
  `^supabase-storage://([a-z]{20})/([A-Za-z0-9][\\w.-]{0,99})(?:/(${part}(?:/${part})*))?/?$`,
);

/** The destinations of one backup in the order given; the first one is written by the dump itself. Pure. */
export function planDestinations(given: GivenDestinations): {
  destinations: PlannedDestination[];
  problems: DestinationProblem[];
} {
  const { path, needed = true } = given;
  const problems: DestinationProblem[] = [];
  const destinations: PlannedDestination[] = [];
  const name = 'backup-destination';
  const connection = completeConnection(given.s3);
  for (const word of new Set(given.words ?? (given.artifacts ? ['artifact'] : []))) {
    const location = s3Form.exec(word);
    const storage = storageForm.exec(word);
    if (word === 'artifact') destinations.push({ kind: 'artifact' });
    else if (word === 'command' && given.commands !== undefined)
      destinations.push({ kind: 'command', commands: planStoreCommands(given.commands, problems) });
    else if (word === 'directory') destinations.push({ kind: 'directory', path: path ?? '' });
    else if (location !== null) {
      const [, bucket = '', prefix = ''] = location;
      destinations.push({ kind: 's3', bucket, prefix, connection });
    } else if (storage !== null) {
      const [, project = '', bucket = '', prefix = ''] = storage;
      // The host of its own for large objects (supabase.com/docs/guides/storage/uploads/resumable-uploads).
      const { url = `https://${project}.storage.supabase.co`, key = '' } = given.storage ?? {};
      destinations.push({ kind: 'supabase-storage', project, bucket, prefix, connection: { url, key } });
    } else problems.push({ name, given: word, message: explainWord(word), allowed });
  }
  problems.push(...untrustedProjects(destinations, given));
  if (!needed) return { destinations, problems };
  const has = (kind: PlannedDestination['kind']) => destinations.some((one) => one.kind === kind);
  // What outlives the job.
  const lasting = destinations.filter(({ kind }) => !(given.hosted && kind === 'directory'));
  const push = (problem: DestinationProblem) => problems.push(problem);
  if (destinations.length === 0 && problems.length === 0) {
    push({
      name,
      message: 'is needed outside a GitHub runner',
      allowed: 'directory with backup-path, or s3://bucket/prefix',
    });
  }
  if (has('artifact') && !given.artifacts) {
    push({
      name,
      given: 'artifact',
      message: 'needs the artifact service of a GitHub runner',
      allowed: 'directory, s3://bucket/prefix',
    });
  }
  if (has('artifact') && given.publicRepository && !given.publicArtifact) {
    push({
      name: 'public-artifact',
      message:
        'everybody can download the artifacts of a public repository, and would need only the key to read the backup (S33)',
      allowed: 'accepted, or a destination outside this repository',
    });
  }
  if (given.scheduled === true && lasting.length > 0 && lasting.every(({ kind }) => kind === 'artifact')) {
    push({
      name,
      given: 'artifact',
      message: 'is no place for scheduled backups alone: GitHub removes artifacts by its own clock',
      allowed: 's3://bucket/prefix, alone or beside artifact; directory on a self-hosted runner',
    });
  }
  if (has('directory') && path === undefined) {
    push({ name: 'backup-path', message: 'is needed by the destination directory', allowed: 'a folder' });
  }
  if (destinations.length > 0 && lasting.length === 0) {
    push({
      name,
      given: 'directory',
      message: 'lies on a machine that GitHub removes after the job',
      allowed: 'artifact or s3://bucket/prefix, alone or beside directory; directory alone on a self-hosted runner',
    });
  }
  if (has('s3')) problems.push(...missingForS3(given.s3));
  if (has('supabase-storage') && given.storage?.key === undefined) {
    push({
      name: 'supabase-storage-key',
      message: 'is needed by the destination supabase-storage',
      allowed: 'secret BACKUP_SUPABASE_STORAGE_KEY: a secret key (sb_secret_...) of the project that keeps the backups',
    });
  }
  const own = ({ kind, ...one }: PlannedDestination) =>
    kind === 'supabase-storage' && 'project' in one && one.project === given.sourceProject;
  if (given.sourceProject !== undefined && lasting.some(own) && lasting.every(own)) {
    push({
      name,
      given: `supabase-storage://${given.sourceProject}`,
      message:
        'is the project of the database itself: what pauses, deletes or restores that project takes its only backup with it',
      allowed: 'the storage of another project, or another destination beside it',
    });
  }
  return { destinations, problems };
}

/** Each project whose host would get the key although the workflow file does not name it (S11). */
function untrustedProjects(
  destinations: readonly PlannedDestination[],
  given: GivenDestinations,
): DestinationProblem[] {
  const { url, key, project: named } = given.storage ?? {};
  // An address is an input of the workflow file, or one of this machine.
  if (key === undefined || url !== undefined || (named === undefined && given.fromBranch !== true)) return [];
  return destinations.flatMap((one) =>
    one.kind !== 'supabase-storage' || one.project === named
      ? []
      : {
          name: 'supabase-storage-project',
          ...(named === undefined ? {} : { given: named }),
          message: `does not name ${one.project}, the project of the destination, and a file of the branch cannot choose who gets supabase-storage-key`,
          allowed: `${one.project}, in the workflow file, if the key is that project's`,
        },
  );
}

function explainWord(word: string): string {
  if (word === 's3') return 'needs the bucket';
  if (word === 'command') return 'is a destination of the action backup only';
  if (word.startsWith('supabase-storage'))
    return 'needs the reference of the project that keeps it (20 lowercase letters) and a bucket';
  return word.startsWith('s3://')
    ? 'is no bucket and prefix: lower case letters, digits, dots and - for the bucket, no empty part and no .. in the prefix'
    : 'is no destination of this version';
}

/** Another store than AWS mostly takes any region; the usual one is what they name in their documentation. */
function completeConnection({ region, endpoint, ...keys }: GivenDestinations['s3']): S3Connection {
  const { accessKeyId = '', secretAccessKey = '', sessionToken } = keys;
  return {
    region: region ?? 'us-east-1',
    accessKeyId,
    secretAccessKey,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function missingForS3({ region, endpoint, accessKeyId, secretAccessKey }: GivenDestinations['s3']) {
  const problems: DestinationProblem[] = [];
  const why = 'is needed by the destination s3';
  if (accessKeyId === undefined) {
    problems.push({ name: 's3-access-key-id', message: why, allowed: 'secret BACKUP_S3_ACCESS_KEY_ID' });
  }
  if (secretAccessKey === undefined) {
    problems.push({ name: 's3-secret-access-key', message: why, allowed: 'secret BACKUP_S3_SECRET_ACCESS_KEY' });
  }
  if (region === undefined && endpoint === undefined) {
    problems.push({
      name: 's3-region',
      message: `${why} on AWS`,
      allowed: 'a region such as eu-central-1; for another store s3-endpoint',
    });
  }
  return problems;
}
