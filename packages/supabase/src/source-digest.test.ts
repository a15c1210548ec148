import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionSource } from './function-types.ts';
import { digestSources } from './source-digest.ts';

function source(slug: string, text: string, verifyJwt = true): FunctionSource {
  const files = [{ path: `${slug}/index.ts`, content: Buffer.from(text) }];
  return { slug, entrypoint: `${slug}/index.ts`, verifyJwt, staticPatterns: [], files, missing: [] };
}

test('a set of functions is named with digests that change with a file or the JWT rule, whatever the order', () => {
  const named = digestSources([source('notes', 'b'), source('health', 'a')]);
  assert.match(named, /^health:[0-9a-f]{8} notes:[0-9a-f]{8}$/);
  assert.equal(digestSources([source('health', 'a'), source('notes', 'b')]), named);
  const [health] = named.split(' ');
  for (const other of [source('notes', 'c'), source('notes', 'b', false)]) {
    const changed = digestSources([source('health', 'a'), other]);
    assert.notEqual(changed, named);
    assert.equal(changed.split(' ')[0], health);
  }
});

test('a set that is too long to be named is one digest', () => {
  const many = Array.from({ length: 200 }, (_, index) => source(`function-${index}`, 'a'));
  assert.match(digestSources(many), /^200:[0-9a-f]{64}$/);
  assert.equal(digestSources([]), '');
});
