import type { Clock } from '#http/clock';
import { checkRecipients, createOneTimeKey, encryptStream, fingerprint, type OneTimeKey } from './age-stream.ts';
import { BackupFailed } from './backup-error.ts';
import { compressStream } from './compress-stream.ts';
import { type DatabaseContents, readContents } from './database-contents.ts';
import type { BackupDestination } from './destination.ts';
import { dumpStream } from './dump-stream.ts';
import { findPostgres, type PostgresBinaries } from './find-postgres.ts';
import { type BackupManifest, formatManifest, manifestSchemaVersion, restoreCommand } from './manifest.ts';
import { describeBytes, type Measurement, measureStream, progressReporter } from './measure-stream.ts';
import { openSourceSnapshot, type SourceSnapshot } from './source-snapshot.ts';
import { type VerifyResult, verifyBackup } from './verify-backup.ts';

export interface CreateBackupOptions {
  url: string;
  /** Unique; becomes `<name>.dump.zst.age` and `<name>.manifest.json`. */
  name: string;
  destinations: readonly BackupDestination[];
  /** age public keys. */
  recipients: readonly string[];
  /** Default: found for the server's own major. */
  binaries?: PostgresBinaries;
  clock: Clock;
  /** Per stage; default 2 h. */
  deadlineMs?: number;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

export interface BackupResult {
  manifest: BackupManifest;
  /** Where the manifest is kept: the first destination, by its file name. */
  manifestFile: string;
}

/** Bytes per second that dump, restore and comparison together reach on two cores; a careful guess. */
const assumedRate = 20_000_000;
const startSeconds = 5;

/**
 * Makes a restore point and proves it: dumped from one snapshot, compressed, encrypted and stored as one stream, then
 * verified. Whatever the verdict, object and manifest stay.
 * @throws BackupFailed when no object could be made, PostgresMissing, DatabaseUnreachable, or the signal's reason.
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupResult> {
  const started = performance.now();
  const log = options.log ?? (() => {});
  await checkRecipients(options.recipients);
  const source = await openSourceSnapshot(options.url, options.signal);
  try {
    const binaries = options.binaries ?? (await findPostgres({ major: source.major, server: true }));
    announce(source, log);
    const key = await createOneTimeKey();
    const file = `${options.name}.dump.zst.age`;
    const dumpStarted = performance.now();
    const [stored, contents] = await storeAndCount(options, source, binaries, key, file, log);
    await source.close();
    const dump = secondsSince(dumpStarted);
    log(
      `backup stored: ${describeBytes(stored.object.bytes)} encrypted (${describeBytes(stored.plain.bytes)} dumped) in ${dump.toFixed(1)} s`,
    );
    const verification = await verifyBackup({
      file,
      destinations: options.destinations,
      sha256: stored.object.sha256(),
      bytes: stored.object.bytes,
      identity: key.identity,
      source,
      binaries,
      contents,
      deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
      log,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const manifest = describe(options, source, binaries, { file, ...stored }, contents, verification, {
      dump,
      total: secondsSince(started),
    });
    const manifestFile = `${options.name}.manifest.json`;
    for (const destination of options.destinations) {
      await destination.write(manifestFile, oneChunk(formatManifest(manifest)));
    }
    log(`backup ${verification.verdict}: ${verification.message} (${secondsSince(started).toFixed(1)} s in all)`);
    return { manifest, manifestFile };
  } finally {
    await source.close();
  }
}

const defaultDeadlineMs = 2 * 60 * 60 * 1000;

function announce(source: SourceSnapshot, log: (line: string) => void): void {
  const seconds = Math.ceil(startSeconds + source.databaseBytes / assumedRate);
  log(
    `backing up ${describeBytes(source.databaseBytes)} of PostgreSQL ${source.version}; backup and proof take about ${seconds} s`,
  );
  if (source.unreadable.length > 0) {
    log(`not in the backup, because the role may not read them: ${source.unreadable.join(', ')}`);
  }
}

interface Stored {
  plain: Measurement;
  object: Measurement;
}

/** The dump runs while the rows are counted: both see the snapshot, and the source waits once. */
async function storeAndCount(
  options: CreateBackupOptions,
  source: SourceSnapshot,
  binaries: PostgresBinaries,
  key: OneTimeKey,
  file: string,
  log: (line: string) => void,
): Promise<[Stored, DatabaseContents]> {
  const giveUp = new AbortController();
  const signal = options.signal === undefined ? giveUp.signal : AbortSignal.any([options.signal, giveUp.signal]);
  const storing = store({ ...options, signal }, source, binaries, key, file, log);
  const counting = readContents(source.connection, source.relations).catch((error: unknown) => {
    throw new BackupFailed('source_unreadable', `the rows could not be counted: ${(error as Error).message}`, {
      cause: error,
    });
  });
  const [stored, contents] = await Promise.allSettled([
    storing,
    counting.catch((error: unknown) => {
      giveUp.abort(error);
      throw error;
    }),
  ]);
  options.signal?.throwIfAborted();
  if (contents.status === 'rejected') throw contents.reason;
  if (stored.status === 'rejected') throw stored.reason;
  return [stored.value, contents.value];
}

async function store(
  options: CreateBackupOptions & { signal: AbortSignal },
  source: SourceSnapshot,
  binaries: PostgresBinaries,
  key: OneTimeKey,
  file: string,
  log: (line: string) => void,
): Promise<Stored> {
  const [primary, ...others] = options.destinations;
  if (primary === undefined) throw new BackupFailed('destination_failed', 'no backup destination is given');
  const dumped = dumpStream({
    binaries,
    settings: source.settings,
    snapshot: source.snapshot,
    excludedTables: source.unreadable,
    deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
    signal: options.signal,
  });
  const plain = measureStream(
    dumped,
    progressReporter((bytes, seconds) => log(`dumped ${describeBytes(bytes)} in ${seconds} s`)),
  );
  const encrypted = encryptStream(compressStream(plain.chunks), [...options.recipients, key.recipient]);
  const object = measureStream(encrypted);
  await primary.write(file, object.chunks);
  for (const destination of others) await destination.write(file, primary.read(file));
  return { plain: plain.measurement, object: object.measurement };
}

function describe(
  options: CreateBackupOptions,
  source: SourceSnapshot,
  binaries: PostgresBinaries,
  stored: Stored & { file: string },
  contents: DatabaseContents,
  { seconds, ...verification }: VerifyResult,
  times: { dump: number; total: number },
): BackupManifest {
  return {
    schemaVersion: manifestSchemaVersion,
    name: options.name,
    createdAt: options.clock.now() / 1000,
    object: {
      file: stored.file,
      bytes: stored.object.bytes,
      sha256: stored.object.sha256(),
      format: 'pg_dump custom',
      compression: 'zstd',
      encryption: 'age',
    },
    plainBytes: stored.plain.bytes,
    source: { serverVersion: source.version, databaseBytes: source.databaseBytes, pgDumpVersion: binaries.version },
    relations: contents.relations.length,
    rows: contents.tables.reduce((sum, table) => sum + table.rows, 0),
    tables: contents.tables.map(({ name, rows }) => ({ name, rows })),
    notInBackup: source.unreadable,
    recipients: options.recipients.map(fingerprint),
    destinations: options.destinations.map((destination) => destination.description),
    verification,
    seconds: { ...seconds, ...times },
    restoreCommand: restoreCommand(stored.file),
  };
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
