import { BackupFailed } from './backup-error.ts';
import { onlyTables } from './compare-contents.ts';
import { compressStream } from './compress-stream.ts';
import { type DatabaseContents, readContents } from './database-contents.ts';
import type { BackupDestination } from './destination.ts';
import type { Encryption } from './encryption.ts';
import { countStream, describeBytes, type Measurement, measureStream, progressReporter } from './measure-stream.ts';
import type { SourceSnapshot } from './source-snapshot.ts';
import { formatContents } from './stored-contents.ts';

export interface StoreOptions {
  source: SourceSnapshot;
  /** What pg_dump gives out. */
  dumped: AsyncIterable<Uint8Array>;
  encryption: Encryption;
  destinations: readonly BackupDestination[];
  /** File of the dump and of what it must bring back. */
  files: { dump: string; contents: string };
  log: (line: string) => void;
  signal?: AbortSignal;
  /** Ends the dump. */
  giveUp(reason: unknown): void;
}

export interface StoredBackup {
  plain: { bytes: number };
  dump: Measurement;
  contentsFile: Measurement;
  contents: DatabaseContents;
}

/**
 * Dumps, compresses, encrypts and stores as one stream while the rows are counted: both see the snapshot, and the source
 * waits once. @throws BackupFailed, or the signal's reason.
 */
export async function storeBackup(options: StoreOptions): Promise<StoredBackup> {
  const { source } = options;
  const counting = readContents(source.connection, source.relations).catch((error: unknown) => {
    throw new BackupFailed('source_unreadable', `the rows could not be counted: ${(error as Error).message}`, {
      cause: error,
    });
  });
  // Whichever fails first ends the other, and is what is told.
  const failures: unknown[] = [];
  const [stored, counted] = await Promise.allSettled([
    storeDump(options).catch((error: unknown) => {
      failures.push(error);
      // On a connection that says nothing any more, counting would wait for ever.
      void source.close();
      throw error;
    }),
    counting.catch((error: unknown) => {
      failures.push(error);
      options.giveUp(error);
      throw error;
    }),
  ]);
  options.signal?.throwIfAborted();
  if (stored.status === 'rejected' || counted.status === 'rejected') throw failures[0];
  // What a sequence had before is what it must have at least.
  const counts = new Map((counted.value.sequences ?? []).map((sequence) => [sequence.name, sequence.reached ?? null]));
  const sequences = source.sequences.map((sequence) => ({ ...sequence, reached: counts.get(sequence.name) ?? null }));
  const all = { ...counted.value, sequences };
  const contents = source.selected ? onlyTables(all, source.tables) : all;
  const contentsFile = await storeStream(options, options.files.contents, oneChunk(formatContents(source, contents)));
  return { ...stored.value, contents, contentsFile };
}

async function storeDump(options: StoreOptions): Promise<Pick<StoredBackup, 'plain' | 'dump'>> {
  const { dumped, source, log } = options;
  const plain = countStream(
    dumped,
    progressReporter((bytes, seconds) => log(describeProgress(bytes, seconds, source.databaseBytes))),
  );
  const dump = await storeStream(options, options.files.dump, plain.chunks);
  return { plain: plain.count, dump };
}

/** Written once from the stream; the other destinations get what the first one holds. */
async function storeStream(
  { destinations, encryption }: StoreOptions,
  file: string,
  plain: AsyncIterable<Uint8Array>,
): Promise<Measurement> {
  const [primary, ...others] = destinations;
  if (primary === undefined) throw new BackupFailed('destination_failed', 'no backup destination is given');
  const object = measureStream(encryption.encrypt(compressStream(plain)));
  await primary.write(file, object.chunks);
  for (const destination of others) await destination.write(file, primary.read(file));
  return object.measurement;
}

/** The size of a database on disk is all there is to guess from: indexes are in it and not in a dump. Pure. */
export function describeProgress(bytes: number, seconds: number, databaseBytes: number): string {
  const rate = seconds > 0 ? bytes / seconds : 0;
  const left = rate > 0 && databaseBytes > bytes ? Math.ceil((databaseBytes - bytes) / rate) : undefined;
  const rest = left === undefined ? '' : `, at most ${left} s left`;
  return `dumped ${describeBytes(bytes)} of at most ${describeBytes(databaseBytes)} in ${seconds} s (${describeBytes(rate)}/s${rest})`;
}

/** A text as a stream. */
export async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
