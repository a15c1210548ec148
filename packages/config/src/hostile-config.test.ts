import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { embeddedPresets } from './embedded-presets.ts';
import { ConfigError, loadConfig } from './load-config.ts';

/** Loads, or returns the problems; anything but a ConfigError is our bug. */
async function judge(text: string): Promise<ConfigError | undefined> {
  const readReference = async () => ({ file: 'preset.yml', text });
  try {
    await loadConfig({ file: 'ops.yml', text, environment: 'production', throwAway: false, readReference });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const lines = text.split('\n').length;
    for (const problem of error.problems) {
      assert.ok(
        problem.line >= 1 && (problem.file !== 'ops.yml' || problem.line <= lines + 1),
        JSON.stringify(problem),
      );
      assert.ok(problem.message.length > 0 && problem.message.length <= 900);
    }
    return error;
  }
}

const texts = Object.values(embeddedPresets);
const scraps = [
  'null',
  '[]',
  '{}',
  '- ',
  ': ',
  '\t',
  '&a',
  '*a',
  '!!js/function x',
  '<<: *a',
  '0x1F',
  '2026-01-01',
  '~',
  '"',
  "'",
  '|',
  '>',
  '? ',
  '__proto__: x',
  'constructor: x',
  '\u0000',
  '🙂',
  'a: &a [*a]',
];

test('a preset with anything cut out or written over loads or names its mistakes, and never breaks the reader', async () => {
  const change = fc.record({
    text: fc.constantFrom(...texts),
    at: fc.nat(6_000),
    remove: fc.nat(60),
    insert: fc.oneof(fc.constantFrom(...scraps), fc.string({ maxLength: 8 })),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ text, at, remove, insert }) => {
      const start = at % text.length;
      await judge(text.slice(0, start) + insert + text.slice(start + remove));
    }),
    { numRuns: 400 },
  );
});

test('any value at any key loads or is a named mistake', async () => {
  const keys = [
    'extends',
    'vercel',
    'database',
    'backup',
    'health',
    'checks',
    'json',
    'smoke',
    'watch',
    'rules',
    'source',
    'release',
    'slack',
    'environments',
    'production',
    'alerts',
    'when',
    'notifications',
    'routes',
    'events',
    'apps',
    'incidents',
    'contacts',
    'escalation',
    '__proto__',
    'constructor',
    'toString',
  ];
  const leaf = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('5m', '2%', '/api', 'a/b/c@0000000000000000000000000000000000000000'),
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('node'), { maxKeys: 5 }),
    ),
  })).node;
  const file = fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(file, async (data) => {
      await judge(JSON.stringify(data));
    }),
    { numRuns: 600 },
  );
});

test('a file that names itself a thousand times is refused, not unfolded', async () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`),
  ];
  const startedAt = performance.now();
  assert.ok(await judge(bomb.join('\n')));
  assert.ok(performance.now() - startedAt < 2_000);
  assert.match((await judge(`# ${'x'.repeat(300_000)}`))?.message ?? '', /longer than 256 kB/);
});
