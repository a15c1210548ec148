import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FoundBackup } from './find-verified-backup.ts';
import { judgeGrowth } from './judge-growth.ts';

const found = (name: string, createdAt: number, plainBytes: number, more: object = {}): FoundBackup =>
  ({
    complete: true,
    manifest: {
      name,
      createdAt,
      plainBytes,
      environment: 'production',
      source: { identity: 'a' },
      verification: { verdict: 'verified' },
      seconds: { total: 12.4 },
      ...more,
    },
  }) as unknown as FoundBackup;
const judge = (...backups: FoundBackup[]) =>
  judgeGrowth(backups, { environment: 'production', factor: 3, place: 'directory x' });

test('a dump of a tenth of the size before, or of more than three times, is unusual and said with both sizes', () => {
  const [old, usual] = [found('old', 1, 1_000_000), found('usual', 2, 3_000_000)];
  assert.deepEqual(judge(usual, old), {
    unusual: false,
    message: 'sizes in directory x: usual 3.0 MB in 12 s; before it old 1.0 MB in 12 s',
    bytes: { before: 1_000_000, now: 3_000_000 },
    seconds: { before: 12.4, now: 12.4 },
  });
  const small = judge(old, found('small', 3, 100_000));
  assert.equal(small?.unusual, true);
  assert.match(small?.message ?? '', /small 100 kB in 12 s; before it old 1\.0 MB in 12 s\. That is more than 3 times/);
  assert.equal(judge(old, found('large', 3, 3_000_001))?.unusual, true);
});

test('another database, environment or tables alone, and what is not proven, are no measure', () => {
  const now = found('now', 9, 10);
  const others = [
    found('other', 8, 1_000, { source: { identity: 'b' } }),
    found('staging', 8, 1_000, { environment: 'staging' }),
    found('tables', 8, 1_000, { partial: true }),
    found('unproven', 8, 1_000, { verification: { verdict: 'could-not-verify' } }),
  ];
  assert.equal(judge(now, ...others), undefined);
  assert.equal(judge(now, ...others, found('same', 1, 11))?.unusual, false);
});
