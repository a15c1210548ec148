import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VercelDeployment } from '#vercel/vercel-types';
import { planDatabase, withDatabase } from './database-part.ts';

const app = {
  environment: 'production',
  production: true,
  target: { deploymentId: 'dpl_a', version: 'v1.0.0', adopted: false },
  back: true,
  dryRun: false,
};
const project = (meta: Record<string, string>) => ({
  deployment: async () => ({ id: 'dpl_a', meta }) as unknown as VercelDeployment,
});
const result = { decision: 'rolled-back', reasonCode: 'rolled_back', summary: 'Back.', failed: false };

test('the database follows to the newest migration that the serving commit knew', async () => {
  const part = await planDatabase(project({ opsMigration: '20260101000000' }), app);
  assert.deepEqual([part.due, part.due && part.version], [true, '20260101000000']);
  const told = withDatabase(result, part);
  assert.deepEqual(told.outputs, { database: 'due', 'database-version': '20260101000000' });
  assert.equal(told.failed, false);
});

test('it never goes before the app, nor to a version that nobody knows', async () => {
  const early = await planDatabase(project({ opsMigration: '7' }), { ...app, back: false });
  assert.equal(!early.due && early.reasonCode, 'app_first');
  assert.match(early.message, /newer code may need what would be taken back.*rollback .*--target dpl_a/);
  const told = withDatabase(result, early);
  assert.deepEqual([told.failed, told.reasonCode, told.outputs?.database], [true, 'app_first', '']);
  for (const meta of [{}, { opsMigration: '' }, { opsMigration: "1'; drop" }]) {
    const unknown = await planDatabase(project(meta), app);
    assert.equal(!unknown.due && unknown.reasonCode, 'database_version_unknown');
  }
});

test('a dry run says how far it would go back, and asks for nothing', async () => {
  const planned = await planDatabase(project({ opsMigration: '7' }), { ...app, back: false, dryRun: true });
  assert.equal(planned.due, false);
  const told = withDatabase({ ...result, decision: 'planned' }, planned);
  assert.deepEqual([told.failed, told.outputs?.database], [false, '']);
  assert.match(told.summary, /would take back everything applied after migration 7, the newest of v1\.0\.0/);
});
