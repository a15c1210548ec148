import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '#backup/create-backup';
import type { BackupManifest } from '#backup/manifest';
import { renderReplaced } from '../src/render-restore.ts';

const manifest = { name: 'backup-1', rows: 7 } as BackupManifest;
const saved = { manifestFile: 'before.manifest.json', manifest: { object: { sha256: 'ab' } } } as BackupResult;

test('rows that are back are not enough where a named table or query finds a fault', () => {
  const end = (more: { wrong?: string[]; faults?: string[] }) => {
    const { decision, reasonCode, failed, summary } = renderReplaced({
      ...{ manifest, saved, loss: [], wrong: [], faults: [], seconds: 2 },
      ...more,
    });
    assert.match(summary, /the state before is before\.manifest\.json, sha256:ab/);
    return { decision, reasonCode, failed, summary };
  };
  assert.equal(end({}).reasonCode, 'restored_live');
  const faulty = end({ faults: ['no orphans: 2 rows'] });
  assert.deepEqual([faulty.decision, faulty.reasonCode, faulty.failed], ['failed', 'checks_failed', true]);
  assert.match(faulty.summary, /every row of 7 is back, but not as it must be: no orphans: 2 rows/);
  assert.equal(end({ wrong: ['public.t is missing'], faults: ['x'] }).reasonCode, 'rows_differ');
});
