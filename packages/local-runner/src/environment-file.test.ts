import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEnvironmentFile } from './environment-file.ts';

const read = (text: string): [string, string][] => [...parseEnvironmentFile(text)];

const name = fc.string({ minLength: 1 }).filter((text) => !/[\r\n=]|<<|<$/.test(text));

test('what a toolkit writes with a random delimiter is read back, whatever the value holds', () => {
  const value = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\r\n', '\n'));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), fc.uuid(), (pairs, id) => {
      const text = pairs.map(([key, item]) => `${key}<<ghadelimiter_${id}\n${item}\nghadelimiter_${id}\n`).join('');
      assert.deepEqual(read(text), pairs);
    }),
  );
});

test('name=value takes everything up to the line end, also = and <<', () => {
  const value = fc.string().filter((text) => !text.includes('\n'));
  fc.assert(fc.property(name, value, (key, item) => assert.deepEqual(read(`${key}=${item}\n`), [[key, item]])));
});

test('any text is either read or refused, and never loops', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '=', '<', '\n', '\r', 'EOF', ' ') }), (text) => {
      try {
        for (const [key] of parseEnvironmentFile(text)) assert.ok(!key.includes('\n'));
      } catch (error) {
        assert.match(String(error), /Invalid (format|value)/);
      }
    }),
  );
});

const cases: { text: string; pairs?: [string, string][]; error?: RegExp }[] = [
  { text: '', pairs: [] },
  { text: '\n\na=1\n\n', pairs: [['a', '1']] },
  { text: 'a=1', pairs: [['a', '1']] },
  { text: 'a=\n', pairs: [['a', '']] },
  { text: '=x\n', pairs: [['', 'x']] },
  { text: 'a=b<<c\n', pairs: [['a', 'b<<c']] },
  { text: 'a<<E\nE\n', pairs: [['a', '']] },
  { text: 'a<<E\n\nE\n', pairs: [['a', '']] },
  { text: 'a<<E\nx\n\nE', pairs: [['a', 'x\n']] },
  { text: 'a<<E\nx\r\nE\n', pairs: [['a', 'x\r']] },
  {
    text: 'a<<E\nb=1\nE\nc=2\n',
    pairs: [
      ['a', 'b=1'],
      ['c', '2'],
    ],
  },
  { text: 'just text\n', error: /Invalid format 'just text'/ },
  { text: '<<E\nx\nE\n', error: /Name must not be empty/ },
  { text: 'a<<\nx\n', error: /delimiter must not be empty/ },
  { text: 'a<<E\nx\n', error: /Matching delimiter not found 'E'/ },
  { text: 'a<<E\nx', error: /EOF marker missing new line/ },
  { text: 'a<<E\n E\n', error: /Matching delimiter not found/ },
];

for (const { text, pairs, error } of cases) {
  test(`${JSON.stringify(text)} is ${error ? 'refused' : 'read'} as the runner does`, () => {
    if (error) assert.throws(() => read(text), error);
    else assert.deepEqual(read(text), pairs);
  });
}
