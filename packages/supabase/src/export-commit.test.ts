import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportCommit } from './export-commit.ts';
import { readFunctionSources } from './read-sources.ts';
import { repository } from './testing/functions-project.ts';

const file = 'supabase/functions/health/index.ts';

test('the functions of an earlier commit are read beside a changed checkout, which stays as it is (EDG-05)', async (t) => {
  const root = await repository(t, { [file]: 'one' });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      encoding: 'utf8',
    }).trim();
  const commit = (message: string): string => {
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  const good = commit('good');
  await writeFile(join(root, file), 'bad');
  commit('bad');
  commit('unrelated');
  git('tag', 'v2');
  await writeFile(join(root, file), 'not committed');
  const before = [git('status', '--porcelain'), git('for-each-ref'), git('ls-files', '--stage')];
  const folder = await mkdtemp(join(tmpdir(), 'export-commit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, expected] of [
    [good, 'one'],
    ['v2', 'bad'],
  ]) {
    const exported = await exportCommit(root, name ?? '', join(folder, expected ?? ''));
    const [source] = await readFunctionSources({ root: exported.root, directory: 'supabase/functions' });
    assert.equal(Buffer.from(source?.files[0]?.content ?? []).toString(), expected);
  }
  assert.deepEqual([git('status', '--porcelain'), git('for-each-ref'), git('ls-files', '--stage')], before);
  await assert.rejects(exportCommit(root, 'a'.repeat(40), join(folder, 'none')), {
    reasonCode: 'commit_not_found',
    message: /fetch-depth: 0/,
  });
});
