import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '#backup/create-backup';
import type { BackupManifest } from '#backup/manifest';
import { judgeTime } from '#release/judge-time';
import { renderReplaced } from '../src/render-restore.ts';

const manifest = { name: 'backup-1', rows: 7 } as BackupManifest;
const saved = { manifestFile: 'before.manifest.json', manifest: { object: { sha256: 'ab' } } } as BackupResult;

test('rows that are back are not enough where a named table or query finds a fault', () => {
  const end = (more: { wrong?: string[]; faults?: string[]; isStopped?: boolean }) => {
    const { decision, reasonCode, failed, summary } = renderReplaced({
      ...{ manifest, saved, loss: [], wrong: [], faults: [], roles: { made: [], remarks: [] }, seconds: 2 },
      ...{
        time: judgeTime({ startedAt: 0, endedAt: 600_000, limitMs: 1_800_000 }),
        why: undefined,
        checklist: [],
        isStopped: false,
        weakening: undefined,
        ...more,
      },
    });
    assert.match(summary, /the state before is before\.manifest\.json, sha256:ab/);
    return { decision, reasonCode, failed, summary };
  };
  assert.equal(end({}).reasonCode, 'restored_live');
  const faulty = end({ faults: ['no orphans: 2 rows'] });
  assert.deepEqual([faulty.decision, faulty.reasonCode, faulty.failed], ['failed', 'checks_failed', true]);
  assert.match(faulty.summary, /every row of 7 is back, but not as it must be: no orphans: 2 rows/);
  assert.match(end({ faults: ['x'], isStopped: true }).summary, /New sessions are kept read-only; database-doctor/);
  assert.equal(end({ wrong: ['public.t is missing'], faults: ['x'] }).reasonCode, 'rows_differ');
});

test('the time of a restore stands beside what it may take, and beyond that it is late', () => {
  const asked = { startedAt: 0, limitMs: 30 * 60_000 };
  const early = judgeTime({ ...asked, endedAt: 30 * 60_000 });
  assert.equal(early.told, 'all of it took 30 min of the 30 min that it may take');
  assert.deepEqual([early.record.late, early.record.targetSeconds], [false, 1800]);
  const late = judgeTime({ ...asked, endedAt: 31 * 60_000 });
  assert.match(late.told, /^LATE: all of it took 31 min, and it may take 30 min /);
  assert.deepEqual(
    [late.record.late, late.record.startedAt, late.record.endedAt],
    [true, '1970-01-01T00:00:00.000Z', '1970-01-01T00:31:00.000Z'],
  );
});
