import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readInOrder } from './read-in-order.ts';

async function* chunks(...given: string[]): AsyncGenerator<Uint8Array> {
  for (const one of given) yield Buffer.from(one);
}
const text = async (reading: Promise<Uint8Array>) => Buffer.from(await reading).toString();

test('pieces come one after the other whatever the chunks are, and the last one again', async () => {
  const pieces = readInOrder(chunks('ab', 'cdefg', 'h'), 8);
  assert.equal(await text(pieces.read(0, 3)), 'abc');
  assert.equal(await text(pieces.read(0, 3)), 'abc');
  assert.equal(await text(pieces.read(2, 3)), 'cde', 'the store took less than it was given');
  assert.equal(await text(pieces.read(5, 3)), 'fgh');
  assert.equal(await text(pieces.read(5, 3)), 'fgh');
  await assert.rejects(pieces.read(0, 3), /from its beginning again/);
});

test('a stream of another length gives no last piece', async () => {
  await assert.rejects(readInOrder(chunks('ab'), 3).read(0, 3), /shorter/);
  await assert.rejects(readInOrder(chunks('ab', 'cd'), 3).read(0, 3), /longer/);
  assert.equal(await text(readInOrder(chunks(), 0).read(0, 0)), '');
});

test('what the stream says at its end comes before the last piece', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('abc');
    throw new Error('it is another one');
  }
  const pieces = readInOrder(failing(), 3);
  await assert.rejects(pieces.read(0, 3), /it is another one/);
});
