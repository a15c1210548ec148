import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/**
 * The import table of docs/architecture.md. A package may import the packages that stand above it in this list;
 * `config` also serves its types and parsers to the runner side.
 */
const order = [
  'http',
  'child-process',
  'config',
  'probe',
  'postgres',
  'backup',
  'vercel',
  'supabase',
  'observe',
  'github',
  'release',
  'notify',
  'incident',
];

/** Packages outside the order, with what they may import. */
const special: Record<string, readonly string[]> = {
  // Only actions, local-runner and cli know the runner.
  'action-kit': ['http', 'config'],
  'local-runner': ['http', 'child-process', 'action-kit'],
  sandbox: [...order, 'action-kit'],
  cli: [...order, 'action-kit', 'local-runner', 'sandbox'],
};

/** Packages from the registry that only one package may import. */
const owned: Record<string, readonly string[]> = {
  '@actions/artifact': ['action-kit'],
  '@actions/core': ['action-kit'],
  '@actions/workflow-parser': ['local-runner'],
  '@actions/expressions': ['local-runner'],
  emulate: ['sandbox'],
  commander: ['cli'],
};

const root = join(import.meta.dirname, '..');

interface Import {
  file: string;
  from: string;
  specifier: string;
  isTest: boolean;
}

async function imports(): Promise<Import[]> {
  const found: Import[] = [];
  for await (const file of glob('{packages,actions}/*/{src,test}/**/*.ts', { cwd: root })) {
    const text = await readFile(join(root, file), 'utf8');
    const [kind, name = ''] = file.split('/');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const from = kind === 'actions' ? 'actions' : name;
      found.push({ file, from, specifier, isTest: /\.test\.ts$|\/test\/|\/testing\//.test(file) });
    }
  }
  return found;
}

const all = await imports();

test('there are imports to judge', () => assert.ok(all.length > 200, `${all.length}`));

test('packages import only what stands above them', () => {
  const wrong = all.flatMap(({ file, from, specifier, isTest }) => {
    const target = /^#([\w-]+)\//.exec(specifier)?.[1];
    if (target === undefined || target === from || isTest) return [];
    const allowed =
      from === 'actions' ? [...order, 'action-kit'] : (special[from] ?? order.slice(0, order.indexOf(from)));
    return allowed.includes(target) ? [] : [`${file}: ${specifier}`];
  });
  assert.deepEqual(wrong, []);
});

test('every package stands in the table', () => {
  const names = new Set(all.map((one) => one.from).filter((name) => name !== 'actions'));
  assert.deepEqual(
    [...names].filter((name) => !order.includes(name) && !(name in special)),
    [],
  );
});

test('no relative import leaves its package or action', () => {
  const wrong = all.filter(({ file, specifier, isTest }) => {
    // Tests share fixtures, which stand outside `src` and have no name of their own.
    if (!specifier.startsWith('.') || isTest) return false;
    const target = relative(root, join(root, dirname(file), specifier));
    const outside = target.split('/').slice(0, 2).join('/') !== file.split('/').slice(0, 2).join('/');
    // The command line reads the version of the whole repository.
    return outside && target !== 'package.json';
  });
  assert.deepEqual(
    wrong.map(({ file, specifier }) => `${file}: ${specifier}`),
    [],
  );
});

test('runner libraries have one importer', () => {
  const wrong = all.filter(({ from, specifier, isTest }) => {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    return name in owned && !isTest && !owned[name]?.includes(from);
  });
  assert.deepEqual(
    wrong.map(({ file, specifier }) => `${file}: ${specifier}`),
    [],
  );
});

test('decisions do no input or output', () => {
  const decision = /\/(?:plan|decide|judge|classify|choose|render)-[\w-]+\.ts$|\/judge\/[\w-]+\.ts$/;
  const outside = /^node:(?:fs|http|https|net|child_process|tls|dns)|^#http\/client$|^#child-process\//;
  const wrong = all.filter(({ file, specifier, isTest }) => !isTest && decision.test(file) && outside.test(specifier));
  assert.deepEqual(
    wrong.map(({ file, specifier }) => `${file}: ${specifier}`),
    [],
  );
});
