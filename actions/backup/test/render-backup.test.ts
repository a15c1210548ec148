import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '#backup/create-backup';
import { renderBackup } from '../src/render-backup.ts';

const made = {
  manifestFile: 'x.manifest.json',
  manifest: {
    object: { file: 'x.dump.zst.age', bytes: 7, sha256: 'a'.repeat(64) },
    verification: { verdict: 'verified', reasonCode: 'restored_and_equal', message: 'restored and equal' },
    ...{ seconds: { dump: 1, restore: 1, compare: 1, total: 3 }, destinations: [], recipients: ['age:jo'] },
    ...{ relations: 1, rows: 1, plainBytes: 7, notInBackup: [], restoreCommand: '' },
  },
} as unknown as BackupResult;

test('a proven backup is red where a key went unacknowledged, and by another name where nobody could look (S27)', () => {
  const fine = renderBackup(made, { removed: [], unacknowledged: [] });
  assert.deepEqual([fine.failed, fine.reasonCode], [false, 'restored_and_equal']);
  const gone = renderBackup(made, { removed: ['age:maria'], unacknowledged: ['age:maria'] });
  assert.deepEqual([gone.failed, gone.reasonCode], [true, 'recipient_removed']);
  const silent = renderBackup(made, { unreadable: 'GitHub answered 503' });
  assert.deepEqual([silent.failed, silent.reasonCode, silent.decision], [true, 'ledger_unreadable', 'verified']);
  assert.match(silent.summary, /it is in no record, and nobody knows whether a key .*: GitHub answered 503/);
});
