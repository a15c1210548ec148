import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const library = join(import.meta.dirname, '../..');

interface Workflow {
  jobs: { watch: { steps: { uses?: string }[]; outputs: Record<string, string> } };
}

/**
 * The steps of `watch.yml` as a composite beside the actions as committed: what the local runner runs is what the workflow says.
 * Secrets and inputs of the workflow become inputs; addresses of the sandbox reach the actions by their variables.
 */
export async function watchComposite(): Promise<Disposable & { path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'watch-workflow-'));
  const text = readFileSync(join(library, '.github/workflows/watch.yml'), 'utf8').replaceAll('secrets.', 'inputs.');
  const { watch } = (parse(text) as Workflow).jobs;
  const steps = watch.steps.filter(({ uses }) => uses?.startsWith('$/'));
  const names = new Set([...JSON.stringify(steps).matchAll(/inputs\.([\w-]+)/g)].map(([, name = '']) => name));
  const composite = {
    name: 'watch',
    description: 'steps of watch.yml',
    inputs: Object.fromEntries([...names].map((name) => [name, { description: name }])),
    outputs: Object.fromEntries(
      Object.entries(watch.outputs).map(([name, value]) => [name, { description: name, value }]),
    ),
    runs: { using: 'composite', steps },
  };
  for (const name of ['actions', 'rollback', 'package.json']) symlinkSync(join(library, name), join(folder, name));
  const path = join(folder, 'watch');
  await mkdir(path);
  writeFileSync(join(path, 'action.yml'), stringify(composite));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
