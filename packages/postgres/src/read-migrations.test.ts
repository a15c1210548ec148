import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspectMigrations } from './inspect-migrations.ts';
import { readMigrations } from './read-migrations.ts';

describe('readMigrations', () => {
  let root: string;
  let counter = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'read-migrations-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
    const path = join(root, String(++counter));
    await mkdir(path);
    for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
    return path;
  }

  test('reads files in text order and skips what is no migration', async () => {
    const path = await folder({
      '2_b.sql': '\uFEFFselect 2',
      '1_a.sql': 'select 1',
      '1_a.down.sql': '-',
      'README.md': '',
    });
    const { files, problems } = await readMigrations(path);
    assert.deepEqual(
      files.map(({ version, name, sql }) => [version, name, sql]),
      [
        ['1', 'a', 'select 1'],
        ['2', 'b', 'select 2'],
      ],
    );
    assert.deepEqual(problems, []);
  });

  test('names every mistake at once', async () => {
    const path = await folder({
      'notes.sql': 'select 1',
      '1_a.sql': ' \n',
      '2_b.sql': Uint8Array.of(0xff, 0xfe, 0x00),
      '3_c.sql': 'select 1',
      '3_d.sql': 'select 1',
      '10_e.sql': 'select 1',
    });
    const { problems } = await readMigrations(path);
    assert.deepEqual(
      problems.map((problem) => [problem.file, problem.rule]).sort(),
      [
        ['1_a.sql', 'empty'],
        ['2_b.sql', 'bad-encoding'],
        ['2_b.sql', 'ambiguous-order'],
        ['3_d.sql', 'duplicate-version'],
        ['notes.sql', 'bad-name'],
      ].sort(),
    );
  });

  test('links that lead nowhere or to a folder are refused, folders are none of the files', async () => {
    const path = await folder({ '1_a.sql': 'select 1' });
    await mkdir(join(path, '2_folder.sql'));
    await symlink('2_folder.sql', join(path, '3_link.sql'));
    await symlink('nowhere', join(path, '1_a.down.sql'));
    const { problems } = await readMigrations(path);
    assert.deepEqual(
      problems.map(({ file, rule, message }) => [file, rule, message]),
      [
        ['1_a.down.sql', 'unreadable', 'the file cannot be read (ENOENT)'],
        ['3_link.sql', 'unreadable', 'the file cannot be read (EISDIR)'],
      ],
    );
  });

  test('a missing folder and gaps in the numbers are told', async () => {
    assert.equal((await readMigrations(join(root, 'none'))).problems[0]?.rule, 'folder-missing');
    assert.deepEqual((await readMigrations(await folder({ '001_a.sql': 'a', '004_b.sql': 'b' }))).gaps, ['002', '003']);
  });

  test('a mistake in an applied file only warns, in a pending one refuses', async () => {
    const path = await folder({ '1_a.sql': '', '2_b.sql': 'create table t (id int)' });
    const applied = await inspectMigrations({ folder: await readMigrations(path), applied: ['1'] });
    assert.deepEqual(
      applied.findings.map((finding) => [finding.rule, finding.severity]),
      [['empty', 'warn']],
    );
    const pending = await inspectMigrations({ folder: await readMigrations(path), applied: [] });
    assert.deepEqual(
      pending.findings.map((finding) => [finding.rule, finding.severity]),
      [['empty', 'refuse']],
    );
  });

  test('a version that only the database knows refuses while something is pending', async () => {
    const path = await folder({ '1_a.sql': 'create table t (id int)' });
    const refused = await inspectMigrations({ folder: await readMigrations(path), applied: ['0'] });
    assert.deepEqual(
      refused.findings.map((finding) => [finding.rule, finding.severity]),
      [['remote-only', 'refuse']],
    );
    const warned = await inspectMigrations({ folder: await readMigrations(path), applied: ['0', '1'] });
    assert.deepEqual(
      warned.findings.map((finding) => [finding.rule, finding.severity]),
      [['remote-only', 'warn']],
    );
  });
});
