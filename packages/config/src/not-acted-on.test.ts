import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { opsJsonSchema } from './json-schema.ts';
import { loadConfig } from './load-config.ts';
import { actInPart, notActedOn } from './not-acted-on.ts';

type Node = { [key: string]: unknown };

/** Values that one kind of key or another takes. */
const samples: unknown[] = [true, false, 7, '15m', '2s', 'C0123456789', '/api/health', 'https://app.example', 'none'];
const more = [
  'error-rate above 2% within 15m',
  'npm run smoke',
  ['A_NAME'],
  ['a name'],
  ['table notes'],
  ['error-rate above 2% within 15m'],
  'staging',
  ['/api'],
  '30d',
  [{ when: 'error-rate above 2%' }],
  [{ when: 'data-loss', do: ['investigate'] }],
  { team: { slack: 'C0123456789' } },
  { login: 'npm run e2e:login' },
  [{ name: 'watch', from: '0m', until: '15m', require: ['error-rate below 1%'] }],
];

/** What a leaf of the schema may be, by its words, its examples, else one of the samples that it accepts. */
function candidates(node: Node): unknown[] {
  const branches = [node, ...((node.anyOf as Node[] | undefined) ?? [])];
  const words = branches.flatMap(({ enum: words = [], items, examples = [] }) => [
    ...(words as unknown[]),
    ...(((items as Node | undefined)?.enum as unknown[] | undefined) ?? []).map((word) => [word]),
    ...(examples as unknown[]),
  ]);
  return [...words, ...samples, ...more];
}

/** Keys below a section without lists and maps of the user's own names. */
function* leaves(node: Node, path: string[]): Generator<{ path: string[]; node: Node }> {
  const branches = [node, ...((node.anyOf as Node[] | undefined) ?? [])];
  const children = branches.flatMap(({ properties = {} }) => Object.entries(properties as Record<string, Node>));
  if (children.length === 0) yield { path, node };
  for (const [key, child] of children) yield* leaves(child, [...path, key]);
}

async function settingsOf(path: string[], value: unknown): Promise<object | undefined> {
  const part = path.reduceRight<unknown>((below, key) => ({ [key]: below }), value) as object;
  // Names that some keys have to name: an environment and a route.
  const named = { environments: { staging: {} }, notifications: { routes: { staging: { slack: 'C0123456789' } } } };
  const text = JSON.stringify({ ...named, ...part });
  const readReference = async () => assert.fail('nothing is fetched');
  const given = { file: 'ops.yml', text, environment: 'staging', throwAway: true, readReference };
  return await loadConfig(given).then(
    ({ settings }) => settings,
    () => undefined,
  );
}

/** What reads settings: everything but the files that make them. */
async function readers(): Promise<string> {
  const root = join(import.meta.dirname, '../../..');
  const makers = ['to-settings.ts', 'settings.ts', 'sections.ts', 'later-sections.ts'].map(
    (name) => `config/src/${name}`,
  );
  const texts: string[] = [];
  for await (const file of glob('{packages,actions}/*/src/**/*.ts', { cwd: root })) {
    if (makers.some((name) => file.endsWith(name)) || file.includes('.test.')) continue;
    texts.push(await readFile(join(root, file), 'utf8'));
  }
  return texts.join('\n');
}
const reading = await readers();

/** Names of the settings that a value sets. */
function settingsSet(settings: object): string[] {
  return Object.entries(settings).flatMap(([section, value]) =>
    typeof value !== 'object' || isDeepStrictEqual(value, (empty as Node | undefined)?.[section])
      ? []
      : Object.keys(value as object).map((name) => `${section}.${name}`),
  );
}

const { properties } = opsJsonSchema() as { properties: Record<string, Node> };
// Names, files and addresses; what they do has tests of its own.
const standing = ['version', 'extends', 'environments', 'apps', 'url', 'trigger'];
const all = Object.entries(properties)
  .filter(([section]) => !standing.includes(section))
  .flatMap(([section, node]) => [...leaves(node, [section])])
  // Their keys need each other.
  .filter(({ path }) => path[0] !== 'observe' && path[1] !== 'http-json');
const empty = await settingsOf([], {});

describe('what the schema says of a key is what the settings make of it', () => {
  for (const { path, node } of all) {
    const name = path.join('.');
    const inert = notActedOn.some((pattern) => `${name}.`.startsWith(`${pattern}.`));
    test(`${name} ${inert ? 'changes nothing' : 'changes the settings'}`, async () => {
      let accepted = 0;
      const changing: unknown[] = [];
      for (const value of candidates(node)) {
        const settings = await settingsOf(path, value);
        if (settings === undefined) continue;
        accepted++;
        if (isDeepStrictEqual(settings, empty)) continue;
        changing.push(value);
        for (const setting of settingsSet(settings)) {
          const [, own = ''] = setting.split('.');
          assert.match(reading, new RegExp(`\\b${own}\\b`), `${name} sets ${setting}, which nobody reads: mark it`);
        }
      }
      if (inert) assert.deepEqual(changing, [], name);
      else assert.ok(changing.length > 0, `${name}: none of ${accepted} accepted values changes anything`);
    });
  }
});

test('a key that acts in part says in the schema which words do not', () => {
  const text = JSON.stringify(properties);
  for (const words of Object.values(actInPart))
    assert.ok(text.includes(`Not acted on by this version: ${words.join(', ')}.`));
});
