import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub, GitHubDeployment } from '#github/client';
import { migrationTask, readMigrationRecords, toMigrationPayload } from './migration-record.ts';

/** Newest first, as GitHub lists them: the oldest removes something, all others expand. */
function history(count: number): GitHubDeployment[] {
  return Array.from({ length: count }, (_, index) => {
    const id = count - index;
    const phase = id === 1 ? ('contract' as const) : ('expand' as const);
    const file = { file: `${id}_file.sql`, version: `${id}`, sql: 'select 1', phase };
    const payload = toMigrationPayload({ direction: 'forward', files: [file], held: [] }, undefined);
    return { id, task: migrationTask, payload, createdAt: id } as unknown as GitHubDeployment;
  });
}

test('a contract file behind more than a hundred runs of migrations is still found, in as few requests as needed', async () => {
  const all = history(101);
  const pages: (number | undefined)[] = [];
  const github = {
    async listDeployments({ page = 1, perPage = 30 }) {
      pages.push(page);
      return all.slice((page - 1) * perPage, page * perPage);
    },
    listStatuses: async () => [],
  } as unknown as GitHub;
  const records = await readMigrationRecords(github, 'production');
  assert.deepEqual([records.length, records[0]?.files[0]?.phase], [101, 'contract']);
  all.shift();
  all.shift();
  assert.equal((await readMigrationRecords(github, 'production')).length, 99);
  assert.deepEqual(pages, [1, 2, 1]);
});
