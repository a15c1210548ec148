import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const library = join(import.meta.dirname, '../..');

interface Workflow {
  jobs: Record<string, { steps: { uses?: string }[]; outputs?: Record<string, string> }>;
}

/**
 * The steps of one job of a workflow as a composite beside the actions as committed: what the local runner runs is what the workflow says.
 * Secrets and inputs of the workflow become inputs, and what job `a` says as output `b` the input `a-b`; addresses of the sandbox reach the actions by their variables.
 */
export async function workflowComposite(file: string, job: string): Promise<Disposable & { path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'workflow-steps-'));
  const text = readFileSync(join(library, '.github/workflows', file), 'utf8')
    .replaceAll('secrets.', 'inputs.')
    .replaceAll(/\bneeds\.([\w-]+)\.outputs\.([\w-]+)/g, 'inputs.$1-$2');
  const model = (parse(text) as Workflow).jobs[job];
  if (model === undefined) throw new Error(`${file} has no job ${job}`);
  const steps = model.steps.filter(({ uses }) => uses?.startsWith('$/'));
  const names = new Set([...JSON.stringify(steps).matchAll(/inputs\.([\w-]+)/g)].map(([, name = '']) => name));
  const composite = {
    name: job,
    description: `steps of ${file}`,
    inputs: Object.fromEntries([...names].map((name) => [name, { description: name }])),
    outputs: Object.fromEntries(
      Object.entries(model.outputs ?? {}).map(([name, value]) => [name, { description: name, value }]),
    ),
    runs: { using: 'composite', steps },
  };
  for (const name of ['actions', 'deploy', 'rollback', 'package.json'])
    symlinkSync(join(library, name), join(folder, name));
  const path = join(folder, job);
  await mkdir(path);
  writeFileSync(join(path, 'action.yml'), stringify(composite));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
