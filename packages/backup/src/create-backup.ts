import type { Clock } from '#http/clock';
import { BackupFailed } from './backup-error.ts';
import { type BegunDump, beginDump } from './begin-dump.ts';
import { makeChallenges } from './challenges.ts';
import { describeBackup, notCovered } from './describe-backup.ts';
import type { BackupDestination } from './destination.ts';
import { openEncryption } from './encryption.ts';
import { estimateSeconds } from './estimate-backup.ts';
import { describePostgres, type PostgresBinaries } from './find-postgres.ts';
import {
  type BackupKind,
  type BackupManifest,
  digestOf,
  formatManifest,
  isSufficient,
  type VerifyLevel,
} from './manifest.ts';
import { describeBytes } from './measure-stream.ts';
import { oneChunk } from './one-chunk.ts';
import { readBack } from './read-back.ts';
import type { Cluster } from './scratch-cluster.ts';
import { describeOutdated } from './security-minor.ts';
import type { SourceSnapshot } from './source-snapshot.ts';
import { type StoredContentsFile, storeContents, storeDump } from './store-backup.ts';
import { readSurroundings } from './table-surroundings.ts';
import { startScratch, type VerifyOptions, type VerifyResult, verifyBackup } from './verify-backup.ts';

export interface CreateBackupOptions {
  url: string;
  /** Unique; becomes `<name>.dump.zst.age` (or `.gpg`), `<name>.contents.zst.age` and `<name>.manifest.json`. */
  name: string;
  /** Default `manual`. */
  kind?: BackupKind;
  /** Name of the environment whose database this is. */
  environment?: string;
  /** The first one gets the stream, the others a copy of what it holds; each is read back. */
  destinations: readonly BackupDestination[];
  /** age public keys, or SSH ones where the age program is installed. */
  recipients: readonly string[];
  /** Lines of OpenPGP public keys; instead of `recipients`. */
  gpgRecipients?: readonly string[];
  /** Default `restore`; less is a weakening that the caller must show (S11). */
  verify?: VerifyLevel;
  /** Names of the only tables to back up, as SQL writes them; absent: the whole database. */
  tables?: readonly string[];
  /** Leaves names and row counts out of the manifest, for stores that strangers can read. */
  totalsOnly?: boolean;
  /** Default: found for the server's own version (ADR 0011). */
  binaries?: PostgresBinaries;
  /** `name@sha256:…`: the only image that dump and scratch server may use. */
  scratchImage?: string | undefined;
  clock: Clock;
  /** Per stage; default 2 h. */
  deadlineMs?: number;
  /** How long pg_dump may hear nothing until a second connection looks whether its path is dead; default 30 s. */
  quietMs?: number;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

export interface BackupResult {
  manifest: BackupManifest;
  /** Where the manifest is kept: every destination, by its file name. */
  manifestFile: string;
  /** Of the manifest's own bytes. */
  manifestDigest: { bytes: number; sha256: string };
}

const defaultDeadlineMs = 2 * 60 * 60 * 1000;

/**
 * Makes a restore point and proves it: dumped from one snapshot, compressed, encrypted and stored as one stream, then
 * verified. Whatever the verdict, object and manifest stay; the manifest is written last, so an object without one is the
 * rest of a run that died.
 * @throws BackupFailed when no object could be made, PostgresMissing, DatabaseUnreachable, or the signal's reason.
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupResult> {
  const started = performance.now();
  const log = options.log ?? (() => {});
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  const { destinations } = options;
  const recipients = { age: options.recipients, gpg: options.gpgRecipients ?? [] };
  const encryption = await openEncryption(recipients, options.signal);
  const level = options.verify ?? 'restore';
  let begun: BegunDump | undefined;
  let scratch: Promise<Cluster> | undefined;
  try {
    const challenges = await makeChallenges(encryption);
    begun = await beginDump(options.url, {
      ...(options.binaries === undefined ? {} : { binaries: options.binaries }),
      ...(options.tables === undefined ? {} : { tables: options.tables }),
      scratchImage: options.scratchImage,
      clock: options.clock,
      deadlineMs,
      quietMs: options.quietMs,
      log,
      ...signal,
    });
    const { source, binaries, dumped, copying } = begun;
    announce(source, log);
    log(`dump and scratch server: ${describePostgres(binaries)}`);
    const outdated = describeOutdated(binaries);
    if (outdated !== undefined) log(`warning: ${outdated}`);
    const files = {
      dump: `${options.name}.dump.zst.${encryption.kind}`,
      contents: `${options.name}.contents.zst.${encryption.kind}`,
    };
    const dumpStarted = performance.now();
    // It is ready when the dump is.
    scratch = startScratch({ binaries, level, source, ...signal });
    const surroundings = source.selected
      ? { surroundings: await readSurroundings(source, { url: options.url, binaries, deadlineMs, ...signal }) }
      : {};
    const store = { source, encryption, destinations, files };
    // Where strangers may look, the log does not tell table by table what is copied.
    const named = options.totalsOnly === true ? {} : { copying };
    const dump = await storeDump({ ...store, dumped, ...named, log });
    const dumpSeconds = secondsSince(dumpStarted);
    log(
      `backup stored: ${describeBytes(dump.dump.bytes)} encrypted (${describeBytes(dump.plain.bytes)} dumped) in ${dumpSeconds.toFixed(1)} s`,
    );
    const { counted, verification } = await countAndProve({ ...store, ...surroundings }, options.signal, {
      dump: { file: files.dump, bytes: dump.dump.bytes, sha256: dump.dump.sha256() },
      level,
      scratch,
      destinations,
      decrypt: encryption.decrypt,
      source,
      binaries,
      ...(source.selected ? { tables: source.tables } : {}),
      ...surroundings,
      deadlineMs,
      log,
    });
    const manifest = describeBackup({
      name: options.name,
      createdAt: options.clock.now() / 1000,
      kind: options.kind ?? 'manual',
      ...(options.environment === undefined ? {} : { environment: options.environment }),
      source,
      binaries,
      encryption,
      challenges,
      destinations,
      files,
      stored: { ...dump, ...counted },
      verification,
      totalsOnly: options.totalsOnly ?? false,
      times: { dump: dumpSeconds, total: secondsSince(started) },
    });
    const manifestFile = `${options.name}.manifest.json`;
    const text = formatManifest(manifest);
    await storeManifest({ file: manifestFile, text, proven: isSufficient(verification) }, options);
    // A log may name objects, and carries no values (S29; `toolComplaint`): without the reason nobody could mend it.
    const { message } = verification.verdict === 'could-not-verify' ? verification : manifest.verification;
    log(`backup ${verification.verdict}: ${message} (${secondsSince(started).toFixed(1)} s in all)`);
    return { manifest, manifestFile, manifestDigest: digestOf(text) };
  } finally {
    await (await scratch?.catch(() => undefined))?.stop();
    await begun?.end();
    await encryption.close();
  }
}

/** Written last, and read back like what was proven: nothing restores a backup whose manifest was lost (I10). */
async function storeManifest(
  { file, text, proven }: { file: string; text: string; proven: boolean },
  { destinations, signal }: Pick<CreateBackupOptions, 'destinations' | 'signal'>,
): Promise<void> {
  for (const destination of destinations) {
    await destination.write(file, oneChunk(text));
    if (!proven) continue;
    const { problem } = await readBack(destination, { file, ...digestOf(text) }, signal);
    if (problem !== undefined)
      throw new BackupFailed('destination_failed', `${problem}: nothing restores a backup without it`);
  }
}

/**
 * Counts the rows of the snapshot while what is stored is read back and restored; whichever of both fails first ends the
 * other. Without counts nothing could ever be compared: then the object is removed again, where the store lets us.
 */
async function countAndProve(
  store: Parameters<typeof storeContents>[0],
  signal: AbortSignal | undefined,
  proof: Omit<VerifyOptions, 'counted' | 'signal'>,
): Promise<{ counted: StoredContentsFile; verification: VerifyResult }> {
  const stop = new AbortController();
  const counting = storeContents(store);
  counting.catch((error: unknown) => stop.abort(error));
  const expected = counting.then(({ contents, contentsFile }) => ({
    contents,
    contentsFile: { file: store.files.contents, bytes: contentsFile.bytes, sha256: contentsFile.sha256() },
  }));
  expected.catch(() => {});
  const proving = verifyBackup({
    ...proof,
    counted: expected,
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  });
  const [counted, verification] = await Promise.allSettled([counting, proving]);
  signal?.throwIfAborted();
  if (counted.status === 'rejected') {
    for (const destination of store.destinations) await destination.remove(store.files.dump).catch(() => {});
    throw counted.reason;
  }
  if (verification.status === 'rejected') throw verification.reason;
  return { counted: counted.value, verification: verification.value };
}

function announce(source: SourceSnapshot, log: (line: string) => void): void {
  const seconds = estimateSeconds(source.databaseBytes);
  log(
    `backing up ${describeBytes(source.databaseBytes)} of PostgreSQL ${source.version}; backup and proof take about ${seconds} s`,
  );
  log(`not in the backup: ${notCovered(source).join('; ')}`);
  if (source.unreadable.length > 0) {
    log(`not in the backup, because the role may not read them: ${source.unreadable.join(', ')}`);
  }
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
