import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackupFailed } from './backup-error.ts';
import type { BackupDestination } from './destination.ts';
import { chooseBackup, findVerifiedBackup, listBackups } from './find-verified-backup.ts';
import { formatManifest } from './manifest.ts';
import { oneChunk } from './one-chunk.ts';

const now = 1_000_000;

function manifest(name: string, createdAt: number): string {
  const object = { file: `${name}.dump.zst.age`, bytes: 7, sha256: 'a'.repeat(64) };
  const verification = { verdict: 'verified', reasonCode: 'restored_and_equal', message: '', separateUser: true };
  return formatManifest({
    ...{
      schemaVersion: 1,
      name,
      createdAt,
      environment: 'production',
      plainBytes: 7,
      relations: 1,
      rows: 1,
      tables: [],
    },
    object: { ...object, format: 'pg_dump custom', compression: 'zstd', encryption: 'age' },
    source: { serverVersion: '17.5', databaseBytes: 7, pgDumpVersion: '17.5' },
    ...{ notInBackup: [], recipients: [], destinations: [], restoreCommand: '' },
    verification: { ...verification, verdict: 'verified', differences: [], leftOut: [], remarks: [] },
    seconds: { dump: 1, readBack: 1, restore: 1, compare: 1, total: 4 },
  });
}

/** Two backups, of which a manifest may fail to be read. */
function store(given: { broken?: string; gone?: string; other?: { name: string; bytes: number; text: string } } = {}) {
  const texts = new Map([
    ['older.manifest.json', manifest('older', now - 200)],
    ['newest.manifest.json', manifest('newest', now - 100)],
    ...(given.other === undefined ? [] : [[given.other.name, given.other.text] as const]),
  ]);
  let listed = 0;
  const destination: BackupDestination = {
    kind: 'directory',
    description: 'a store',
    write: assert.fail,
    read(name) {
      if (name === given.broken || name === given.gone)
        throw new BackupFailed('destination_failed', `${name}: HTTP 503`);
      return oneChunk(texts.get(name) ?? assert.fail());
    },
    async list() {
      listed += 1;
      const names = [...texts.keys()].filter((name) => listed === 1 || name !== given.gone);
      const objects = ['older', 'newest'].map((name) => ({ name: `${name}.dump.zst.age`, bytes: 7 }));
      const bytes = (name: string) => (name === given.other?.name ? given.other.bytes : 100);
      return [...objects, ...names.map((name) => ({ name, bytes: bytes(name) }))];
    },
    remove: assert.fail,
  };
  return destination;
}

test('one that cannot be read, or that the record is silent of, is not passed over for an older one', async () => {
  const wanted = { environment: 'production', now };
  assert.equal((await findVerifiedBackup([store()], wanted))?.manifest.name, 'newest');
  const failed = { reasonCode: 'destination_failed', message: /newest\.manifest\.json: HTTP 503/ };
  await assert.rejects(findVerifiedBackup([store({ broken: 'newest.manifest.json' })], wanted), failed);
  const asked: string[] = [];
  const recorded = async ({ manifestFile }: { manifestFile: string }) => {
    asked.push(manifestFile);
    if (asked.length === 1) throw new BackupFailed('ledger_unreadable', 'GitHub does not answer');
    return true;
  };
  await assert.rejects(findVerifiedBackup([store()], { ...wanted, recorded }), { reasonCode: 'ledger_unreadable' });
  assert.deepEqual(asked, ['newest.manifest.json']);
});

test('one that was pruned since it was listed is gone, and what is no manifest of ours is named', async () => {
  const names = async (given: Parameters<typeof store>[0], lines: string[] = []) =>
    (await listBackups(store(given), (line) => lines.push(line))).map((one) => one.manifest.name);
  assert.deepEqual(await names({ gone: 'older.manifest.json' }), ['newest']);
  for (const [bytes, text, why] of [
    [10, '{"schemaVersion": 9}', /x\.manifest\.json in a store is not a manifest of ours: .*version 9/],
    [2 ** 30, '{}', /x\.manifest\.json in a store is not a manifest of ours: it is larger/],
  ] as const) {
    const lines: string[] = [];
    assert.deepEqual(await names({ other: { name: 'x.manifest.json', bytes, text } }, lines), ['newest', 'older']);
    assert.match(lines.join(), why);
  }
});

test('a state that was given up is found, but is no restore point of what came after it', async () => {
  const name = 'before-restore-20260124T101507Z-42.1';
  const found = await listBackups(store());
  const [newest, older] = found;
  assert.ok(newest !== undefined && older !== undefined);
  const givenUp = { ...newest, manifest: { ...newest.manifest, name } };
  assert.equal(chooseBackup([givenUp, older], { now })?.manifest.name, name);
  assert.equal(chooseBackup([givenUp, older], { now, beforeRestore: false })?.manifest.name, 'older');
});
