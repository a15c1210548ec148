import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardErrors } from './guard-errors.ts';

function guarded() {
  const written: string[] = [];
  const stream = { write: (chunk: unknown) => written.push(String(chunk)) > 0 } as unknown as NodeJS.WriteStream;
  const guard = guardErrors(stream);
  return { guard, stream, written };
}

test('what a library writes to standard error forms no command and shows no secret, however it is written', () => {
  const { guard, stream, written } = guarded();
  guard.hide('pa"ss w:rd-1234');
  guard.hide('pa"ss w:rd-1234-and-more');
  stream.write('::stop-commands::x\n  headers: { "a": "pa\\"ss w:rd-1234" } ##[error]y\n');
  stream.write(Buffer.from('GET /?p=pa%22ss%20w%3Ard-1234 pa"ss w:rd-1234-and-more\u001b[31m\n'));
  assert.deepEqual(written, [': :stop-commands::x\n  headers: { "a": "***" } ## [error]y\n', 'GET /?p=*** ***\n']);
});

test('an empty secret hides nothing (S15)', () => {
  const { guard, stream, written } = guarded();
  guard.hide('');
  stream.write('a line\n');
  assert.deepEqual(written, ['a line\n']);
});
