import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = '.github/workflows';
const migrates = /^[^#\n]*uses:\s*\S+\/(?:\.github\/workflows\/migrate\.yml|actions\/migrate-with-backup)@/m;

/** The workflow of this checkout by which a person applies migrations; undefined where there is none, or more than one. */
export async function findMigrationWorkflow(workspace: string): Promise<string | undefined> {
  const names = await readdir(join(workspace, folder)).catch(() => []);
  const found: string[] = [];
  for (const name of names.filter((one) => /^[\w.-]+\.ya?ml$/.test(one))) {
    const text = await readFile(join(workspace, folder, name), 'utf8').catch(() => '');
    if (migrates.test(text) && /^[^#\n]*\bworkflow_dispatch\b/m.test(text)) found.push(name);
  }
  return found.length === 1 ? found[0] : undefined;
}

/** What a person does next so that a release finds nothing left to apply. Pure. */
export function applyByHand(workflow: string | undefined, apply: 'approve' | 'manual'): string {
  if (workflow !== undefined) return `gh workflow run ${workflow}, wait until it is green, then release again`;
  return apply === 'approve'
    ? 'call migrate.yml with approval-environment in front of this release (docs/how-to/migrations.md), or hand its output approval to approved-migrations'
    : 'run migrate-with-backup by hand for this environment, then release';
}
