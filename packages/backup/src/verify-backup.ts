import { connect } from '#postgres/connection';
import { decryptStream } from './age-stream.ts';
import { compareContents } from './compare-contents.ts';
import { decompressStream } from './compress-stream.ts';
import { comparableSession, type DatabaseContents, readContents, readRelations } from './database-contents.ts';
import type { BackupDestination } from './destination.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import type { Verification } from './manifest.ts';
import { measureStream } from './measure-stream.ts';
import { planRestore } from './plan-restore.ts';
import { ExtensionMissing, prepareScratch, type SourceFacts } from './prepare-scratch.ts';
import { listContents, RestoreFailed, restoreStream } from './restore-stream.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';

export interface VerifyOptions {
  /** File name in the destinations. */
  file: string;
  destinations: readonly BackupDestination[];
  sha256: string;
  bytes: number;
  identity: string;
  /** Of the server's own major. */
  binaries: PostgresBinaries;
  source: SourceFacts & { databaseBytes: number; systemIdentifier?: string };
  contents: DatabaseContents;
  deadlineMs: number;
  log: (line: string) => void;
  signal?: AbortSignal;
}

export interface VerifyResult extends Verification {
  seconds: { readBack: number; restore: number; compare: number };
}

/**
 * Proves a stored backup: read back from every destination, digest compared, decrypted, restored into a scratch cluster
 * that is provably another server, compared. Every way to fail is a verdict; only an abort throws.
 */
export async function verifyBackup(options: VerifyOptions): Promise<VerifyResult> {
  const seconds = { readBack: 0, restore: 0, compare: 0 };
  const notes = { leftOut: [] as string[], remarks: [] as string[], separateUser: false };
  const verdict = (
    word: Verification['verdict'],
    reasonCode: string,
    message: string,
    differences: string[] = [],
  ): VerifyResult => ({ verdict: word, reasonCode, message, differences, ...notes, seconds });
  let cluster: Cluster | undefined;
  try {
    for (const destination of options.destinations) {
      const problem = await timed(seconds, 'readBack', () => readBack(destination, options));
      if (problem !== undefined) return verdict('mismatch', 'digest_mismatch', problem);
    }
    options.log('the stored backup reads back with the same digest; restoring it into a scratch cluster');
    cluster = await startCluster({
      binaries: options.binaries,
      expectedBytes: options.source.databaseBytes,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    notes.separateUser = cluster.separateUser;
    if (cluster.systemIdentifier === options.source.systemIdentifier) {
      return verdict('could-not-verify', 'same_server', 'the scratch cluster has the system identifier of the source');
    }
    const restored = await timed(seconds, 'restore', () => restore(cluster as Cluster, options, notes));
    return await timed(seconds, 'compare', async () => {
      const comparison = compareContents(restored.expected, await readRestored(restored.url));
      switch (comparison.outcome) {
        case 'equal':
          return verdict(
            'verified',
            'restored_and_equal',
            `restored and equal: ${comparison.relations} relations, ${comparison.rows} rows`,
          );
        case 'empty':
          return verdict('verified', 'empty_source', 'the database holds nothing yet; its backup restores to nothing');
        case 'nothing-compared':
          return verdict(
            'could-not-verify',
            'nothing_compared',
            'nothing could be compared although the source is not empty',
          );
        case 'different':
          return verdict(
            'mismatch',
            'restored_differs',
            `the restored copy differs from the source: ${comparison.differences.slice(0, 3).join('; ')}`,
            comparison.differences,
          );
      }
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    return verdict('could-not-verify', reasonOf(error), (error as Error).message);
  } finally {
    await cluster?.stop();
  }
}

async function timed<Key extends string, T>(
  seconds: Record<Key, number>,
  stage: Key,
  body: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  try {
    return await body();
  } finally {
    seconds[stage] += (performance.now() - started) / 1000;
  }
}

async function readBack(destination: BackupDestination, options: VerifyOptions): Promise<string | undefined> {
  const { chunks, measurement } = measureStream(destination.read(options.file));
  for await (const _ of chunks) options.signal?.throwIfAborted();
  if (measurement.bytes !== options.bytes) {
    return `${destination.description} holds ${measurement.bytes} bytes of ${options.file}, ${options.bytes} were written`;
  }
  return measurement.sha256() === options.sha256
    ? undefined
    : `${destination.description} holds other bytes of ${options.file} than were written`;
}

async function restore(
  cluster: Cluster,
  options: VerifyOptions,
  notes: { leftOut: string[]; remarks: string[] },
): Promise<{ url: string; expected: DatabaseContents }> {
  const [primary] = options.destinations;
  if (primary === undefined) throw new Error('no destination holds the backup');
  const plain = () => decompressStream(decryptStream(primary.read(options.file), options.identity));
  const run = {
    cluster,
    deadlineMs: options.deadlineMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const scratch = await prepareScratch(cluster, options.source);
  const plan = planRestore(await listContents(plain(), run), {
    existing: scratch.existing,
    missing: scratch.missing.map((extension) => extension.name),
    missingTables: new Set(scratch.missing.flatMap((extension) => extension.tables)),
  });
  notes.leftOut.push(...plan.leftOut);
  notes.remarks.push(...scratch.remarks);
  await restoreStream(plain(), scratch, plan.list, run);
  const left = new Set(plan.leftOut.filter((line) => line.startsWith('FOREIGN TABLE ')).map((line) => line.slice(14)));
  return { url: scratch.url, expected: without(options.contents, left) };
}

function without(contents: DatabaseContents, names: ReadonlySet<string>): DatabaseContents {
  if (names.size === 0) return contents;
  const belongs = (line: string) => [...names].some((name) => line.includes(` ${name}.`));
  return {
    ...contents,
    relations: contents.relations.filter((relation) => !names.has(relation.name)),
    definitions: contents.definitions.filter((line) => !belongs(line)),
  };
}

async function readRestored(url: string): Promise<DatabaseContents> {
  const connection = await connect(url, { applicationName: 'ops-actions compare' });
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await readContents(connection, await readRelations(connection));
  } finally {
    await connection.close();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ExtensionMissing || error instanceof RestoreFailed ? error.reasonCode : 'verification_failed';
}
