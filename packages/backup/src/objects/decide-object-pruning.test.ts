import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealedManifest } from '../sealed-document.ts';
import { decideObjectPruning } from './decide-object-pruning.ts';
import type { FoundCatalogue } from './find-catalogues.ts';

const day = 86_400;
const version = (letter: string, run: number) => `${letter.repeat(40)}-${run}.1.object.zst.age`;
const catalogue = (
  at: number,
  run: number,
  versions: string[],
  complete = true,
  environment = 'production',
): FoundCatalogue => {
  const name = `objects-${environment}-${at}-${run}.1${complete ? '' : '-part1'}`;
  const manifest = {
    ...{ name, createdAt: at * day, complete, kind: 'objects', environment },
    object: { file: `${name}.objects.zst.age` },
    versions: Object.fromEntries(versions.map((file) => [file, [1, 'x']])),
  } as unknown as SealedManifest;
  return { manifest, manifestFile: `${name}.objects.json`, manifestDigest: '' };
};
const decide = (
  catalogues: FoundCatalogue[],
  now: number,
  more: string[] = [],
  others: FoundCatalogue[] = [],
  unread = 0,
) => {
  const files = [...new Set([...catalogues.flatMap(({ manifest }) => Object.keys(manifest.versions ?? {})), ...more])];
  const given = {
    ...{ environment: 'production', keepDays: 30, freshSeconds: 1.1 * day, now: now * day, unread },
    others: others.map(({ manifest }) => manifest),
  };
  return decideObjectPruning(
    catalogues,
    files.map((name) => ({ name })),
    given,
  );
};
const [first, second] = [version('a', 1), version('b', 2)];

test('an overwritten object has both versions for 30 days, and on day 31 only the current one', () => {
  const nights = (until: number) =>
    Array.from({ length: until }, (_, index) => catalogue(index + 1, index + 2, [second])).concat(
      catalogue(0, 1, [first]),
    );
  assert.deepEqual(decide(nights(29), 29), { remove: [], versions: 0 });
  assert.deepEqual(
    decide(nights(31), 31),
    { remove: [], versions: 0 },
    'day 1 is 30 days old: day 0 tells what was before it',
  );
  const over = decide(nights(32), 32);
  assert.deepEqual(
    over.remove.filter((name) => name.includes('.object.')),
    [first],
  );
  assert.equal(over.versions, 1);
  assert.ok(!over.remove.includes(second), 'the current version never goes');
  assert.equal(over.remove[0]?.endsWith('.objects.json'), true, 'a catalogue goes before what it names');
});

test('with one run before and one after 31 days the current one is all that is left', () => {
  const found = decide([catalogue(0, 1, [first]), catalogue(0.5, 2, [second]), catalogue(31, 3, [second])], 31);
  assert.deepEqual(
    found.remove.filter((name) => name.includes('.object.')),
    [first],
  );
});

test('a deleted object is kept as an old version, and goes with it', () => {
  const kept = decide([catalogue(0, 1, [first]), catalogue(1, 2, [])], 1);
  assert.deepEqual(kept, { remove: [], versions: 0 });
  const gone = decide([catalogue(0, 1, [first]), catalogue(1, 2, []), catalogue(32, 3, [])], 32);
  assert.ok(gone.remove.includes(first));
});

test('nothing is removed while the newest complete catalogue is missing, old or from the future', () => {
  const part = catalogue(40, 9, [], false);
  assert.match(decide([part], 40).kept ?? '', /no complete/);
  assert.match(decide([part, catalogue(0, 1, [first]), catalogue(2, 2, [])], 40).kept ?? '', /too old/);
  assert.match(decide([catalogue(60, 9, [])], 40).kept ?? '', /no complete/);
});

test('what a killed run left goes when no run of then can be under way, what its part names with the next complete one', () => {
  const [left, unnamed, writing] = [version('c', 1), version('e', 1), version('d', 9)];
  const part = catalogue(1, 1, [left], false);
  const found = decide([catalogue(2, 2, [second]), part], 2, [unnamed, writing]);
  assert.ok(found.remove.includes(left) && found.remove.includes(part.manifestFile));
  assert.ok(!found.remove.includes(unnamed), 'perhaps a copy that began earlier and is still under way');
  assert.ok(!found.remove.includes(writing));
  const later = decide([catalogue(2, 2, [second]), catalogue(9, 12, [second])], 9, [unnamed, writing]);
  assert.deepEqual(later.remove, [unnamed], 'run 9 began after the settled one');
  const going = decide([catalogue(0, 1, [second]), catalogue(1, 2, [left], false)], 1);
  assert.deepEqual(going.remove, [], 'a part that is newer than every complete one is gone on from');
});

test('what others name in the same place stays, and where they keep objects what nobody names stays as well', () => {
  const [own, its, unnamed] = [version('c', 1), version('e', 1), version('f', 1)];
  const catalogues = [catalogue(0, 1, [own]), catalogue(1, 2, [second]), catalogue(32, 3, [second])];
  const versionsOf = (others: FoundCatalogue[], unread = 0) =>
    decide(catalogues, 32, [its, unnamed], others, unread).remove.filter((name) => name.includes('.object.'));
  assert.deepEqual(versionsOf([]), [own, its, unnamed]);
  const of = (environment: string, at: number, versions: string[]) => catalogue(at, 1, versions, true, environment);
  assert.deepEqual(versionsOf([of('staging', 0, [its])]), [own]);
  assert.deepEqual(versionsOf([of('staging', 0, [its, own])]), [], 'ours and theirs');
  assert.deepEqual(versionsOf([], 1), [own], 'one that cannot be read may name the rest');
  assert.deepEqual(versionsOf([of('production', 5, [its, own])]), [unnamed], 'in no record, and within the 30 days');
  assert.deepEqual(versionsOf([of('production', 1, [its, own])]), [own, its, unnamed], 'in no record, and older');
});
