import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub } from '#github/client';
import { openPlatformRestoreLedger, refusedEnding, restoredEnding } from './platform-restore-record.ts';

/** What GitHub keeps: payloads never change, the newest Deployment comes first. */
function ledger() {
  const kept: { id: number; task: string; payload: unknown; createdAt: number }[] = [];
  const statuses = new Map<number, { state: string; description: string }[]>();
  const github = {
    async createDeployment(request: (typeof kept)[number]) {
      const made = { ...request, id: kept.length + 1, createdAt: 1000 * kept.length };
      kept.unshift(made);
      return made;
    },
    async createStatus(id: number, status: { state: string; description: string }) {
      statuses.set(id, [...(statuses.get(id) ?? []), status]);
    },
    listDeployments: async () => kept,
    listStatuses: async (id: number) => statuses.get(id) ?? [],
  } as unknown as GitHub;
  const place = { environment: 'production', production: true, ref: 'c'.repeat(40) };
  return openPlatformRestoreLedger(github, place, assert.fail);
}
const asked = (choice: string, runId: number) => ({ schemaVersion: 1 as const, project: 'notes', choice, runId });

test('a restore that was refused asked for nothing: the one before it still says how it went', async () => {
  const records = ledger();
  const first = await records.begin(asked('time:1', 5));
  const later = await records.begin(asked('time:2', 6));
  await records.end(later, refusedEnding('database_unreachable'));
  const open = await records.findOpen('notes');
  assert.deepEqual([open !== 'unreadable' && open?.id, open !== 'unreadable' && open?.choice], [first, 'time:1']);
  // Run 5 is started again after its restore was checked, and run 6 was refused meanwhile: it must not ask twice.
  await records.end(first, restoredEnding(5));
  const done = await records.findOpen('notes', 5);
  assert.deepEqual(done !== 'unreadable' && [done?.id, done?.done], [first, 'checked']);
  assert.equal(await records.findOpen('notes', 7), undefined);
});

test('of those that were asked for only the newest counts', async () => {
  const records = ledger();
  const first = await records.begin(asked('time:1', 5));
  await records.end(await records.begin(asked('time:2', 6)), 'outcome: failed, restore_failed');
  assert.equal(first, 1);
  assert.equal(await records.findOpen('notes'), undefined);
});
