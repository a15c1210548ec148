import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

interface Row {
  id: string;
  state: string;
  proof: string;
}

async function coverage(): Promise<Row[]> {
  const text = await readFile(join(root, 'docs/coverage.md'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, id = '', , , state = '', proof = ''] = cells;
    return /^[A-Z]{3}-\d{2}$/.test(id) ? [{ id, state, proof }] : [];
  });
}

const rows = await coverage();

test('every requirement ID stands once, with one of the three states', () => {
  assert.equal(rows.length, 364);
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
  for (const row of rows) assert.match(row.state, /^(works|partly|not yet)$/, row.id);
});

test('what works or partly works names a proof', () => {
  const without = rows.filter((row) => row.state !== 'not yet' && !/`[^`]+`/.test(row.proof));
  assert.deepEqual(
    without.map((row) => row.id),
    [],
  );
});

/** Rules of the threat model with the tests that prove them. */
async function ruleProofs(): Promise<Row[]> {
  const text = await readFile(join(root, 'docs/threat-model.md'), 'utf8');
  return [...text.matchAll(/^\| (S\d+): [^|]*\|([^|]*)\|$/gm)].map(([, id = '', proof = '']) => ({
    id,
    state: 'works',
    proof,
  }));
}

test('every named proof exists', async () => {
  const rules = await ruleProofs();
  assert.ok(rules.length >= 7);
  const scripts = (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts;
  const missing: string[] = [];
  for (const { id, proof } of [...rows, ...rules]) {
    for (const [, name = ''] of proof.matchAll(/`([^`]+)`/g)) {
      const [file = '', title] = name.split(' › ');
      const command = /^npm run ([\w:-]+)/.exec(name)?.[1];
      if (command !== undefined) {
        if (!(command in scripts)) missing.push(`${id}: ${name}`);
        continue;
      }
      const source = await readFile(join(root, file), 'utf8').catch(() => undefined);
      if (source === undefined || (title !== undefined && !source.includes(title))) missing.push(`${id}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});
