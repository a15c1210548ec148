import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgePlatformRestore, parseMoment, type RestoreChoice } from './judge-platform-restore.ts';
import type { PlatformBackups, PlatformState } from './platform-backups.ts';
import { type AdoptedRestore, restoreOnPlatform } from './restore-on-platform.ts';
import { SupabaseError } from './supabase-error.ts';

const now = 1_800_000_000;
const state: PlatformState = {
  status: 'ACTIVE_HEALTHY',
  pointInTime: true,
  physical: true,
  earliest: now - 7 * 86_400,
  latest: now - 120,
  daily: 1,
  backups: [
    { id: 8, status: 'FAILED', at: now - 3_600 },
    { id: 7, status: 'COMPLETED', at: now - 86_400 },
  ],
};

test('a moment needs its time zone', () => {
  const expected = Date.UTC(2026, 0, 24, 9) / 1000;
  for (const text of [
    '2026-01-24T09:00:00Z',
    '2026-01-24 09:00 UTC',
    '2026-01-24 10:00:00 +01:00',
    '2026-01-24T04:00-0500',
  ])
    assert.equal(parseMoment(text), expected, text);
  for (const text of [
    '2026-01-24 09:00:00',
    '2026-01-24',
    '24.01.2026 09:00 UTC',
    '2026-02-31T09:00:00Z',
    '2026-13-01T09:00Z',
    '1769245200',
  ])
    assert.equal(parseMoment(text), undefined, text);
});

test('only what the platform can go back to is asked for', () => {
  const judge = (choice: RestoreChoice, more: Partial<PlatformState> = {}) => {
    const judged = judgePlatformRestore({ ...state, ...more }, choice, now);
    return judged.kind === 'refused' ? `${judged.reasonCode} ${judged.message}` : judged;
  };
  const time = (seconds: number): RestoreChoice => ({ kind: 'time', time: now - seconds });
  assert.deepEqual(judge(time(600)), { kind: 'ready', to: now - 600, lost: 600 });
  assert.match(String(judge(time(60))), /^outside_window .*2027-01-08T08:00:00Z to 2027-01-15T07:58:00Z/);
  assert.match(String(judge(time(8 * 86_400))), /^outside_window/);
  assert.match(String(judge(time(600), { pointInTime: false })), /^point_in_time_not_offered .*7 of 2027-01-14/);
  assert.deepEqual(judge({ kind: 'backup', id: 7 }), { kind: 'ready', to: now - 86_400, lost: 86_400 });
  assert.match(String(judge({ kind: 'backup', id: 8 })), /^backup_unknown backup 8 is FAILED; there are: 7 of/);
  assert.match(String(judge({ kind: 'backup', id: 9 })), /^backup_unknown .*does not stand in the list/);
  assert.match(String(judge(time(600), { status: 'INACTIVE' })), /^project_paused/);
  assert.match(String(judge(time(600), { status: 'UPGRADING' })), /^project_not_ready/);
  assert.deepEqual(judge(time(600), { status: 'RESTORING' }), { kind: 'restoring' });
});

/** A platform that tells one state after the other, the last one for ever; an error stands for no answer. */
function platform(states: (string | Error)[], post: () => Promise<void> = async () => {}) {
  const asked: RestoreChoice[] = [];
  const left = [...states];
  const backups = {
    async projectStatus() {
      const next = left.length > 1 ? left.shift() : left[0];
      if (next instanceof Error) throw next;
      return next ?? '';
    },
    async restoreToTime(time: number) {
      asked.push({ kind: 'time', time });
      await post();
    },
    async restoreBackup(id: number) {
      asked.push({ kind: 'backup', id });
      await post();
    },
  } as PlatformBackups;
  let time = 0;
  const clock = {
    now: () => time,
    async sleep(ms: number) {
      time += ms;
    },
  };
  const lines: string[] = [];
  const run = (choice: RestoreChoice | AdoptedRestore) =>
    restoreOnPlatform(backups, choice, {
      ...{ clock, deadlineMs: 60 * 60_000 },
      signal: new AbortController().signal,
      log: (line) => lines.push(line),
    });
  return { asked, lines, run };
}
const silence = new SupabaseError('supabase_unreachable', 'Supabase does not answer');
const choice: RestoreChoice = { kind: 'time', time: now };

