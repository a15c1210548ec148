import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { permissionReasons, readWorkflows, root, secretsOf } from './workflows-model.ts';

const text = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');
const rows = text
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 6 && cells[1]?.endsWith('.yml'))
  .map(([, file = '', job = '', grant = '', reason = '']): [string, string, string, string] => [
    file,
    job,
    grant,
    reason,
  ]);

test('the table lists every permission and secret of every job, and nothing else', () => {
  const expected = readWorkflows().flatMap((workflow) =>
    Object.entries(workflow.jobs).flatMap(([job, model]) => {
      const grants = [
        ...Object.entries(model.permissions ?? {}).map(([name, level]) => `\`${name}: ${level}\``),
        ...secretsOf(model).map((name) => `secret \`${name}\``),
      ];
      return (grants.length === 0 ? ['nothing'] : grants).map((grant) => `${workflow.file} › ${job}: ${grant}`);
    }),
  );
  assert.deepEqual(rows.map(([file, job, grant]) => `${file} › ${job}: ${grant}`).sort(), expected.sort());
});

test('the reason of a permission is the one that stands beside it in the workflow', () => {
  for (const workflow of readWorkflows()) {
    for (const [job, reasons] of permissionReasons(workflow)) {
      for (const [permission, reason] of reasons) {
        const row = rows.find(
          (candidate) => candidate[0] === workflow.file && candidate[1] === job && candidate[2] === `\`${permission}\``,
        );
        assert.equal(row?.[3], reason, `${workflow.file} › ${job}: ${permission}`);
      }
    }
  }
});
