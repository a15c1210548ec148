import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { BackupDestination } from './destination.ts';
import { readBack } from './read-back.ts';

const mebibyte = 1024 * 1024;
const original = randomBytes(2.5 * mebibyte);
const expected = { file: 'x.dump', bytes: original.length, sha256: sha256(original) };

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Gives out what `stored` is at the moment, in chunks of a size that divides nothing. */
function changing(): { destination: BackupDestination; put: (bytes: Buffer) => void } {
  let stored: Buffer = original;
  const read = async function* () {
    for (let from = 0; from < stored.length; from += 70_001) yield stored.subarray(from, from + 70_001);
  };
  const destination = { description: 'a bucket', read } as unknown as BackupDestination;
  return { destination, put: (bytes) => (stored = bytes) };
}

test('an object that was compared is read again as it was', async () => {
  const stored = await readBack(changing().destination, expected);
  assert.ok(stored.problem === undefined);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.readAgain()) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(original));
});

const flipped = Buffer.from(original);
flipped.writeUInt8(original.readUInt8(original.length - 1) ^ 1, original.length - 1);
const replacements: [what: string, bytes: Buffer, givenOut: number][] = [
  ['another object of the same size', randomBytes(original.length), 0],
  ['its last byte', flipped, 2 * mebibyte],
  ['its end, which is cut off within a block', original.subarray(0, -1), 2 * mebibyte],
  ['its end, which is cut off between two blocks', original.subarray(0, 2 * mebibyte), 2 * mebibyte],
  ['its end, which goes on', Buffer.concat([original, randomBytes(mebibyte)]), 2 * mebibyte],
  ['all of it, which is empty', Buffer.alloc(0), 0],
];

for (const [what, bytes, givenOut] of replacements)
  test(`replaced between two reads (${what}): nothing is given out that was not compared`, async () => {
    const { destination, put } = changing();
    const stored = await readBack(destination, expected);
    assert.ok(stored.problem === undefined);
    put(bytes);
    const chunks: Uint8Array[] = [];
    const reading = async () => {
      for await (const chunk of stored.readAgain()) chunks.push(chunk);
    };
    await assert.rejects(reading(), {
      reasonCode: 'digest_mismatch',
      message: 'x.dump in a bucket has changed since it was compared',
    });
    assert.ok(Buffer.concat(chunks).equals(original.subarray(0, givenOut)));
  });
