import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPart, merge, type Part } from './merge.ts';

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
const key = fc.oneof(
  fc.constantFrom('watch', 'window', 'mode', 'constructor', 'toString'),
  fc.string({ maxLength: 4 }),
);
const part = fc.letrec((tie) => ({
  part: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, value, tie('part')), { maxKeys: 4, noNullPrototype: true }),
})).part as fc.Arbitrary<Part>;

test('laying a part on itself changes nothing', () => {
  fc.assert(fc.property(part, (a) => assert.deepEqual(merge(a, a), merge({}, a))));
});

test('laying the same part twice is laying it once', () => {
  fc.assert(fc.property(part, part, (a, b) => assert.deepEqual(merge(merge(a, b), b), merge(a, b))));
});

test('every value of the nearer part wins, every other value stays', () => {
  fc.assert(
    fc.property(part, part, (a, b) => {
      const merged = merge(a, b);
      for (const [path, expected] of leaves(b)) assert.deepEqual(at(merged, path), expected);
      for (const [path, expected] of leaves(a)) {
        if (!touches(b, path)) assert.deepEqual(at(merged, path), expected);
      }
    }),
  );
});

test('neither part is changed', () => {
  fc.assert(
    fc.property(part, part, (a, b) => {
      const before = structuredClone([a, b]);
      merge(a, b);
      assert.deepEqual([a, b], before);
    }),
  );
});

function leaves(value: unknown, path: string[] = []): [string[], unknown][] {
  if (!isPart(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, item]) => leaves(item, [...path, name]));
}

function at(value: unknown, path: string[]): unknown {
  return path.reduce<unknown>(
    (found, name) => (isPart(found) && Object.hasOwn(found, name) ? found[name] : undefined),
    value,
  );
}

function touches(part: unknown, path: string[]): boolean {
  const [name, ...rest] = path;
  if (!isPart(part) || name === undefined) return true;
  return Object.hasOwn(part, name) && touches(part[name], rest);
}
