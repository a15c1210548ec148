import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { embeddedPresets } from '#config/embedded-presets';
import { opsJsonSchema } from '#config/json-schema';
import { loadConfig } from '#config/load-config';
import { notActedOn } from '#config/not-acted-on';
import { readSuite } from '#probe/read-suite';
import { type Block, blocksOf, readPages, root } from './docs-pages.ts';
import { problemsOf } from './github-language-service.ts';

const pages = await readPages();
const examples = blocksOf(pages).filter(({ language }) => language === 'yaml');
const configuration = pages.find(({ file }) => file === 'docs/how-to/ops-yml.md')?.text ?? '';

test('there is something to read', () => {
  assert.ok(
    pages.length >= 19 && examples.length >= 20,
    `${pages.length} pages, ${examples.length} examples in ${root}`,
  );
});

for (const example of examples) {
  test(`the example at ${example.file}:${example.line} is what it seems to be`, () => check(example));
}

/** A workflow, a job, steps, a smoke suite, or ops.yml: told by what is in it. */
async function check({ file, line, text }: Block): Promise<void> {
  const pinned = text.replaceAll('@<40-hex>', `@${'0123456789'.repeat(4)}`);
  const data: unknown = parse(pinned);
  const name = `${file}:${line}`;
  if (Array.isArray(data)) {
    if (data.some((step) => step instanceof Object && ('uses' in step || 'run' in step))) {
      return await checkPart(name, `${oneJob}    steps:\n${indented(pinned, 6)}`);
    }
    const suite = await readSuite(name, text);
    return assert.ok(suite.length > 0);
  }
  assert.ok(data instanceof Object, `${name} is no map`);
  if ('jobs' in data) return assert.deepEqual(await problemsOf(name, pinned), []);
  if ('steps' in data) return await checkPart(name, oneJob + indented(pinned, 4));
  await checkConfiguration(name, text, Object.keys((data as { environments?: object }).environments ?? {}));
}

/** Steps cut out of a job may read what stands around them. */
async function checkPart(name: string, workflow: string): Promise<void> {
  const problems = await problemsOf(name, workflow);
  assert.deepEqual(
    problems.filter((problem) => !/Context access might be invalid/.test(problem)),
    [],
  );
}

const oneJob = 'on: push\njobs:\n  example:\n    runs-on: ubuntu-latest\n';

function indented(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}

/** A page that shows a preset may leave its placeholders open; nothing else is worth a warning. */
async function checkConfiguration(file: string, text: string, environments: readonly string[]): Promise<void> {
  const readReference = async () => assert.fail('nothing is fetched');
  for (const environment of environments.length > 0 ? environments : ['production']) {
    const { warnings } = await loadConfig({ file, text, environment, throwAway: false, readReference });
    if (!text.includes('extends:')) assert.deepEqual(warnings, []);
  }
}

test('every table of a page is whole: a head, and rows of as many cells', () => {
  for (const { file, text } of pages) {
    for (const table of text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/(?:^\|.*\n)+/gm)) {
      const [head = '', rule = '', ...rows] = table[0].trimEnd().split('\n');
      assert.match(rule, /^\|[\s:|-]+\|$/, `${file} has a table without a head: ${head}`);
      for (const row of [rule, ...rows]) assert.equal(cellsOf(row), cellsOf(head), `${file}: ${row}`);
    }
  }
});

function cellsOf(row: string): number {
  return [...row.matchAll(/(?<!\\)\|/g)].length;
}

test('the first file of the documentation has fewer than fifteen lines', () => {
  const [first] = blocksOf([{ file: 'ops-yml.md', text: configuration }]);
  assert.ok(first !== undefined && first.text.split('\n').length < 15);
});

test('every key that acts is documented, and nothing else', () => {
  const documented = [...configuration.matchAll(/^\| `([a-z0-9.-]+)` \|/gm)].map(([, key = '']) => key);
  const presets = new Set(Object.keys(embeddedPresets));
  const keys = documented.filter((key) => !presets.has(key));
  const known = actingKeys();
  assert.deepEqual(keys.toSorted(), known.toSorted());
});

test('the documentation lists every preset and every section that does not act', () => {
  for (const name of Object.keys(embeddedPresets)) assert.match(configuration, new RegExp(`^\\| \`${name}\` \\|`, 'm'));
  for (const section of notActedOn.filter((key) => !key.includes('.')))
    assert.ok(configuration.includes(`\`${section}\``), section);
});

type Node = { [key: string]: unknown };

/** Paths of the schema without what is read only; keys of a check stand alone, for health and smoke share them. */
function actingKeys(): string[] {
  const { properties } = opsJsonSchema() as { properties: Node };
  const found = new Set(['url', 'trigger']);
  for (const [section, node] of Object.entries(properties)) {
    if (section !== 'apps') for (const key of leavesOf(node as Node, section)) found.add(key);
  }
  return [...found]
    .filter((key) => !notActedOn.some((pattern) => `${key}.`.startsWith(`${pattern}.`)))
    .map((key) => key.replace(/^(health|smoke)\.checks\.\*\./, ''))
    .filter((key, index, all) => all.indexOf(key) === index);
}

function leavesOf(node: Node, path: string): string[] {
  const branches = [node, ...((node.anyOf as Node[] | undefined) ?? [])];
  const below = branches.flatMap((branch) =>
    Object.entries((branch.properties as Record<string, Node> | undefined) ?? {}).flatMap(([key, child]) =>
      leavesOf(child, `${path}.${key}`),
    ),
  );
  const isChecks = /^(health|smoke)\.checks$/.test(path);
  const items = branches.flatMap((branch) =>
    isChecks && branch.items ? leavesOf(branch.items as Node, `${path}.*`) : [],
  );
  return below.length > 0 ? [...below, ...items] : [path, ...items];
}
