import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { standardLimits } from '#postgres/judge-size';
import { inspectDatabase } from './inspect-database.ts';

test('the database of another project is refused by name before anything is sent', async () => {
  const workspace = await mkdtemp(join(tmpdir(), 'project-'));
  try {
    const { findings } = await inspectDatabase({
      // A password that is never sent: no such host is looked up.
      url: 'postgresql://postgres:canary@db.abcdefghijklmnopqrst.supabase.co:5432/postgres',
      project: 'tsrqponmlkjihgfedcba',
      migrations: '.',
      workspace,
      ageRecipients: [],
      backupNeeded: true,
      limits: standardLimits,
      includeAll: false,
    });
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['wrong_project', 'refuse']],
    );
    assert.match(findings[0]?.message ?? '', /leads to project abcdefghijklmnopqrst.*pinned to tsrqponmlkjihgfedcba/);
    assert.doesNotMatch(JSON.stringify(findings), /canary/);
  } finally {
    await rm(workspace, { recursive: true });
  }
});
