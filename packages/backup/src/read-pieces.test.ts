import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { pieceBytes, readPieces } from './read-pieces.ts';

const kilobytes4 = 4096;
const mebibytes2 = 2 * 1024 * 1024;

/** What pg_dump writes: 4 KiB at a time, as long as somebody reads; `given` counts. */
function program(chunks: number, error?: Error) {
  const given = { bytes: 0 };
  const stream = new Readable({
    async read() {
      await setImmediate();
      if (given.bytes < chunks * kilobytes4) {
        const chunk = Buffer.alloc(kilobytes4, (given.bytes / kilobytes4) % 251);
        given.bytes += kilobytes4;
        this.push(chunk);
      } else if (error === undefined) this.push(null);
      else this.destroy(error);
    },
  });
  return { stream, given };
}

test('a program is read ahead while its reader is busy, and no further than 2 MiB', async () => {
  const { stream, given } = program(2_000);
  const pieces = readPieces(stream);
  const first = await pieces.next();
  assert.ok(
    first.value !== undefined && first.value.length < pieceBytes,
    'the first piece comes as soon as there is one',
  );
  for (let turn = 0; turn < 5_000; turn++) await setImmediate();
  const ahead = given.bytes - (first.value?.length ?? 0);
  assert.ok(ahead >= mebibytes2 && ahead < mebibytes2 + 100_000, `${ahead} bytes ahead`);
  const rest = [first.value ?? new Uint8Array()];
  for await (const piece of pieces) {
    assert.ok(piece.length <= mebibytes2 + kilobytes4);
    rest.push(piece);
  }
  const all = Buffer.concat(rest);
  assert.equal(all.length, 2_000 * kilobytes4);
  for (const chunk of [0, 1, 600, 1_999]) {
    const part = all.subarray(chunk * kilobytes4, (chunk + 1) * kilobytes4);
    assert.ok(
      part.every((byte) => byte === chunk % 251),
      `chunk ${chunk}`,
    );
  }
});

test('a program that breaks off breaks its reader, and a reader that leaves ends the reading', async () => {
  const broken = readPieces(program(10, new Error('broken off')).stream);
  await assert.rejects(async () => {
    for await (const _ of broken);
  }, /broken off/);
  const { stream } = program(2_000);
  const left = readPieces(stream);
  await left.next();
  await left.return(undefined);
  assert.ok(stream.destroyed);
});
