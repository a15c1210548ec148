import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';
import { openDecryption } from './encryption.ts';
import { openDocument, parseSealedManifest, sealDocument } from './sealed-document.ts';

async function place(t: { after(clean: () => Promise<void>): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'sealed-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
const seal = async (destinations: BackupDestination[], recipient: string) =>
  sealDocument({
    ...({ kind: 'configuration', name: 'c-1', text: 'canary', counts: { variables: 1 }, destinations } as const),
    recipients: { age: [recipient] },
    clock: systemClock,
  });

test('a document comes back from each of two places with its own key, and from neither with another digest', async (t) => {
  const [one, other] = [await place(t), await place(t)].map((folder) => directoryDestination(folder));
  assert.ok(one !== undefined && other !== undefined);
  const key = await createOneTimeKey();
  const { manifest, manifestFile, manifestDigest } = await seal([one, other], key.recipient);
  const decryption = await openDecryption({ ageIdentity: key.identity });
  const { sha256: digest } = manifest.object;
  for (const destination of [one, other]) {
    const opened = await openDocument({
      destination,
      manifestFile,
      digest,
      manifestDigest: manifestDigest.sha256,
      decryption,
    });
    assert.equal(opened.text, 'canary');
    const wrong = openDocument({ destination, manifestFile, digest: 'a'.repeat(64), decryption });
    await assert.rejects(wrong, { reasonCode: 'digest_mismatch' });
  }
  await assert.rejects(seal([one], key.recipient), /never overwritten/, 'nothing is replaced');
});

test('a place that gives back other bytes leaves no manifest', async (t) => {
  const folder = await place(t);
  const honest = directoryDestination(folder);
  const forgetful: BackupDestination = {
    ...honest,
    async *read(name) {
      for await (const chunk of honest.read(name)) yield chunk.subarray(0, -1);
    },
  };
  const { recipient } = await createOneTimeKey();
  await assert.rejects(seal([forgetful], recipient), { reasonCode: 'digest_mismatch' });
  assert.deepEqual(await readdir(folder), ['c-1.configuration.zst.age']);
});

test('a manifest of a newer version is refused by its number, and one that is none by what is wrong', () => {
  assert.throws(() => parseSealedManifest('{"schemaVersion":2}'), /schema version 2, this version reads up to 1/);
  assert.throws(() => parseSealedManifest('{"schemaVersion":1}'), /cannot be used: .*name/s);
  assert.throws(() => parseSealedManifest('null'), /cannot be used/);
});
