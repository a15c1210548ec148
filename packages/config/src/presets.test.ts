import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { embeddedPresets } from './embedded-presets.ts';
import { opsJsonSchema } from './json-schema.ts';
import { ConfigError, type ConfigProblem, loadConfig } from './load-config.ts';

const root = join(import.meta.dirname, '../../..');
/** Staging and production alike; what generates content may be slow (ARB-05). */
const blueGreenRules = ['error-rate above 10%: immediately', 'p95 above 5s within 15m except /generate-content'];
const names = ['blue-green', 'push-to-main', 'staging-branch', 'tag-release', 'validated-pipeline'];
const reference = `acme/ops/preset.yml@${'a'.repeat(40)}`;

async function load(text: string, environment = 'production', extended = '') {
  const readReference = async () => ({ file: 'preset.yml', text: extended });
  return await loadConfig({ file: 'ops.yml', text, environment, throwAway: false, readReference });
}

test('the five presets are shipped as they stand in presets/', () => {
  assert.deepEqual(Object.keys(embeddedPresets).sort(), names);
  for (const name of names) {
    assert.equal(
      embeddedPresets[name],
      readFileSync(join(root, 'presets', `${name}.yml`), 'utf8'),
      `${name}: run npm run schema`,
    );
  }
});

test('the JSON Schema for editors is current', () => {
  const written = JSON.parse(readFileSync(join(root, 'schema/ops.schema.json'), 'utf8'));
  assert.deepEqual(written, JSON.parse(JSON.stringify(opsJsonSchema())), 'run npm run schema');
});

for (const name of names) {
  test(`the preset ${name} is valid as it stands, for each of its environments`, async () => {
    const environments = embeddedPresets[name]?.match(/^ {2}(?=[a-z]+:$)\w+/gm)?.slice(0, 2) ?? [];
    for (const environment of environments) await load(`extends: ${name}`, environment.trim());
  });
}

for (const { preset, environment, url, watch, trigger, apply } of [
  {
    preset: 'staging-branch',
    environment: 'production',
    url: undefined,
    watch: { source: ['sentry'], windowMs: 900_000, rules: ['error-rate above 2% within 15m'], mode: 'auto' },
    trigger: { event: 'push', ref: 'main' },
    apply: 'manual',
  },
  {
    preset: 'staging-branch',
    environment: 'staging',
    url: undefined,
    watch: { source: ['sentry'], windowMs: 900_000, rules: ['error-rate above 2% within 15m'], mode: 'auto' },
    trigger: { event: 'push', ref: 'staging' },
    apply: 'manual',
  },
  {
    preset: 'tag-release',
    environment: 'production',
    url: undefined,
    watch: { source: ['vercel-runtime-logs'], mode: 'notify' },
    trigger: { event: 'tag', ref: 'v*' },
    apply: 'automatic',
  },
  {
    preset: 'push-to-main',
    environment: 'production',
    url: undefined,
    watch: { source: ['sentry'], mode: 'notify' },
    trigger: { event: 'push', ref: 'main' },
    apply: 'manual',
  },
  {
    preset: 'validated-pipeline',
    environment: 'production',
    url: undefined,
    watch: {
      source: ['datadog', 'sentry'],
      windowMs: 1_800_000,
      rules: ['error-rate above 10% within 30m'],
      mode: 'auto',
    },
    trigger: { event: 'push', ref: 'main' },
    apply: 'automatic',
  },
  {
    preset: 'blue-green',
    environment: 'production',
    url: undefined,
    watch: { source: ['sentry'], windowMs: 3_600_000, rules: blueGreenRules, mode: 'auto' },
    trigger: { event: 'after', ref: 'staging' },
    apply: 'approve',
  },
  {
    preset: 'blue-green',
    environment: 'staging',
    url: undefined,
    watch: { source: ['sentry'], windowMs: 3_600_000, rules: blueGreenRules, mode: 'auto' },
    trigger: { event: 'push', ref: 'main' },
    apply: 'automatic',
  },
]) {
  test(`${preset} means for ${environment} what its runbook decides`, async () => {
    const { settings } = await load(`extends: ${preset}`, environment);
    assert.deepEqual(settings.watch, watch);
    assert.deepEqual(settings.trigger, trigger);
    assert.equal(settings.database.apply, apply);
    assert.equal(settings.url, url);
  });
}

