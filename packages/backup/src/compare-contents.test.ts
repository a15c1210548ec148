import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareContents } from './compare-contents.ts';
import type { DatabaseContents } from './database-contents.ts';
import { compareListing } from './dump-listing.ts';
import { compareSequences, type SequenceState } from './read-sequences.ts';

const nothing: DatabaseContents = { relations: [], definitions: [], tables: [], largeObjects: 0 };
const one: DatabaseContents = {
  relations: [{ name: 'public.a', kind: 'table' }],
  definitions: ['column public.a.id integer', `function public.f() ${'0'.repeat(32)}`],
  tables: [{ name: 'public.a', rows: 2, checksum: '17' }],
  largeObjects: 0,
};

describe('compareContents', () => {
  test('equal, and both empty', () => {
    assert.deepEqual(compareContents(one, structuredClone(one)), {
      outcome: 'equal',
      relations: 1,
      rows: 2,
      differences: [],
      remarks: [],
    });
    assert.equal(compareContents(nothing, nothing).outcome, 'empty');
  });

  test('a source that holds something and a copy that holds nothing never pass', () => {
    assert.equal(compareContents(one, nothing).outcome, 'different');
    const views = { ...nothing, relations: [{ name: 'public.v', kind: 'view' as const }] };
    assert.equal(compareContents(views, nothing).outcome, 'different');
  });

  test('what the server names anew is looked at in no backup but old ones, which did not tell it from the rest', () => {
    const withLine = (line: string): DatabaseContents => ({ ...one, definitions: [...one.definitions, line] });
    const marked: DatabaseContents = { ...withLine('derived constraint public.a.f1 f {a}'), marksDerived: true };
    const renamed: DatabaseContents = { ...withLine('derived constraint public.a.f2 f {a}'), marksDerived: true };
    assert.deepEqual(compareContents(marked, renamed).differences, []);
    const old = withLine('constraint public.a.f1 f {a}');
    assert.deepEqual(compareContents(old, marked).differences, []);
    assert.equal(compareContents(old, renamed).outcome, 'different');
  });

  test('each kind of difference is named without values or digests', () => {
    const { differences } = compareContents(one, {
      relations: [{ name: 'public.b', kind: 'table' }, ...one.relations],
      definitions: ['column public.a.id integer', `function public.f() ${'1'.repeat(32)}`],
      tables: [{ name: 'public.a', rows: 2, checksum: '18' }],
      largeObjects: 1,
    });
    assert.deepEqual(differences, [
      'not in the source: table public.b',
      'missing after the restore: function public.f()',
      'not in the source: function public.f()',
      'public.a: 2 rows on both sides, with other contents',
      'large objects: 0 in the source, 1 restored',
    ]);
  });

  test('a backup that was made before a kind was compared is no mismatch for it', () => {
    const restored = {
      ...one,
      definitions: [...one.definitions, 'cast from text to public.mood', 'partitioned index public.p.i 1'],
    };
    assert.equal(compareContents(one, restored).outcome, 'equal');
    assert.deepEqual(compareContents({ ...one, hasLaterKinds: true }, restored).differences, [
      'not in the source: cast from text to public.mood',
      'not in the source: partitioned index public.p.i 1',
    ]);
  });

  const contents = fc.record({
    relations: fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-c]\.[a-f]$/),
        kind: fc.constantFrom('table' as const, 'view' as const),
      }),
      { selector: (relation) => relation.name, maxLength: 5 },
    ),
    definitions: fc.uniqueArray(fc.stringMatching(/^column [a-f]$/), { maxLength: 4 }),
    tables: fc.uniqueArray(
      fc.record({ name: fc.stringMatching(/^[a-f]$/), rows: fc.nat(3), checksum: fc.constantFrom('0', '1') }),
      { selector: (table) => table.name, maxLength: 4 },
    ),
    largeObjects: fc.nat(1),
  });

  test('a database equals itself in any order; anything less or more is a difference', () => {
    fc.assert(
      fc.property(contents, contents, (source, other) => {
        const shuffled = {
          ...source,
          relations: source.relations.toReversed(),
          tables: source.tables.toReversed(),
          definitions: source.definitions.toReversed(),
        };
        assert.deepEqual(compareContents(source, shuffled).differences, []);
        const key = (one: DatabaseContents) =>
          JSON.stringify([
            one.relations.map((relation) => JSON.stringify(relation)).sort(),
            one.definitions.toSorted(),
            one.tables.map((table) => JSON.stringify(table)).sort(),
            one.largeObjects,
          ]);
        const restored = new Set(other.tables.map((table) => table.name));
        const more = other.tables.some((table) => !source.tables.some((mine) => mine.name === table.name));
        // Tables are relations too: one that only the copy has is found there.
        if (!more && restored.size >= 0 && key(source) !== key(other)) {
          assert.equal(compareContents(source, other).outcome, 'different');
        }
      }),
    );
  });
});