test('it is asked once and watched until the project is healthy again, with progress', async () => {
  const { asked, lines, run } = platform([
    'ACTIVE_HEALTHY',
    ...Array(20).fill('RESTORING'),
    silence,
    'COMING_UP',
    'ACTIVE_HEALTHY',
  ]);
  assert.deepEqual(await run(choice), { kind: 'restored', seconds: 230 });
  assert.deepEqual(asked, [choice]);
  assert.match(lines.join('; '), /RESTORING after 1 minutes.*RESTORING after 3 minutes/);
});

test('an answer that was lost is not asked again', async () => {
  const lost = async () => Promise.reject(silence);
  const began = platform(['RESTORING', 'ACTIVE_HEALTHY'], lost);
  assert.equal((await began.run({ kind: 'backup', id: 7 })).kind, 'restored');
  assert.deepEqual(began.asked, [{ kind: 'backup', id: 7 }]);
  const nothing = platform(['ACTIVE_HEALTHY'], lost);
  const ending = await nothing.run(choice);
  assert.equal('reasonCode' in ending && ending.reasonCode, 'restore_unknown');
  assert.equal(nothing.asked.length, 1);
});

test('a state that a project has of itself is no sign that the restore began', async () => {
  for (const status of ['ACTIVE_UNHEALTHY', 'UNKNOWN']) {
    const well = platform([status, 'ACTIVE_HEALTHY'], async () => Promise.reject(silence));
    const ending = await well.run(choice);
    assert.equal('reasonCode' in ending && ending.reasonCode, 'restore_unknown', `${status}, then healthy`);
    const ill = platform([status]);
    const late = await ill.run(choice);
    assert.match('message' in late ? late.message : late.kind, new RegExp(`not gone away \\(${status}\\) for 5 min`));
  }
  const unwell = platform(['ACTIVE_UNHEALTHY', 'RESTORING', 'ACTIVE_UNHEALTHY', 'ACTIVE_HEALTHY']);
  assert.equal((await unwell.run(choice)).kind, 'restored');
});

test('a restore that another run began is waited for, nothing is asked, and a restart does not pass for it', async () => {
  const adopt = async (states: string[], began: boolean) => {
    const { asked, run } = platform(states);
    const ending = await run({ kind: 'adopted', began });
    assert.deepEqual(asked, []);
    return 'reasonCode' in ending ? ending.reasonCode : ending.kind;
  };
  assert.equal(await adopt(['RESTORING', 'RESTORING', 'ACTIVE_HEALTHY'], false), 'restored');
  assert.equal(await adopt(['GOING_DOWN', 'RESTORING', 'COMING_UP', 'ACTIVE_HEALTHY'], false), 'restored');
  assert.equal(await adopt(['COMING_UP', 'ACTIVE_HEALTHY'], true), 'restored', 'the database tells afterwards');
  for (const status of ['RESTARTING', 'UPGRADING', 'RESIZING', 'COMING_UP'])
    assert.equal(await adopt([...Array(60).fill(status), 'ACTIVE_HEALTHY'], false), 'restore_unknown', status);
});

test('a refusal, a failure and a platform that takes too long are three things', async () => {
  const reason = async (states: string[], post?: () => Promise<void>) => {
    const ending = await platform(states, post).run(choice);
    return 'reasonCode' in ending ? `${ending.kind} ${ending.reasonCode}` : ending.kind;
  };
  const no = async () => Promise.reject(new SupabaseError('supabase_plan', 'not in this plan', { status: 402 }));
  assert.equal(await reason(['ACTIVE_HEALTHY'], no), 'refused supabase_plan');
  assert.equal(await reason(['RESTORING', 'RESTORE_FAILED']), 'failed platform_restore_failed');
  assert.equal(await reason(['RESTORING']), 'unknown restore_late');
});
