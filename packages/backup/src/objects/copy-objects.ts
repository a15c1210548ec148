import { BackupFailed } from '../backup-error.ts';
import { compressStream, decompressStream } from '../compress-stream.ts';
import type { BackupDestination } from '../destination.ts';
import type { Encryption } from '../encryption.ts';
import { measureStream } from '../measure-stream.ts';
import { readBack } from '../read-back.ts';
import type { KnownVersion } from './known-versions.ts';
import { type KeptObject, versionFile, versionKey } from './object-list.ts';
import { type LiveBucket, type LiveObject, ObjectGone, type ObjectStore } from './object-store.ts';

export interface CopyOptions {
  source: Pick<ObjectStore, 'buckets' | 'list' | 'read'>;
  /** Buckets to leave out. */
  except: readonly string[];
  destinations: readonly BackupDestination[];
  encryption: Encryption;
  known: ReadonlyMap<string, KnownVersion>;
  /** `<run id>.<attempt>`, for the names of files. */
  run: string;
  /** Called now and then with what there is so far, so that the next run can go on from there; default never. */
  checkpoint?: (state: CopyState) => Promise<void>;
  /** Milliseconds between two of them, by the monotonic clock; default 5 minutes. */
  checkpointMs?: number;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface CopyState {
  buckets: LiveBucket[];
  objects: KeptObject[];
  versions: Record<string, [number, string]>;
  copied: { objects: number; bytes: number };
  /** Objects that were listed and removed before they were read. */
  gone: number;
  /** `bucket/name: why` of what could not be copied. */
  failed: string[];
}

/** Copied at the same time. */
const lanes = 4;
const standardCheckpointMs = 5 * 60_000;
/** After so many it is the storage or the network, and not an object. */
const mostFailures = 20;

/**
 * Copies every object whose version is not known, each as a file of its own: compressed, encrypted, stored, read back from every
 * destination and opened with the one-time key. Memory holds the list and a piece of each lane, never an object.
 * @throws BackupFailed where listing fails or too much does, or the signal's reason; `checkpoint` was called before.
 */
export async function copyObjects(options: CopyOptions): Promise<CopyState> {
  const { source, known, checkpoint, signal } = options;
  const buckets = (await source.buckets()).filter(({ name }) => !options.except.includes(name));
  const state: CopyState = {
    buckets,
    objects: [],
    versions: {},
    copied: { objects: 0, bytes: 0 },
    gone: 0,
    failed: [],
  };
  const keep = (object: LiveObject, { file, bytes, sha256 }: KnownVersion) => {
    state.objects.push({ ...object, file });
    state.versions[file] = [bytes, sha256];
  };
  let saving: Promise<void> | undefined;
  let saved = performance.now();
  const saveNow = async () => {
    saving ??= checkpoint?.(state).finally(() => {
      saved = performance.now();
      saving = undefined;
    });
    await saving;
  };
  async function* changed(): AsyncGenerator<LiveObject> {
    for (const { name } of buckets)
      for await (const object of source.list(name)) {
        const version = known.get(versionKey(object));
        if (version === undefined) yield object;
        else keep(object, version);
      }
  }
  const queue = changed();
  const lane = async () => {
    // An async generator answers its callers one after the other: each object goes to one lane.
    for (let next = await queue.next(); next.done !== true; next = await queue.next()) {
      signal.throwIfAborted();
      const object = next.value;
      try {
        const stored = await copyOne(object, options);
        keep(stored.object, stored.version);
        state.copied.objects += 1;
        state.copied.bytes += stored.object.bytes;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ObjectGone) state.gone += 1;
        else if (error instanceof BackupFailed) state.failed.push(`${object.bucket}/${object.name}: ${error.message}`);
        else throw error;
        if (state.failed.length > mostFailures) throw error;
      }
      if (performance.now() - saved > (options.checkpointMs ?? standardCheckpointMs)) await saveNow();
    }
  };
  try {
    const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  } catch (error) {
    // What was copied is not copied again.
    await saving?.catch(() => {});
    if (state.copied.objects > 0) await saveNow().catch((failure: Error) => options.log(failure.message));
    throw error;
  }
  await saving;
  return state;
}

async function copyOne(
  listed: LiveObject,
  { source, destinations, encryption, run, signal }: CopyOptions,
): Promise<{ object: LiveObject; version: KnownVersion }> {
  const [primary, ...others] = destinations;
  if (primary === undefined) throw new BackupFailed('destination_failed', 'no backup destination is given');
  const file = versionFile(versionKey(listed), run, encryption.kind);
  const plain = measureStream(source.read(listed));
  const sealed = measureStream(encryption.encrypt(compressStream(plain.chunks)));
  await primary.write(file, sealed.chunks);
  for (const destination of others) await destination.write(file, primary.read(file));
  const version = { file, bytes: sealed.measurement.bytes, sha256: sealed.measurement.sha256() };
  for (const destination of destinations) {
    const { problem } = await readBack(destination, version, signal);
    if (problem !== undefined) throw new BackupFailed('digest_mismatch', problem);
  }
  const opened = measureStream(decompressStream(encryption.decrypt(primary.read(file))));
  for await (const _ of opened.chunks) signal.throwIfAborted();
  if (opened.measurement.sha256() !== plain.measurement.sha256())
    throw new BackupFailed('digest_mismatch', `${primary.description}: ${file} opens to something else`);
  // It was replaced since it was listed: what was read is whole, and the next run finds the list's version changed.
  return { object: { ...listed, bytes: plain.measurement.bytes }, version };
}
