import { BackupFailed } from './backup-error.ts';
import { compareContents, onlyTables } from './compare-contents.ts';
import { decompressStream } from './compress-stream.ts';
import type { DatabaseContents } from './database-contents.ts';
import type { BackupDestination } from './destination.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import type { Verification, VerifyLevel } from './manifest.ts';
import { ExtensionMissing } from './missing-extensions.ts';
import { type SourceFacts, scratchSuperuser } from './prepare-scratch.ts';
import { type ExpectedObject, type ReadAgain, readBack } from './read-back.ts';
import { readRestored, restoreIntoScratch } from './restore-into-scratch.ts';
import { RestoreFailed } from './restore-stream.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { describeFullScratch } from './scratch-room.ts';
import type { TableSurroundings } from './table-surroundings.ts';

/** A stored dump that was compared once. */
export interface ComparedDump {
  readAgain: ReadAgain;
  seconds: number;
}

export interface VerifyOptions {
  dump: ExpectedObject;
  /** The dump was read back already, in so many seconds. */
  compared?: ComparedDump;
  /** What the snapshot held, and the object that says so where it was not read back already. */
  counted: Promise<{ contents: DatabaseContents; contentsFile?: ExpectedObject }>;
  level: VerifyLevel;
  /** A scratch cluster that starts already; it is stopped here. Default: one is started. */
  scratch?: Promise<Cluster> | undefined;
  destinations: readonly BackupDestination[];
  /** With the one-time key, or in a drill with the real one. */
  decrypt: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** Of the server's own major. */
  binaries: PostgresBinaries;
  source: SourceFacts & { databaseBytes: number; systemIdentifier?: string };
  /** The only tables that are in the dump. */
  tables?: readonly string[];
  surroundings?: TableSurroundings;
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
  const { level, compared } = options;
  const seconds = { readBack: compared?.seconds ?? 0, restore: 0, compare: 0 };
  const notes = { leftOut: [] as string[], remarks: [] as string[], separateUser: false };
  const verdict = (
    word: Verification['verdict'],
    reasonCode: string,
    message: string,
    more: { differences?: string[]; sufficient?: boolean } = {},
  ): VerifyResult => ({
    verdict: word,
    level,
    sufficient: more.sufficient ?? word === 'verified',
    reasonCode,
    message,
    differences: more.differences ?? [],
    ...notes,
    seconds,
  });
  // Its first seconds pass while the object is read back.
  const starting = options.scratch ?? startScratch(options);
  try {
    const readAll = (object: ExpectedObject) => timed(seconds, 'readBack', () => readBackAll(options, object));
    const readAgain = compared?.readAgain ?? (await readAll(options.dump));
    if (starting === undefined) {
      const bytes = await timed(seconds, 'restore', () => decryptWhole(options, readAgain));
      const { contentsFile } = await options.counted;
      if (contentsFile !== undefined) await readAll(contentsFile);
      const message = `not restored, as verify: checksum asks: the stored bytes read back with the digest that was written, and all ${bytes} bytes of the dump decrypt`;
      return verdict('could-not-verify', 'checksum_only', message, { sufficient: true });
    }
    options.log('the stored backup reads back with the same digest; restoring it into a scratch cluster');
    const cluster = await starting;
    notes.separateUser = cluster.separateUser;
    if (cluster.systemIdentifier === options.source.systemIdentifier) {
      return verdict('could-not-verify', 'same_server', 'the scratch cluster has the system identifier of the source');
    }
    const restored = await timed(seconds, 'restore', () =>
      restoreIntoScratch(cluster, { ...options, readAgain }, notes),
    );
    const { contents, contentsFile } = await options.counted;
    if (contentsFile !== undefined) await readAll(contentsFile);
    return await timed(seconds, 'compare', async () => {
      const expected = restored.expect(contents);
      const copy = await readRestored(restored.url, {
        rowHash: expected.rowHash ?? 'text',
        structureOnly: level === 'structure',
      });
      const found = options.tables === undefined ? copy : onlyThese(copy, options.tables, expected);
      const comparison = compareContents(expected, found, restored.dump);
      notes.remarks.push(...comparison.remarks);
      switch (comparison.outcome) {
        case 'equal':
          return level === 'structure'
            ? verdict(
                'could-not-verify',
                'structure_only',
                `rows were not restored, as verify: structure asks: the structure of ${comparison.relations} relations was restored and is equal`,
                { sufficient: true },
              )
            : verdict(
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
            { differences: comparison.differences },
          );
      }
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof BackupFailed && error.reasonCode === 'digest_mismatch')
      return verdict('mismatch', error.reasonCode, error.message);
    const folder = (await starting?.catch(() => undefined))?.socketDirectory;
    const full = await describeFullScratch(error, { folder, databaseBytes: options.source.databaseBytes });
    if (full !== undefined) return verdict('could-not-verify', 'scratch_full', full);
    return verdict('could-not-verify', reasonOf(error), (error as Error).message);
  } finally {
    const cluster = await starting?.catch(() => undefined);
    await cluster?.stop();
  }
}

/** Of single tables: what was made around them is not looked at. */
function onlyThese(copy: DatabaseContents, tables: readonly string[], expected: DatabaseContents): DatabaseContents {
  const names = new Set(expected.relations.map(({ name }) => name));
  return { ...onlyTables(copy, tables), relations: copy.relations.filter(({ name }) => names.has(name)) };
}

/** An empty cluster of the dump's own version; undefined where nothing is restored. */
export function startScratch({
  binaries,
  level,
  source,
  signal,
}: Pick<VerifyOptions, 'binaries' | 'level' | 'source' | 'signal'>): Promise<Cluster> | undefined {
  if (level === 'checksum') return undefined;
  const starting = startCluster({
    binaries,
    superuser: scratchSuperuser,
    expectedBytes: level === 'structure' ? 0 : source.databaseBytes,
    ...(signal === undefined ? {} : { signal }),
  });
  // Whoever waits for it hears of it; a digest that differs comes first.
  starting.catch(() => {});
  return starting;
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

/** How to read it again from the first of the destinations. @throws BackupFailed `digest_mismatch` where any of them holds something else. */
async function readBackAll({ destinations, signal }: VerifyOptions, object: ExpectedObject): Promise<ReadAgain> {
  let first: ReadAgain | undefined;
  for (const destination of destinations) {
    const stored = await readBack(destination, object, signal);
    if (stored.problem !== undefined) throw new BackupFailed('digest_mismatch', stored.problem);
    first ??= stored.readAgain;
  }
  if (first === undefined) throw new Error('no destination holds the backup');
  return first;
}

/** Every chunk authenticates itself while it is decrypted, and the frame its contents while it is unpacked. */
async function decryptWhole({ decrypt, signal }: VerifyOptions, readAgain: ReadAgain): Promise<number> {
  let bytes = 0;
  for await (const chunk of decompressStream(decrypt(readAgain()))) {
    signal?.throwIfAborted();
    bytes += chunk.length;
  }
  return bytes;
}

function reasonOf(error: unknown): string {
  return error instanceof ExtensionMissing || error instanceof RestoreFailed ? error.reasonCode : 'verification_failed';
}
