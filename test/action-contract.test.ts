import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import type { InputDefinitions } from '#action-kit/inputs';
import { isSecretInput } from '#cli/run-inputs';

const root = join(import.meta.dirname, '..');

interface ActionFile {
  name: string;
  description: string;
  inputs?: Record<string, { description?: string; required?: boolean; default?: unknown }>;
  outputs?: Record<string, { description?: string; value?: string }>;
  runs: { using: string; main?: string; steps?: CompositeStep[] };
}

interface CompositeStep {
  id?: string;
  name?: string;
  if?: string | boolean;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

async function readAction(folder: string): Promise<ActionFile> {
  return parse(await readFile(join(root, folder, 'action.yml'), 'utf8')) as ActionFile;
}

const names = (await readdir(join(root, 'actions'))).filter((name) =>
  existsSync(join(root, 'actions', name, 'action.yml')),
);
const composites = ['deploy', 'rollback', '.'].filter((folder) => existsSync(join(root, folder, 'action.yml')));

for (const name of names) {
  describe(`actions/${name}`, async () => {
    const action = await readAction(`actions/${name}`);
    const { inputs } = (await import(join(root, 'actions', name, 'src/inputs.ts'))) as { inputs: InputDefinitions };

    test('runs the committed bundle on Node 24', () => {
      assert.deepEqual([action.runs.using, action.runs.main], ['node24', 'dist/index.js']);
    });

    test('action.yml and inputs.ts name the same inputs', () => {
      assert.deepEqual(Object.keys(action.inputs ?? {}).sort(), Object.keys(inputs).sort());
    });

    test('defaults, required marks and descriptions agree', () => {
      for (const [input, definition] of Object.entries(inputs)) {
        const declared = action.inputs?.[input];
        assert.ok(declared?.description, `${input} has no description`);
        assert.equal(declared.required ?? false, definition.required, `required of ${input}`);
        const standard = declared.default === undefined ? undefined : String(declared.default);
        assert.equal(standard, definition.default, `default of ${input}`);
        // Only the run's own token may stand in action.yml.
        if (definition.kind === 'secret') assert.match(standard ?? '', /^(?:\$\{\{ github\.token \}\})?$/, input);
        // Otherwise ops-actions run and deploy would take it as an argument.
        if (definition.kind === 'secret') assert.ok(isSecretInput(input), `a command line takes ${input}`);
      }
    });

    test('has the four outputs of every action, each output described', () => {
      for (const output of ['decision', 'reason-code', 'summary', 'result'])
        assert.ok(action.outputs?.[output], output);
      for (const [output, declared] of Object.entries(action.outputs ?? {})) assert.ok(declared.description, output);
    });

    test('its README shows how to use it by a full commit SHA and has its tables', async () => {
      const readme = await readFile(join(root, 'actions', name, 'README.md'), 'utf8');
      assert.match(readme, new RegExp(`uses: org/ops-actions/actions/${name}@(?:<40-hex>|[0-9a-f]{40}) # v`));
      for (const table of ['inputs', 'outputs']) assert.ok(readme.includes(`<!-- ${table}-start -->`), table);
    });
  });
}

for (const folder of composites) {
  describe(`${folder}/action.yml`, async () => {
    const action = await readAction(folder);
    const text = await readFile(join(root, folder, 'action.yml'), 'utf8');
    const steps = action.runs.steps ?? [];
    const siblings = new Map<string, ActionFile>();
    for (const step of steps) {
      if (step.uses?.startsWith('$/')) siblings.set(step.uses, await readAction(step.uses.slice(2)));
    }

    test('calls only siblings, and passes them only inputs that they have', () => {
      for (const step of steps) {
        const sibling = siblings.get(step.uses ?? '');
        assert.ok(sibling, `${step.name}: ${step.uses ?? step.run}`);
        for (const input of Object.keys(step.with ?? {})) assert.ok(sibling.inputs?.[input], `${step.name}: ${input}`);
        for (const [input, declared] of Object.entries(sibling.inputs ?? {})) {
          if (declared.required) assert.ok(step.with?.[input] !== undefined, `${step.name} does not give ${input}`);
        }
      }
    });

    const judged = ['config', 'environment', 'throw-away', 'policy'];
    // One step that judges ops.yml otherwise than the others would end a release half way.
    test('gives every step that reads ops.yml the same file, environment and judgement', () => {
      for (const { name, uses = '', with: given = {} } of steps) {
        // The way back knows no floors (docs/adr/0007): a policy that GitHub does not hand out must not stand in its way.
        const isBack = folder === 'rollback' || uses === '$/rollback' || given.mode === 'rollback';
        const heard = isBack ? judged.slice(0, -1) : judged;
        for (const input of heard.filter((one) => siblings.get(uses)?.inputs?.[one]))
          assert.equal(given[input], `\${{ inputs.${input} }}`, `${name}: ${input}`);
        if (heard !== judged) assert.equal(given.policy, undefined, `${name} hears of a policy`);
      }
    });

    test('reads only outputs and inputs that exist', () => {
      const byId = new Map(steps.flatMap((step) => (step.id === undefined ? [] : [[step.id, step] as const])));
      for (const [, id = '', output = ''] of text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
        const sibling = siblings.get(byId.get(id)?.uses ?? '');
        assert.ok(sibling?.outputs?.[output], `steps.${id}.outputs.${output}`);
      }
      for (const [, id = ''] of text.matchAll(/steps\.([\w-]+)\.outcome/g)) assert.ok(byId.has(id), `steps.${id}`);
      for (const [, input = ''] of text.matchAll(/inputs\.([\w-]+)/g)) assert.ok(action.inputs?.[input], input);
    });

    test('no condition can throw', () => {
      for (const step of steps) assert.doesNotMatch(String(step.if ?? ''), /fromJSON|\[/, step.name);
    });

    test('describes every input and output', () => {
      for (const [name, entry] of Object.entries({ ...action.inputs, ...action.outputs })) {
        assert.ok(entry.description, name);
      }
    });
  });
}

test('the root entry has the contract of deploy', async () => {
  const [entry, deploy] = await Promise.all([readAction('.'), readAction('deploy')]);
  assert.deepEqual(entry.inputs, deploy.inputs);
  assert.deepEqual(
    Object.entries(entry.outputs ?? {}).map(([name, output]) => [name, output.description]),
    Object.entries(deploy.outputs ?? {}).map(([name, output]) => [name, output.description]),
  );
});

// One that is declared and not handed on would be taken without a word: rehearsal: true, and a real release.
test('the root entry hands every input and output of deploy on', async () => {
  const { inputs = {}, outputs = {}, runs } = await readAction('.');
  const handed = Object.keys(inputs).map((input) => [input, `\${{ inputs.${input} }}`]);
  assert.deepEqual(
    runs.steps?.map((step) => step.with),
    [Object.fromEntries(handed)],
  );
  for (const [output, { value }] of Object.entries(outputs))
    assert.equal(value, `\${{ steps.deploy.outputs.${output} }}`, output);
});
