import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createOneTimeKey } from './age-stream.ts';
import { directoryDestination } from './destination.ts';
import { decideDocumentPruning, type FoundDocument, listDocuments, pruneDocuments } from './prune-documents.ts';
import { type SealedManifest, sealDocument } from './sealed-document.ts';

const day = 86_400;
const found = (at: number, more: Partial<SealedManifest> = {}, complete = true): FoundDocument => {
  const name = `configuration-production-${at}`;
  const object = { file: `${name}.configuration.zst.age`, encryption: 'age' };
  const manifest = { kind: 'configuration', name, createdAt: at * day, environment: 'production', object, ...more };
  return { manifest: manifest as SealedManifest, manifestFile: `${name}.configuration.json`, complete };
};
const days = (documents: FoundDocument[], now: number) =>
  decideDocumentPruning(documents, { environment: 'production', keepDays: 30, now: now * day }).map(
    ({ manifest }) => manifest.createdAt / day,
  );

test('on day 30 all are there, on day 31 the oldest goes, and the newest never', () => {
  assert.deepEqual(days([found(0), found(30)], 30), []);
  assert.deepEqual(days([found(0), found(30), found(31)], 31), [0]);
  assert.deepEqual(days([found(0), found(1)], 400), [], 'nothing is removed while the newest one is old itself');
  assert.deepEqual(days([found(0), found(31, {}, false)], 31), [], 'nor while it is not whole');
});

test('another environment’s, a name of somebody else and one from the future are left alone', () => {
  const foreign = found(0, { environment: 'staging' });
  const renamed = found(0, { name: 'another' });
  assert.deepEqual(days([foreign, renamed, found(31), found(90)], 31), []);
});

test('what is chosen is removed with its object, and what cannot be read stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const destination = directoryDestination(folder);
  const { recipient } = await createOneTimeKey();
  for (const at of [0, 31]) {
    const clock = { now: () => at * day * 1000, sleep: async () => {} };
    const kept = { kind: 'configuration', environment: 'production', recipients: { age: [recipient] } } as const;
    await sealDocument({ ...kept, name: `c-${at}`, text: 'a', counts: {}, destinations: [destination], clock });
  }
  await writeFile(join(folder, 'broken.configuration.json'), '{');
  const lines: string[] = [];
  const documents = await listDocuments(destination, (line) => lines.push(line));
  assert.match(lines.join(), /broken\.configuration\.json .* is left alone: .*no JSON/);
  const given = { environment: 'production', keepDays: 30, now: 31 * day };
  const chosen = decideDocumentPruning(documents, given);
  assert.deepEqual(await pruneDocuments(destination, chosen, { log: () => {} }), ['c-0']);
  assert.deepEqual((await readdir(folder)).toSorted(), [
    'broken.configuration.json',
    'c-31.configuration.json',
    'c-31.configuration.zst.age',
  ]);
});
