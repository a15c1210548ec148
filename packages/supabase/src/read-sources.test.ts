import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImports, readImportMap } from './find-imports.ts';
import { readFunctionSources } from './read-sources.ts';
import { repository } from './testing/functions-project.ts';

const directory = 'supabase/functions';

test('a function is read with what it imports, its import map and its static files, and with nothing else', async (t) => {
  const root = await repository(t, {
    'supabase/config.toml':
      '[functions.hello]\nverify_jwt = false\nstatic_files = ["./functions/hello/*.html"]\n[functions.off]\nenabled = false\n',
    'supabase/functions/.env': 'SECRET=canary',
    'supabase/functions/_shared/cors.ts': "export { x } from './deep.ts';\n",
    'supabase/functions/_shared/deep.ts': 'export const x = 1;\n',
    'supabase/functions/hello/deno.json':
      '{ "imports": { "shared/": "../_shared/", /* pinned */ "zod": "npm:zod@4", } }',
    'supabase/functions/hello/index.ts':
      "import { x } from 'shared/cors.ts';\nimport { z } from 'zod';\nimport './gone.ts';\nDeno.serve(() => new Response(x + z.name));\n",
    'supabase/functions/hello/page.html': '<p>hello</p>',
    'supabase/functions/hello/unused.ts': 'export {};\n',
    'supabase/functions/off/index.ts': 'Deno.serve(() => new Response());\n',
    'supabase/functions/plain/index.ts': 'Deno.serve(() => new Response());\n',
  });
  const [hello, plain, ...others] = await readFunctionSources({ root, directory });
  assert.deepEqual(others, [], 'disabled');
  assert.deepEqual(hello?.files.map(({ path }) => path.replace('supabase/functions/', '')).toSorted(), [
    '_shared/cors.ts',
    '_shared/deep.ts',
    'hello/deno.json',
    'hello/index.ts',
    'hello/page.html',
  ]);
  assert.deepEqual(
    [hello?.verifyJwt, hello?.entrypoint, hello?.importMap, hello?.missing],
    [false, `${directory}/hello/index.ts`, `${directory}/hello/deno.json`, [`${directory}/hello/gone.ts`]],
  );
  assert.deepEqual([plain?.slug, plain?.verifyJwt, plain?.importMap], ['plain', true, undefined]);
});

for (const { what, files, code } of [
  { what: 'no folder', files: { 'README.md': '' }, code: 'functions_not_found' },
  {
    what: 'a config.toml that is none',
    files: { 'supabase/functions/a/index.ts': '', 'supabase/config.toml': '[functions' },
    code: 'bad_functions_config',
  },
  {
    what: 'an import that leaves the repository',
    files: { 'supabase/functions/a/index.ts': "import '../../../../outside.ts';\n" },
    code: 'bad_functions_config',
  },
]) {
  test(`${what} is refused before any request: ${code}`, async (t) => {
    const root = await repository(t, files);
    await assert.rejects(readFunctionSources({ root, directory }), { reasonCode: code });
  });
}

test('imports are found in every form; packages, addresses and comments of a map are none', () => {
  const text = [
    "import a from './a.ts';",
    'import {\n  b,\n} from "../b.ts";',
    "export * from './c.js';",
    "import type { D } from './d.ts';",
    "import './e.ts';",
    "const f = await import('./f.ts');",
    "import g from 'npm:g';",
    "import h from 'https://deno.land/h.ts';",
    "import i from 'jsr:@std/i';",
  ].join('\n');
  const found = findImports('x/y/index.ts', text, {});
  assert.deepEqual(found.toSorted(), ['x/b.ts', 'x/y/a.ts', 'x/y/c.js', 'x/y/d.ts', 'x/y/e.ts', 'x/y/f.ts']);
  assert.deepEqual(readImportMap('x/deno.json', '{ "importMap": "./map.json" }'), {
    imports: {},
    reference: 'x/map.json',
  });
});
