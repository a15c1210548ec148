import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedFunctions } from './affected-functions.ts';
import type { FunctionSource } from './function-types.ts';

function source(slug: string, ...texts: string[]): FunctionSource {
  const files = texts.map((text, index) => ({ path: `${slug}/${index}.ts`, content: Buffer.from(text) }));
  return { slug, entrypoint: `${slug}/0.ts`, verifyJwt: true, staticPatterns: [], files, missing: [] };
}

const all = [
  source('health', "Deno.env.get('SUPABASE_URL')"),
  source('pay', "import './stripe.ts'", "Deno.env.get('STRIPE_KEY')"),
  source('webhook', 'Deno.env.get("STRIPE_KEY_OLD"); Deno.env.get("MAIL_KEY")'),
];

test('a rotated secret names the functions that read it, also in a file they import; a longer name is another one', () => {
  const slugs = (secrets: string[]) => affectedFunctions(all, secrets).map(({ slug }) => slug);
  assert.deepEqual(slugs(['STRIPE_KEY']), ['pay']);
  assert.deepEqual(slugs(['STRIPE_KEY', 'MAIL_KEY']), ['pay', 'webhook']);
});

test('secrets that no function names are refused together', () => {
  assert.throws(() => affectedFunctions(all, ['STRIPE_KEY', 'STRIPE', 'KEY']), {
    reasonCode: 'secret_not_used',
    message: /^STRIPE, KEY: no file/,
  });
});
