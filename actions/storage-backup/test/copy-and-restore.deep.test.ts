import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { startStorage, type TestStorage } from '#backup/testing/start-storage';
import { dayMs, type StorageRuns, startStorageRuns } from './storage-run.ts';

describe('objects of a project: copied, changed, put back', { concurrency: 1 }, () => {
  let runs: StorageRuns;
  let second: TestStorage;
  const start = Date.now() - 10 * dayMs;
  before(async () => {
    runs = await startStorageRuns((folder) => ({
      'backup-destination': 'directory',
      'backup-path': join(folder, 'kept'),
    }));
    second = await startStorage();
    runs.put('a.png', 'canary-first-a');
    runs.put('team/b.png', 'canary-b');
    runs.put('empty', '');
    runs.put('large.bin', Buffer.alloc(7 * 1024 * 1024, 'canary-large'));
  });
  after(async () => {
    await runs?.stop();
    await second?.stop();
  });
  const place = () => join(runs.folder, 'kept/objects');
  const versions = async () => (await readdir(place())).filter((name) => name.includes('.object.zst.'));
  const reads = () => runs.sandbox.requests().filter(({ path }) => path.includes('/object/authenticated/')).length;
  let first = '';
  let firstDigest = '';

  test('the first run copies everything, encrypted, and shows neither contents nor names', async () => {
    const made = await runs.run({}, { at: start });
    assert.deepEqual([made.decision, made.reasonCode, made.failed], ['copied', 'all_copied', false], made.shown);
    assert.equal((await versions()).length, 4);
    first = made.outputs?.['backup-manifest'] ?? '';
    firstDigest = made.outputs?.digest ?? '';
    for (const name of await readdir(place())) {
      const text = await readFile(join(place(), name), 'latin1');
      assert.doesNotMatch(text, /canary|a\.png|avatars|large\.bin/);
    }
    assert.doesNotMatch(made.shown, /canary|a\.png|sb_secret_/);
  });

  test('the next run reads only what changed; an overwritten object has two versions, a deleted one keeps its own', async () => {
    runs.put('a.png', 'canary-second-a');
    runs.sandbox.supabase.storage.buckets.get('avatars')?.files.delete('empty');
    const sofar = reads();
    const made = await runs.run({}, { at: start + dayMs });
    assert.equal(reads() - sofar, 1, made.shown);
    assert.match(made.summary, /^3 objects in 1 buckets: 1 copied \(15 B\), 2 unchanged$/);
    assert.equal((await versions()).length, 5);
    const again = await runs.run({}, { at: start + 1.5 * dayMs });
    assert.match(again.summary, /: 0 copied \(0 B\), 3 unchanged$/);
  });

  test('the earlier version is restored into another place, as of a moment or by its catalogue', async () => {
    const target = join(runs.folder, 'restored');
    const before = new Date(start + dayMs / 2).toISOString();
    const done = await runs.run({ mode: 'restore', before, 'target-path': target });
    assert.deepEqual([done.decision, done.reasonCode], ['restored', 'all_written'], done.shown);
    assert.equal(await readFile(join(target, 'avatars/a.png'), 'utf8'), 'canary-first-a');
    assert.equal(await readFile(join(target, 'avatars/team/b.png'), 'utf8'), 'canary-b');
    assert.equal((await stat(join(target, 'avatars/empty'))).size, 0);
    assert.equal((await stat(join(target, 'avatars/large.bin'))).size, 7 * 1024 * 1024);
    assert.equal(runs.text('a.png'), 'canary-second-a', 'the project is as it was');
    const again = await runs.run({ mode: 'restore', before, 'target-path': target });
    assert.deepEqual([again.reasonCode, again.warning], ['existing_left', true], again.shown);
    const rehearsal = await runs.run({ mode: 'restore', manifest: first, objects: 'avatars/team/' });
    assert.deepEqual([rehearsal.decision, rehearsal.details?.restored], ['rehearsed', 1], rehearsal.shown);
  });

  test('another project gets its bucket as it was, large objects in pieces; what differs there is left and named', async () => {
    const given = { mode: 'restore', manifest: first, 'target-project': 'zyxwvutsrqponmlkjihg' };
    const target = { 'target-url': second.connection.url, 'target-key': second.connection.key };
    const done = await runs.run({ ...given, ...target });
    assert.deepEqual([done.decision, done.reasonCode], ['restored', 'all_written'], done.shown);
    const bucket = second.state.buckets.get('avatars');
    assert.equal(bucket?.public, true);
    assert.deepEqual(bucket?.files.get('large.bin')?.bytes, Buffer.alloc(7 * 1024 * 1024, 'canary-large'));
    const { mimetype, cacheControl } = bucket?.files.get('a.png') ?? {};
    assert.deepEqual([mimetype, cacheControl], ['image/png', 'max-age=3600']);
    assert.deepEqual(bucket?.files.get('large.bin')?.cacheControl, 'max-age=3600');
    const file = bucket?.files.get('a.png');
    Object.assign(file ?? {}, {
      bytes: Buffer.from('another'),
      etag: '"another"',
      updatedAt: new Date(Date.now() + dayMs).toISOString(),
    });
    const careful = await runs.run({ ...given, ...target });
    assert.deepEqual(
      [careful.reasonCode, careful.details?.left, careful.details?.newer],
      ['existing_left', ['avatars/a.png'], ['avatars/a.png']],
      careful.shown,
    );
    assert.equal(file?.bytes.toString(), 'another');
    const over = await runs.run({ ...given, ...target, existing: 'replace' });
    assert.deepEqual([over.decision, over.details?.toWrite], ['planned', 1], over.shown);
    assert.equal(file?.bytes.toString(), 'another', 'over what another project has only with its reference typed');
    const confirmed = await runs.run({ ...given, ...target, existing: 'replace', confirm: 'zyxwvutsrqponmlkjihg' });
    assert.deepEqual([confirmed.decision, confirmed.details?.restored], ['restored', 1], confirmed.shown);
    assert.equal(bucket?.files.get('a.png')?.bytes.toString(), 'canary-first-a');
  });

  test('into the project that was copied only with its reference typed, and over newer bytes only when that is said', async () => {
    const given = { mode: 'restore', manifest: first, objects: 'avatars/a.png', 'target-project': runs.project };
    const live = { ...given, 'target-key': runs.sandbox.supabase.storage.secretKey };
    const planned = await runs.run(live);
    assert.deepEqual([planned.decision, planned.reasonCode], ['planned', 'dry_run'], planned.shown);
    const mistyped = await runs.run({ ...live, confirm: 'another', existing: 'replace' });
    assert.deepEqual([mistyped.decision, mistyped.failed], ['refused', true]);
    const careful = await runs.run({ ...live, confirm: runs.project });
    assert.deepEqual([careful.reasonCode, careful.details?.left], ['existing_left', ['avatars/a.png']], careful.shown);
    assert.equal(runs.text('a.png'), 'canary-second-a');
    const done = await runs.run({ ...live, confirm: runs.project, existing: 'replace' });
    assert.deepEqual([done.decision, done.reasonCode], ['restored', 'all_written'], done.shown);
    assert.match(
      done.shown,
      /::warning::avatars\/a\.png in Supabase Storage of \w+ is newer than the version that is restored: replaced/,
    );
    assert.equal(runs.text('a.png'), 'canary-first-a');
  });

  test('a catalogue or a version that somebody replaced is not restored, nor is one without a digest', async () => {
    const file = join(place(), first);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/"createdAt": \d+/, '"createdAt": 1'));
    const forged = await runs.run({ mode: 'restore', manifest: first });
    assert.deepEqual([forged.decision, forged.reasonCode], ['failed', 'digest_mismatch'], forged.shown);
    await writeFile(file, text);
    // Without a ledger the typed digest is that of the list: what the manifest says of versions beside it must be the list's own.
    const parsed = JSON.parse(text) as { versions: Record<string, [number, string]> };
    const [[other = '', [bytesOf = 0] = []] = []] = Object.entries(parsed.versions);
    const changed = { ...parsed, versions: { ...parsed.versions, [other]: [bytesOf, '0'.repeat(64)] } };
    await writeFile(file, JSON.stringify(changed));
    const byHand = { mode: 'restore', manifest: first, digest: firstDigest, environment: '', 'github-token': '' };
    const swapped = await runs.run(byHand);
    assert.equal(swapped.reasonCode, 'digest_mismatch', swapped.shown);
    assert.match(swapped.summary, /not those of its list: somebody has replaced them; no object was opened/);
    await writeFile(file, text);
    assert.equal((await runs.run(byHand)).decision, 'rehearsed');
    const [version = ''] = Object.keys(parsed.versions);
    const bytes = await readFile(join(place(), version));
    await writeFile(
      join(place(), version),
      Buffer.concat([bytes.subarray(0, -1), Buffer.from([255 - (bytes.at(-1) ?? 0)])]),
    );
    const damaged = await runs.run({ mode: 'restore', manifest: first });
    assert.deepEqual(
      [damaged.decision, damaged.reasonCode, damaged.details?.restored],
      ['failed', 'objects_failed', 3],
      damaged.shown,
    );
    await writeFile(join(place(), version), bytes);
    await assert.rejects(runs.run({ mode: 'restore', manifest: first, environment: 'staging' }), /digest.*is needed/s);
    const typed = await runs.run({ mode: 'restore', manifest: first, environment: 'staging', digest: firstDigest });
    assert.equal(typed.decision, 'rehearsed', typed.shown);
    const stranger = await createOneTimeKey();
    const closed = await runs.run({ mode: 'restore', manifest: first, 'age-identity': stranger.identity });
    assert.equal(closed.reasonCode, 'encryption_failed', closed.shown);
    const early = await runs.run({ mode: 'restore', before: '2020-01-01T00:00:00Z' });
    assert.deepEqual([early.decision, early.reasonCode], ['refused', 'no_catalogue']);
  });

  test('an object that cannot be read makes the run red and its catalogue incomplete; the others are copied', async () => {
    for (const [name, text] of Object.entries({ 'c.png': 'canary-c', 'd.png': 'canary-d' })) runs.put(name, text);
    runs.sandbox.faults.order({
      service: 'supabase',
      method: 'GET',
      route: '/storage/v1/object/authenticated/avatars/c.png',
      times: 9,
      fault: { status: 403 },
    });
    const made = await runs.run({});
    runs.sandbox.faults.clear();
    assert.deepEqual(
      [made.decision, made.reasonCode, made.failed, made.details?.complete],
      ['incomplete', 'objects_failed', true, false],
      made.shown,
    );
    assert.match(made.summary, /1 could not be copied, e\.g\. avatars\/c\.png: .*source-key, 403/);
    const next = await runs.run({});
    assert.equal(next.reasonCode, 'all_copied', next.shown);
    assert.match(next.summary, /: 1 copied \(8 B\), 4 unchanged$/, 'what the incomplete run copied is known');
  });

  test('an object that was removed between the list and its turn is no failure', async () => {
    runs.put('g.png', 'canary-g');
    const route = '/storage/v1/object/authenticated/avatars/g.png';
    const body = { statusCode: '404', error: 'not_found', message: 'Object not found' };
    runs.sandbox.faults.order({ service: 'supabase', method: 'GET', route, fault: { status: 400, body } });
    const made = await runs.run({});
    assert.equal(made.reasonCode, 'all_copied', made.shown);
    assert.match(made.summary, /^5 objects in 1 buckets: 0 copied .*; 1 were removed meanwhile$/);
    runs.sandbox.supabase.storage.buckets.get('avatars')?.files.delete('g.png');
  });

  test('a run that is cancelled in the middle leaves what it copied, and the next one copies only the rest', async () => {
    const stuck = ['f.png', 'g.png', 'h.png', 'i.png'];
    for (const name of ['e.png', ...stuck]) runs.put(name, `canary-${name}`);
    for (const name of stuck) {
      const route = `/storage/v1/object/authenticated/avatars/${name}`;
      runs.sandbox.faults.order({ service: 'supabase', method: 'GET', route, fault: { blackHole: true } });
    }
    const stop = new AbortController();
    const running = runs.run({}, { signal: stop.signal });
    // Four are copied at a time: the fifth is asked for once the first is written, read back and opened.
    for (let turn = 0; turn < 1500 && runs.sandbox.faults.pending().length > 0; turn += 1) await wait(20);
    stop.abort(new Error('cancelled'));
    await assert.rejects(running, /cancelled/);
    runs.sandbox.faults.clear();
    const parts = (await readdir(place())).filter((name) => name.endsWith('-part1.objects.json'));
    assert.equal(parts.length, 1);
    const next = await runs.run({});
    assert.equal(next.reasonCode, 'all_copied', next.shown);
    assert.match(next.summary, /^10 objects in 1 buckets: 4 copied \(48 B\), 6 unchanged$/);
  });

  test('a key more makes the next run copy everything, so that it opens everything', async () => {
    const other = await createOneTimeKey();
    const made = await runs.run({ 'age-recipients': `${runs.key.recipient}\n${other.recipient}` });
    assert.match(made.summary, /^10 objects in 1 buckets: 10 copied/);
    const opened = await runs.run({
      mode: 'restore',
      manifest: made.outputs?.['backup-manifest'] ?? '',
      'age-identity': other.identity,
    });
    assert.deepEqual([opened.decision, opened.details?.restored], ['rehearsed', 10], opened.shown);
  });

  test('what is missing is said at once', async () => {
    await assert.rejects(
      runs.run({ 'source-key': '', 'supabase-project': '', 'backup-destination': 'artifact' }),
      /artifact[\s\S]*source-key[\s\S]*supabase-project/,
    );
    await assert.rejects(
      runs.run({ mode: 'restore', 'target-project': 'zyxwvutsrqponmlkjihg' }),
      /manifest[\s\S]*target-key/,
    );
  });
});
