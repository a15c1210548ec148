import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decidePruning, filesOf, proven, standardRetention } from './decide-pruning.ts';
import { directoryDestination } from './destination.ts';
import type { FoundBackup } from './find-verified-backup.ts';
import { judgeFreshness } from './judge-freshness.ts';
import type { BackupManifest } from './manifest.ts';

const day = 86_400;
const now = 1_800_000_000;
const destination = directoryDestination('/nowhere');

interface Sketch {
  days: number;
  kind?: BackupManifest['kind'];
  verdict?: BackupManifest['verification']['verdict'];
  identity?: string | undefined;
  environment?: string;
  complete?: boolean;
  partial?: boolean;
  name?: string;
}

function backup(sketch: Sketch): FoundBackup {
  const { days, verdict = 'verified', complete = true, partial = false, environment = 'production' } = sketch;
  const name = sketch.name ?? `b-${days}-${sketch.kind}`;
  const manifest = {
    name,
    createdAt: now - days * day,
    kind: sketch.kind,
    environment,
    object: { file: `${name}.dump.zst.age`, encryption: 'age' },
    contents: { file: `${name}.contents.zst.age` },
    source: { identity: 'identity' in sketch ? sketch.identity : 'sha256:a', snapshotAt: now - days * day },
    verification: { verdict },
    partial,
  } as unknown as BackupManifest;
  const manifestDigest = { bytes: 1, sha256: '' };
  return { manifest, manifestFile: `${name}.manifest.json`, manifestDigest, destination, complete };
}

const rules = { environment: 'production', retention: standardRetention, freshSeconds: 26 * 3600, now };
const pruned = (backups: FoundBackup[], more = {}) =>
  decidePruning(backups, { ...rules, ...more }).prune.map((one) => one.manifest.name);

describe('decidePruning', () => {
  test('on days 29, 31, 89 and 91: automatic ones go after 30, those by hand after 90', () => {
    const kinds = ['scheduled', 'migration', 'manual', undefined] as const;
    const all = kinds.flatMap((kind) => [29, 31, 89, 91].map((days) => backup({ days, kind })));
    const gone = pruned([backup({ days: 0.1, name: 'new' }), ...all]);
    assert.deepEqual(gone.sort(), [
      'b-31-migration',
      'b-31-scheduled',
      'b-89-migration',
      'b-89-scheduled',
      'b-91-manual',
      'b-91-migration',
      'b-91-scheduled',
      'b-91-undefined',
    ]);
    assert.deepEqual(pruned([backup({ days: 0.1 }), ...all], { retention: { automatic: 100, manual: 100 } }), []);
  });

  test('nothing goes when the new backup is not verified, not whole, or of single tables', () => {
    const old = backup({ days: 400, kind: 'scheduled' });
    for (const wrong of [
      { verdict: 'mismatch' },
      { verdict: 'could-not-verify' },
      { complete: false },
      { partial: true },
    ] as const) {
      const decision = decidePruning([backup({ days: 0.1, ...wrong }), old], rules);
      assert.deepEqual(decision.prune, []);
      assert.match(decision.kept.join(), /nothing is removed: the newest backup b-0\.1/);
    }
    assert.deepEqual(pruned([backup({ days: 3 }), old]), []);
  });

  test('what others wrote, other environments and a manifest that names files of others stay', () => {
    const old = { days: 400, kind: 'scheduled' } as const;
    const foreign = backup(old);
    foreign.manifest.object.file = 'precious.dump.zst.age';
    const renamed = { ...backup(old), manifestFile: 'other.manifest.json' };
    const others = [
      backup({ ...old, environment: 'staging' }),
      backup({ ...old, identity: undefined }),
      foreign,
      renamed,
    ];
    assert.deepEqual(pruned([backup({ days: 0 }), ...others]), []);
    // One from the future stands for nothing.
    assert.deepEqual(pruned([backup({ days: -9 }), backup({ ...old })]), []);
  });

  test('the manifest is removed last', () => {
    assert.deepEqual(filesOf(backup({ days: 1, name: 'x' })), [
      'x.dump.zst.age',
      'x.contents.zst.age',
      'x.manifest.json',
    ]);
  });

  const sketch = fc.record({
    days: fc.double({ min: -2, max: 200, noNaN: true }),
    kind: fc.constantFrom('scheduled', 'migration', 'manual', undefined),
    verdict: fc.constantFrom('verified', 'verified', 'mismatch', 'could-not-verify'),
    identity: fc.constantFrom('sha256:a', 'sha256:b', undefined),
    environment: fc.constantFrom('production', 'production', 'staging'),
    complete: fc.constantFrom(true, true, false),
    partial: fc.constantFrom(false, false, true),
  });
  const store = fc
    .array(sketch, { maxLength: 12 })
    .map((list) => list.map((one, index) => backup({ ...one, name: `b-${index}` } as Sketch)));

  test('whatever lies there: the newest verified backup of each database stays, and only what is old goes', () => {
    const days = fc.integer({ min: 1, max: 120 });
    fc.assert(
      fc.property(store, days, days, (backups, automatic, manual) => {
        const { prune } = decidePruning(backups, { ...rules, retention: { automatic, manual } });
        for (const identity of ['sha256:a', 'sha256:b']) {
          const group = backups.filter(
            (one) =>
              one.manifest.source.identity === identity &&
              proven(one) &&
              one.manifest.environment === 'production' &&
              one.manifest.createdAt <= now,
          );
          const newest = group.toSorted((a, b) => b.manifest.createdAt - a.manifest.createdAt)[0];
          assert.ok(newest === undefined || !prune.includes(newest));
          // Whoever loses a backup keeps a verified one that is younger.
          for (const gone of prune.filter((one) => one.manifest.source.identity === identity)) {
            assert.ok(newest !== undefined && newest.manifest.createdAt > gone.manifest.createdAt);
          }
        }
        for (const { manifest } of prune) {
          assert.equal(manifest.environment, 'production');
          assert.ok(now - manifest.createdAt > Math.min(automatic, manual) * day);
        }
        // Doing it twice changes nothing more.
        const rest = backups.filter((one) => !prune.includes(one));
        assert.deepEqual(decidePruning(rest, { ...rules, retention: { automatic, manual } }).prune, []);
      }),
      { numRuns: 500 },
    );
  });
});

test('freshness: the newest verified one counts by the age of its rows, and later failures are said', () => {
  const given = { environment: 'production', maxAgeSeconds: 26 * 3600, now, place: 'bucket x' };
  const fresh = judgeFreshness(
    [backup({ days: 0.1, verdict: 'mismatch' }), backup({ days: 1 }), backup({ days: 5 })],
    given,
  );
  assert.deepEqual([fresh.verdict, fresh.newest?.manifest.name], ['fresh', 'b-1-undefined']);
  assert.match(fresh.message, /24 h old \(limit 26 h\): b-1-undefined; 1 backup since then could not be verified/);
  const stale = judgeFreshness([backup({ days: 1.25 }), backup({ days: 0.1, environment: 'staging' })], given);
  assert.deepEqual([stale.verdict, stale.reasonCode], ['stale', 'too_old']);
  const none = judgeFreshness([backup({ days: 0.1, complete: false }), backup({ days: -3 })], given);
  assert.deepEqual(
    [none.reasonCode, none.message],
    ['no_backup', 'there is no verified backup of production in bucket x, and 1 that could not be verified'],
  );
});
