import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { createNotesRepository } from '../packages/cli/src/demo/notes-repository.ts';
import { root } from './workflows-model.ts';
import { runTool } from './workflows-tools.ts';

/** The example app as a consumer's repository, with its own workflow files; only what one machine cannot do is changed. */
export interface ActConsumer {
  directory: string;
  /** Where actions/checkout is found: a copy of the repository without GitHub. */
  checkout: string;
  /** Where actions/upload-artifact is found: it keeps the file in `artifacts`. */
  upload: string;
  artifacts: string;
  /** From now on a release waits for an approval, in three jobs. */
  askForApproval(): void;
  commit(version: string): Promise<string>;
  remove(): Promise<void>;
}

export async function createActConsumer(repository: string, base: string): Promise<ActConsumer> {
  const notes = await createNotesRepository(join(root, 'examples'));
  const { directory } = notes;
  editYaml(join(directory, '.github/workflows/deploy.yml'), (document) => {
    // The example's npm ci needs the registry.
    document.setIn(['jobs', 'production', 'with', 'validate-commands'], 'node --check test/smoke.js');
    // act does not know this key and refuses the whole workflow for it.
    document.deleteIn(['concurrency', 'queue']);
  });
  editYaml(join(directory, '.github/ops.yml'), (document) => {
    document.set('watch', { source: 'probe', window: '4s', interval: '1s' });
  });
  const artifacts = join(base, 'artifacts');
  mkdirSync(artifacts);
  await runTool('git', ['remote', 'add', 'origin', `https://github.com/${repository}.git`], directory);
  return {
    directory,
    checkout: checkoutStandIn(base),
    upload: uploadStandIn(base),
    artifacts,
    askForApproval: () =>
      editYaml(join(directory, '.github/workflows/deploy.yml'), (document) => {
        document.setIn(['jobs', 'production', 'with', 'approval-environment'], 'production-approval');
      }),
    commit: notes.commit,
    remove: notes.remove,
  };
}

function editYaml(file: string, edit: (document: ReturnType<typeof parseDocument>) => void): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  edit(document);
  writeFileSync(file, document.toString());
}

/** act compares `ref` with its own idea of the ref and would go to the network otherwise. */
function checkoutStandIn(base: string): string {
  const folder = join(base, 'checkout');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'action.yml'),
    `name: checkout
description: a copy of the repository on this machine
inputs: { ref: { description: x }, persist-credentials: { description: x } }
runs:
  using: composite
  steps:
    - { shell: bash, run: 'git clone --quiet "$CONSUMER_REPOSITORY" "$RUNNER_TEMP/clone" && cp -a "$RUNNER_TEMP/clone/." . && rm -rf "$RUNNER_TEMP/clone"' }
`,
  );
  return folder;
}

/** The upload of a file needs the artifact service of GitHub. */
function uploadStandIn(base: string): string {
  const folder = join(base, 'upload-artifact');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'action.yml'),
    `name: upload-artifact
description: keeps a file on this machine
inputs: { name: { description: x }, path: { description: x }, overwrite: { description: x }, retention-days: { description: x } }
runs:
  using: composite
  steps:
    - shell: bash
      env: { NAME: '\${{ inputs.name }}', FILE: '\${{ inputs.path }}' }
      run: 'cp "$FILE" "$ARTIFACTS/$NAME"'
`,
  );
  return folder;
}
