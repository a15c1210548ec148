import { BackupFailed } from './backup-error.ts';
import { onlyTables } from './compare-contents.ts';
import { compressStream } from './compress-stream.ts';
import { type DatabaseContents, readContents } from './database-contents.ts';
import type { BackupDestination } from './destination.ts';
import type { Encryption } from './encryption.ts';
import { countStream, describeBytes, type Measurement, measureStream, progressReporter } from './measure-stream.ts';
import { oneChunk } from './one-chunk.ts';
import type { SourceSnapshot } from './source-snapshot.ts';
import { formatContents } from './stored-contents.ts';
import type { TableSurroundings } from './table-surroundings.ts';

export interface StoreOptions {
  source: SourceSnapshot;
  encryption: Encryption;
  destinations: readonly BackupDestination[];
  /** File of the dump and of what it must bring back. */
  files: { dump: string; contents: string };
}

export interface StoredDump {
  plain: { bytes: number };
  dump: Measurement;
}

export interface StoredContentsFile {
  contentsFile: Measurement;
  contents: DatabaseContents;
}

export type StoredBackup = StoredDump & StoredContentsFile;

/**
 * Counts in the snapshot of the dump, lets go of it, and stores what was found beside the dump. It comes after the dump: a database that people use
 * is read through once at a time, and what is stored already is restored meanwhile.
 * @throws BackupFailed `source_unreadable`, `destination_failed`.
 */
export async function storeContents(
  options: StoreOptions & {
    /** Where single tables are dumped. */
    surroundings?: TableSurroundings;
  },
): Promise<StoredContentsFile> {
  const { source } = options;
  const counted = await readContents(source.connection, source.relations).catch((error: unknown) => {
    throw new BackupFailed('source_unreadable', `the rows could not be counted: ${(error as Error).message}`, {
      cause: error,
    });
  });
  await source.close();
  // What a sequence had before is what it must have at least.
  const counts = new Map((counted.sequences ?? []).map((sequence) => [sequence.name, sequence.reached ?? null]));
  const sequences = source.sequences.map((sequence) => ({ ...sequence, reached: counts.get(sequence.name) ?? null }));
  const all = { ...counted, sequences };
  const contents = source.selected ? onlyTables(all, source.tables) : all;
  const text = formatContents(source, contents, options.surroundings);
  return { contents, contentsFile: await storeStream(options, options.files.contents, oneChunk(text)) };
}

const beatMs = 30_000;

/** Dumps, compresses, encrypts and stores as one stream. @throws BackupFailed, or the signal's reason. */
export async function storeDump(
  options: StoreOptions & {
    /** What pg_dump gives out. */
    dumped: AsyncIterable<Uint8Array>;
    /** The relation that is being dumped; absent where no name may be told. */
    copying?(): Promise<string | undefined>;
    log: (line: string) => void;
  },
): Promise<StoredDump> {
  const { dumped, copying, source, log } = options;
  let stored = false;
  const report = async (bytes: number, seconds: number) => {
    const relation = await copying?.().catch(() => undefined);
    if (!stored) log(describeProgress({ bytes, seconds, databaseBytes: source.databaseBytes, relation }));
  };
  const plain = countStream(
    dumped,
    progressReporter((bytes, seconds) => void report(bytes, seconds)),
  );
  // The snapshot is needed again for the counting, and who says nothing for long may be forgotten on the way.
  const beat = setInterval(() => void source.connection.query('SELECT').catch(() => {}), beatMs);
  try {
    const dump = await storeStream(options, options.files.dump, plain.chunks);
    return { plain: plain.count, dump };
  } finally {
    stored = true;
    clearInterval(beat);
  }
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
export function describeProgress(given: {
  bytes: number;
  seconds: number;
  databaseBytes: number;
  relation: string | undefined;
}): string {
  const { bytes, seconds, databaseBytes, relation } = given;
  const rate = seconds > 0 ? bytes / seconds : 0;
  const left = rate > 0 && databaseBytes > bytes ? Math.ceil((databaseBytes - bytes) / rate) : undefined;
  const rest = left === undefined ? '' : `, at most ${left} s left`;
  return `dumped ${describeBytes(bytes)} of at most ${describeBytes(databaseBytes)} in ${seconds} s (${describeBytes(rate)}/s${rest})${relation === undefined ? '' : `; now ${relation}`}`;
}