const breaks: { name: string; from: RegExp; to: string; message: RegExp }[] = [
  { name: 'an unknown key', from: /^watch:/m, to: 'wotch:', message: /unknown key; did you mean watch\?/ },
  { name: 'an unknown word', from: /\bmode: \w+/, to: 'mode: sometimes', message: /"sometimes" is not known/ },
  { name: 'another version', from: /^version: 1$/m, to: 'version: 2', message: /2 is not known/ },
  {
    name: 'an unknown route',
    from: /rolled-back: \w+/,
    to: 'rolled-back: nowhere',
    message: /there is no route "nowhere"/,
  },
  { name: 'an unknown severity', from: /level: \w+/, to: 'level: P99', message: /there is no severity "P99"/ },
  { name: 'a key given twice', from: /^watch:/m, to: 'alerts: []\nwatch:', message: /is not valid YAML/ },
  { name: 'a list left open', from: /^incidents:$/m, to: 'incidents: [', message: /is not valid YAML/ },
  { name: 'a wrong unit', from: /until: \d+m/, to: 'until: 15 minutes', message: /is not a duration/ },
  {
    name: 'a rule in other words',
    from: /when: error-rate above 1?5?2?%?/,
    to: 'when: error-rate over ',
    message: /is not a rule/,
  },
  {
    name: 'a trigger in other words',
    from: /trigger: \w+( to)? \S+/,
    to: 'trigger: whenever',
    message: /"whenever" is not a trigger/,
  },
  { name: 'a credential', from: /^watch:/m, to: 'vercel-token: x\nwatch:', message: /refused: credentials/ },
  { name: 'a number for a duration', from: /from: 0m/, to: 'from: 0', message: /0 is a number/ },
  { name: 'a missing value', from: /when: [^,]+, level/, to: 'level', message: /when is missing/ },
];

for (const name of names) {
  for (const change of breaks) {
    test(`${name} with ${change.name} is refused at its line`, async () => {
      const text = embeddedPresets[name] ?? '';
      const at = text.search(change.from);
      assert.notEqual(at, -1, 'the preset holds what is broken');
      const broken = text.replace(change.from, change.to);
      const line = text.slice(0, at).split('\n').length + (change.name === 'a key given twice' ? -1 : 0);
      const problems = await problemsOf(broken);
      const problem = problems.find(({ message }) => change.message.test(message));
      assert.ok(problem, problems.map(({ message }) => message).join('\n'));
      assert.equal(problem.file, 'preset.yml');
      // What YAML itself cannot read is noticed where reading stops: at the mistake or below.
      if (/valid YAML/.test(problem.message)) assert.ok(problem.line > line, `${problem.line} ${line}`);
      else assert.equal(problem.line, line);
    });
  }
}

async function problemsOf(extended: string): Promise<ConfigProblem[]> {
  try {
    await load(`extends: ${reference}`, 'production', extended);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return assert.fail('the broken preset was accepted');
}

test('what the own file says wins over every preset, what it leaves open stays as the preset says', async () => {
  const minutes = fc.integer({ min: 1, max: 1_000 });
  const own = fc.record(
    { window: minutes, mode: fc.constantFrom('observe', 'notify', 'approve', 'auto'), below: fc.boolean() },
    { requiredKeys: ['below'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), own, async (preset, { below, window, mode }) => {
      const watch = { ...(window && { window: `${window}m` }), ...(mode && { mode }) };
      const body = below ? { environments: { production: { watch } } } : { watch };
      const plain = (await load(`extends: ${preset}`)).settings;
      const { settings } = await load(JSON.stringify({ extends: preset, ...body }));
      const expected = { ...plain.watch, ...(window && { windowMs: window * 60_000 }), ...(mode && { mode }) };
      assert.deepEqual(settings, { ...plain, watch: expected });
      const twice = await load(
        JSON.stringify({ extends: reference, ...body }),
        'production',
        JSON.stringify({ extends: preset, ...body }),
      );
      assert.deepEqual(twice.settings, settings);
    }),
    { numRuns: 60 },
  );
});
