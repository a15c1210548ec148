import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run new:action <name>` writes a whole action that does nothing yet but passes the contract tests. */
const root = join(import.meta.dirname, '..');
const [name = ''] = process.argv.slice(2);
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  console.error('npm run new:action <name>, where name is kebab-case, e.g. wait-for-window');
  process.exit(2);
}
const folder = join(root, 'actions', name);
if (existsSync(folder)) {
  console.error(`actions/${name} is there already`);
  process.exit(2);
}

const files: Record<string, string> = {
  'action.yml': `name: ops-actions ${name}
description: Say in one line what a person gets
author: ops-actions
branding: { icon: check, color: green }

inputs:
  config: { description: 'Path of the configuration file; default .github/ops.yml' }
  environment: { description: 'Name of the environment in .github/ops.yml' }
  throw-away: { description: 'true for an environment whose data may be lost, or that is not production: allows in .github/ops.yml what production refuses', default: 'false' }
  subject: { description: 'What to look at', required: true }

outputs:
  decision: { description: 'pass or fail' }
  reason-code: { description: Stable reason in snake_case }
  summary: { description: One line for people }
  result: { description: 'JSON with schemaVersion' }

runs:
  using: node24
  main: dist/index.js
`,
  'README.md': `# ${name}

Say in one sentence what a person gets, and when it fails.

\`\`\`yaml
- uses: org/ops-actions/actions/${name}@<40-hex> # v1.0.0
  with:
    subject: example
\`\`\`

## Inputs

<!-- inputs-start -->
<!-- inputs-end -->

## Outputs

<!-- outputs-start -->
<!-- outputs-end -->
`,
  'src/index.ts': `import { runAction } from '#action-kit/run-action';
import { main } from './main.ts';

await runAction(main);
`,
  'src/inputs.ts': `import { commonInputs, type InputDefinitions, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  subject: text({ required: true }),
} satisfies InputDefinitions;
`,
  'src/main.ts': `import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { decideSubject } from './decide-subject.ts';
import { inputs } from './inputs.ts';

export async function main(runner: Runner): Promise<Result> {
  const { subject } = readInputs(runner, inputs);
  return decideSubject(subject);
}
`,
  'src/decide-subject.ts': `import type { Result } from '#action-kit/result';

/** Data in, data out: no input or output here. */
export function decideSubject(subject: string): Result {
  const good = subject !== 'bad';
  return good
    ? { decision: 'pass', reasonCode: 'subject_good', summary: \`\${subject} is good\`, failed: false }
    : { decision: 'fail', reasonCode: 'subject_bad', summary: \`\${subject} is bad\`, failed: true };
}
`,
  'test/decide-subject.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideSubject } from '../src/decide-subject.ts';

for (const { subject, decision } of [
  { subject: 'example', decision: 'pass' },
  { subject: 'bad', decision: 'fail' },
]) {
  test(\`\${subject} is \${decision}\`, () => assert.equal(decideSubject(subject).decision, decision));
}
`,
};
for (const [file, text] of Object.entries(files)) {
  await mkdir(join(folder, file, '..'), { recursive: true });
  await writeFile(join(folder, file), text);
}
console.log(
  `wrote actions/${name}. Next: inputs and outputs in action.yml and src/inputs.ts (npm test contract), the decision`,
);
console.log(`and its table test, main.ts; then npm run build -- ${name} and npm run readme.`);
