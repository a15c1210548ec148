import type { Clock } from '#http/clock';
import { type BegunDump, beginDump } from './begin-dump.ts';
import { makeChallenges } from './challenges.ts';
import { describeBackup } from './describe-backup.ts';
import type { BackupDestination } from './destination.ts';
import { openEncryption } from './encryption.ts';
import { estimateSeconds } from './estimate-backup.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import { type BackupKind, type BackupManifest, digestOf, formatManifest, type VerifyLevel } from './manifest.ts';
import { describeBytes } from './measure-stream.ts';
import type { SourceSnapshot } from './source-snapshot.ts';
import { oneChunk, storeBackup } from './store-backup.ts';
import { verifyBackup } from './verify-backup.ts';

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
  let begun: BegunDump | undefined;
  try {
    const challenges = await makeChallenges(encryption);
    begun = await beginDump(options.url, {
      ...(options.binaries === undefined ? {} : { binaries: options.binaries }),
      ...(options.tables === undefined ? {} : { tables: options.tables }),
      clock: options.clock,
      deadlineMs,
      log,
      ...signal,
    });
    const { source, binaries, dumped, giveUp } = begun;
    announce(source, log);
    const files = {
      dump: `${options.name}.dump.zst.${encryption.kind}`,
      contents: `${options.name}.contents.zst.${encryption.kind}`,
    };
    const dumpStarted = performance.now();
    const stored = await storeBackup({ source, dumped, encryption, destinations, files, log, giveUp, ...signal });
    await source.close();
    const dump = secondsSince(dumpStarted);
    log(
      `backup stored: ${describeBytes(stored.dump.bytes)} encrypted (${describeBytes(stored.plain.bytes)} dumped) in ${dump.toFixed(1)} s`,
    );
    const verification = await verifyBackup({
      dump: { file: files.dump, bytes: stored.dump.bytes, sha256: stored.dump.sha256() },
      contentsFile: { file: files.contents, bytes: stored.contentsFile.bytes, sha256: stored.contentsFile.sha256() },
      level: options.verify ?? 'restore',
      destinations,
      decrypt: encryption.decrypt,
      source,
      binaries,
      contents: stored.contents,
      ...(source.selected ? { tables: source.tables } : {}),
      deadlineMs,
      log,
      ...signal,
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
      stored,
      verification,
      totalsOnly: options.totalsOnly ?? false,
      times: { dump, total: secondsSince(started) },
    });
    const manifestFile = `${options.name}.manifest.json`;
    const text = formatManifest(manifest);
    for (const destination of destinations) {
      await destination.write(manifestFile, oneChunk(text));
    }
    log(`backup ${verification.verdict}: ${verification.message} (${secondsSince(started).toFixed(1)} s in all)`);
    return { manifest, manifestFile, manifestDigest: digestOf(text) };
  } finally {
    await begun?.end();
    await encryption.close();
  }
}

function announce(source: SourceSnapshot, log: (line: string) => void): void {
  const seconds = estimateSeconds(source.databaseBytes);
  log(
    `backing up ${describeBytes(source.databaseBytes)} of PostgreSQL ${source.version}; backup and proof take about ${seconds} s`,
  );
  if (source.unreadable.length > 0) {
    log(`not in the backup, because the role may not read them: ${source.unreadable.join(', ')}`);
  }
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
