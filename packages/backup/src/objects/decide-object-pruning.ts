import type { StoredObject } from '../destination.ts';
import type { SealedManifest } from '../sealed-document.ts';
import type { FoundCatalogue } from './find-catalogues.ts';
import { readVersionFile } from './object-list.ts';

export interface ObjectPruning {
  /** In the order of their removal: catalogues first, so that none is left that names what is gone. */
  remove: string[];
  /** How many of them are versions of objects. */
  versions: number;
  /** Why nothing is removed. */
  kept?: string;
}

const secondsOfDay = 24 * 60 * 60;
/** A manifest from further ahead was not made by a clock of ours. */
const aheadSeconds = 60 * 60;
/** GitHub ends every job after five days: no copy that began before a catalogue of that age is still under way. */
const longestRunDays = 6;

/**
 * Which files of the objects' place are removed. Kept are all catalogues of the last `keepDays` and the newest complete one before
 * them, so that every moment of those days can be restored, and every version that one of them names: an old version goes when all
 * of them know a newer one. What others name in the same place stays: other environments always, catalogues of ours that the ledger
 * does not know as long as ours. What nobody names is the rest of a run that died, or what a run is writing right now, of another
 * environment perhaps: it goes when a complete catalogue is so old that no run from before it is still under way, and never where others
 * keep their objects, too. Nothing is removed while the newest complete catalogue is older than `freshSeconds`. Pure.
 */
export function decideObjectPruning(
  catalogues: readonly FoundCatalogue[],
  files: readonly Pick<StoredObject, 'name'>[],
  given: {
    keepDays: number;
    freshSeconds: number;
    /** Unix seconds. */
    now: number;
    environment: string | undefined;
    /** In the same place, of other environments or in no record; default none. */
    others?: readonly Pick<SealedManifest, 'environment' | 'createdAt' | 'versions'>[];
    /** Catalogues in the same place that cannot be read: nobody knows what they name; default none. */
    unread?: number;
  },
): ObjectPruning {
  const { environment, keepDays, freshSeconds, now, others = [], unread = 0 } = given;
  const nothing = (kept: string): ObjectPruning => ({ remove: [], versions: 0, kept });
  const age = ({ manifest }: FoundCatalogue) => now - manifest.createdAt;
  const ours = catalogues.filter((one) => age(one) >= -aheadSeconds).toSorted((a, b) => age(a) - age(b));
  const complete = ours.filter(({ manifest }) => manifest.complete === true);
  const [newest] = complete;
  if (newest === undefined) return nothing('there is no complete catalogue of the objects');
  if (age(newest) > freshSeconds)
    return nothing(`the newest complete catalogue ${newest.manifestFile} is itself too old`);
  const limit = keepDays * secondsOfDay;
  const before = complete.find((one) => age(one) > limit);
  const keep = new Set([
    ...ours.filter((one) => age(one) <= limit && (one.manifest.complete === true || age(one) < age(newest))),
    newest,
    ...(before === undefined ? [] : [before]),
  ]);
  const over = ours.filter((one) => !keep.has(one));
  const foreign = others.filter((one) => one.environment !== environment);
  const unproven = others.filter((one) => one.environment === environment && now - one.createdAt <= limit);
  const named = namedBy([...[...keep].map(({ manifest }) => manifest), ...foreign, ...unproven]);
  const everOurs = namedBy(ours.map(({ manifest }) => manifest));
  const settled = complete.find((one) => age(one) > longestRunDays * secondsOfDay);
  const lastDead = foreign.length + unread > 0 || settled === undefined ? undefined : runOf(settled.manifest.name);
  const versions = files.flatMap(({ name }) => {
    const version = readVersionFile(name);
    if (version === undefined || named.has(name)) return [];
    return everOurs.has(name) || (lastDead !== undefined && version.runId < lastDead) ? [name] : [];
  });
  return {
    remove: [...over.flatMap(({ manifest, manifestFile }) => [manifestFile, manifest.object.file]), ...versions],
    versions: versions.length,
  };
}

function namedBy(manifests: readonly Pick<SealedManifest, 'versions'>[]): Set<string> {
  return new Set(manifests.flatMap(({ versions }) => Object.keys(versions ?? {})));
}

/** Every name ends in run and attempt. */
function runOf(name: string): number {
  return Number(/-(\d+)\.\d+(?:-part\d+)?$/.exec(name)?.[1] ?? 0);
}
