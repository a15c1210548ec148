// Writes schema/ops.schema.json from the zod schema, and the shipped presets into packages/config. --check only compares.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { opsJsonSchema } from '#config/json-schema';

const root = dirname(import.meta.dirname);
const presets = readdirSync(join(root, 'presets'))
  .filter((name) => name.endsWith('.yml'))
  .sort()
  .map((name): [string, string] => [name.slice(0, -'.yml'.length), readFileSync(join(root, 'presets', name), 'utf8')]);

const files: Record<string, string> = {
  'schema/ops.schema.json': `${JSON.stringify(opsJsonSchema(), null, 2)}\n`,
  'packages/config/src/embedded-presets.json': `${JSON.stringify(Object.fromEntries(presets), null, 2)}\n`,
};

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, text] of Object.entries(files)) {
  const path = join(root, name);
  if (readOrEmpty(path) === text) continue;
  stale.push(name);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (stale.length > 0) {
  console.log(check ? `out of date, run npm run schema: ${stale.join(', ')}` : `written: ${stale.join(', ')}`);
  process.exitCode = check ? 1 : 0;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