test('a sequence may have gone on, and never be behind or defined otherwise', () => {
  const sequence: SequenceState = {
    name: 'public.s',
    definition: 'bigint from 1',
    ascending: true,
    cycles: false,
    last: '10',
  };
  const both = (restored: Partial<SequenceState>, source: Partial<SequenceState> = {}) =>
    compareSequences([{ ...sequence, ...source }], [{ ...sequence, ...restored }]);
  const compare = (...given: Parameters<typeof both>) => both(...given).differences;
  assert.deepEqual([compare({}), compare({ last: '11' }), compare({ last: '9' }, { ascending: false })], [[], [], []]);
  for (const wrong of [compare({ last: '9' }), compare({ last: '11' }, { ascending: false })]) {
    assert.match(wrong.join(), /sequence public\.s is behind the value it had/);
  }
  assert.match(compare({ definition: 'int from 1' }).join(), /defined otherwise/);
  // What the snapshot holds in the owning column counts too, whichever way the sequence runs.
  const down: Partial<SequenceState> = { ascending: false, last: '-10', reached: '-10' };
  assert.deepEqual([compare({}, { reached: '10' }), compare({ last: '-10' }, down)], [[], []]);
  assert.match(compare({ last: '-9' }, down).join(), /behind/);
  // Rows numbered by hand are ahead of their sequence in the source already, and a faithful copy has that too.
  const odd = both({}, { reached: '11' });
  assert.deepEqual([odd.differences, odd.remarks.length], [[], 1]);
  assert.match(odd.remarks.join(), /public\.s is behind the rows of its column, in the source already/);
});

test('a dump must say the owners, what only a superuser can make, and the event triggers that the source has', () => {
  const source = {
    archived: [
      { entry: 'TABLE public Odd Name App User', relation: 'public."Odd Name"' },
      { entry: 'PUBLICATION TABLE public two of them Odd Name postgres', relation: '' },
    ],
    eventTriggers: [
      "CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION public.f();",
    ],
  };
  const contents =
    ';\n215; 1259 16387 TABLE public Odd Name App User\n7; 6106 2 PUBLICATION TABLE public two of them Odd Name postgres\n9; 3466 1 EVENT TRIGGER - e postgres';
  const eventTriggers = `--\nCREATE EVENT TRIGGER e ON ddl_command_end
         WHEN TAG IN ('DROP TABLE')\n   EXECUTE FUNCTION public.f();\n`;
  assert.deepEqual(compareListing(source, { contents, eventTriggers }), []);
  assert.deepEqual(
    compareListing(source, {
      contents: contents.replace('App User', 'postgres').replace('two of them', 'another'),
      eventTriggers: eventTriggers.replace('DROP TABLE', 'DROP VIEW'),
    }),
    [
      'not in the dump, or with another owner: TABLE public Odd Name App User',
      'not in the dump, or with another owner: PUBLICATION TABLE public two of them Odd Name postgres',
      `not in the dump, or otherwise: ${source.eventTriggers[0]}`,
    ],
  );
});
