import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type JobModel, readWorkflows, root, type WorkflowModel } from './workflows-model.ts';

const published = new Map(
  readWorkflows()
    .filter(({ isPublic }) => isPublic)
    .map((workflow) => [workflow.file, workflow]),
);

/** Whole workflows: files of the examples, and fenced YAML with jobs in the documentation. */
async function callers(): Promise<{ where: string; jobs: Record<string, JobModel> }[]> {
  const found: { where: string; jobs: Record<string, JobModel> }[] = [];
  const take = (where: string, text: string): void => {
    const value: unknown = parse(text);
    if (typeof value === 'object' && value !== null && 'jobs' in value)
      found.push({ where, jobs: value.jobs as Record<string, JobModel> });
  };
  for await (const file of glob('examples/**/.github/workflows/*.yml', { cwd: root }))
    take(file, readFileSync(join(root, file), 'utf8'));
  for await (const file of glob(['README.md', '{deploy,rollback}/README.md', 'actions/*/README.md', 'docs/**/*.md'], {
    cwd: root,
  })) {
    for (const [, text = ''] of readFileSync(join(root, file), 'utf8').matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)) {
      if (/^jobs:/m.test(text)) take(file, text);
    }
  }
  return found;
}

/** What the jobs of a workflow need together: the caller must grant exactly that (S16). */
function union(workflow: WorkflowModel): Record<string, string> {
  const needed: Record<string, string> = {};
  for (const { permissions = {} } of Object.values(workflow.jobs)) {
    for (const [name, level] of Object.entries(permissions)) {
      if (needed[name] !== 'write') needed[name] = level;
    }
  }
  return needed;
}

const calls = (await callers()).flatMap(({ where, jobs }) =>
  Object.entries(jobs).flatMap(([job, model]) => {
    const file = /^org\/ops-actions\/\.github\/workflows\/([\w-]+\.yml)@/.exec(model.uses ?? '')?.[1];
    return file === undefined ? [] : [{ where, job, model, file }];
  }),
);

test('there are examples that call the workflows', () => {
  assert.ok(calls.some(({ file }) => file === 'deploy-production.yml'));
  assert.ok(calls.some(({ file }) => file === 'rollback.yml'));
});

test('secrets: inherit is shown once, with its price', () => {
  const inheriting = calls.filter(({ model }) => model.secrets === 'inherit').map(({ where }) => where);
  assert.equal(inheriting.length, 1, inheriting.join(', '));
  const text = readFileSync(join(root, inheriting[0] ?? ''), 'utf8');
  assert.match(text, /EVERY secret/);
  assert.match(text, /same organization/);
});

for (const { where, job, model, file } of calls) {
  test(`${where} › ${job} pins ${file}, grants exactly what it needs and names its secrets one by one`, () => {
    const workflow = published.get(file);
    assert.ok(workflow !== undefined, `${file} is not published`);
    assert.match(model.uses ?? '', /@([0-9a-f]{40}|<40-hex>)$/);
    assert.deepEqual(model.permissions, union(workflow));
    if (model.secrets === 'inherit') return;
    const declared = Object.keys(workflow.call.secrets ?? {});
    for (const name of Object.keys(model.secrets ?? {}))
      assert.ok(declared.includes(name), `${file} takes no secret ${name}`);
  });
}

test('workflows, examples and documentation use one version of each third-party action', async () => {
  const versions = new Map<string, Set<string>>();
  const patterns = [
    '.github/workflows/*.yml',
    'examples/**/*.yml',
    '*.md',
    'docs/**/*.md',
    '{deploy,rollback}/README.md',
  ];
  for await (const file of glob([...patterns, 'actions/*/README.md'], { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, action = '', pin] of text.matchAll(/uses: (actions\/[\w-]+)@(?:[0-9a-f]{40}|<40-hex>) # (v\S+)/g))
      versions.set(action, (versions.get(action) ?? new Set()).add(pin ?? ''));
    // A tag would be a second way to say it.
    assert.doesNotMatch(text, /uses: actions\/[\w-]+@v\d/, file);
  }
  assert.ok(versions.has('actions/checkout'));
  for (const [action, found] of versions) assert.equal(found.size, 1, `${action}: ${[...found].join(', ')}`);
});
