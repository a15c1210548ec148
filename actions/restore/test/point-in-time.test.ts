import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createGitHub } from '#github/client';
import { openPlatformRestoreLedger, restoredEnding } from '#release/platform-restore-record';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { decideEarlier, takesSettingsBack } from '../src/decide-earlier.ts';
import { removeFolders, runPointInTime, showStatus } from './point-in-time-run.ts';

let sandbox: Sandbox;
let project: string;
const hour = 3_600;
const now = () => Math.floor(Date.now() / 1000);
const moment = (ago: number) => new Date((now() - ago) * 1000).toISOString();
before(async () => {
  sandbox = await startSandbox({ postgres: false });
  project = sandbox.description.supabase.project;
});
after(async () => {
  await sandbox?.close();
  await removeFolders();
});
beforeEach(() => {
  sandbox.faults.clear();
  Object.assign(sandbox.supabase.backups, {
    ...{ status: 'ACTIVE_HEALTHY', pitrEnabled: true, walgEnabled: true, restoringLooks: 2 },
    ...{ earliest: now() - 7 * 24 * hour, latest: now() - 60, restores: [], restoreEnding: 'ACTIVE_HEALTHY' },
    others: [{ id: 41, status: 'COMPLETED', insertedAt: moment(20 * hour) }],
  });
});
const restores = () => sandbox.supabase.backups.restores;
const reason = 'the database cannot be reached';
const run = (inputs: Record<string, string>, signal?: AbortSignal) =>
  runPointInTime(sandbox, { 'backup-reason': reason, ...inputs }, signal);

/** Until the platform was asked, or the run ended without that. */
async function untilAsked(running: Promise<unknown>): Promise<void> {
  let ended: unknown;
  running.then(
    (result) => (ended = result),
    (error) => (ended = error),
  );
  while (restores().length === 0) {
    if (ended !== undefined) throw new Error(`it ended without asking: ${JSON.stringify(ended)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('without a point the points are listed; a time without a zone, outside the window, an untyped project, or no backup of the present state without a reason is refused', async () => {
  const listed = (await run({})).result;
  assert.deepEqual([listed.decision, listed.reasonCode], ['refused', 'point_not_chosen']);
  assert.match(listed.summary, /any moment from .* to .*; daily backups \(platform-backup\): 41 of/);
  await assert.rejects(run({ 'recovery-time': '2026-01-24 09:00:00', confirm: project }), /recovery-time.*time zone/s);
  await assert.rejects(run({ 'recovery-time': moment(hour), confirm: 'production' }), /confirm.*typed by a person/s);
  await assert.rejects(
    run({ 'check-tables': 'notes', 'recovery-time': moment(hour) }),
    /target-url.*confirm|confirm.*target-url/s,
  );
  await assert.rejects(
    run({ 'recovery-time': moment(hour), confirm: project, environment: '' }),
    /environment.*keeps a restore from being asked for twice/s,
  );
  await assert.rejects(
    run({ 'recovery-time': moment(hour), confirm: project, 'backup-reason': '' }),
    /backup-reason.*without target-url the present state is not backed up first, writes are not stopped/s,
  );
  const outside = (await run({ 'recovery-time': moment(9 * 24 * hour), confirm: project })).result;
  assert.deepEqual([outside.decision, outside.reasonCode], ['refused', 'outside_window']);
  sandbox.supabase.backups.status = 'INACTIVE';
  assert.equal((await run({ 'recovery-time': moment(hour), confirm: project })).result.reasonCode, 'project_paused');
  assert.deepEqual(restores(), []);
});

test('inside the window the platform is asked once, with the right time, and the project waited for', async () => {
  const time = now() - hour;
  const at = new Date(time * 1000).toISOString();
  const { result, log } = await run({ 'recovery-time': at, confirm: project, incident: 'https://example.com/7' });
  assert.deepEqual([result.decision, result.reasonCode, result.failed], ['restored', 'restored_by_platform', false]);
  assert.deepEqual(restores(), [{ time }]);
  assert.match(log, /Lost by going back: everything that was written after .*, the last 1 h 0 min/);
  assert.match(
    log,
    /Weaker than standard: the present state is not backed up first, and writes are not stopped: the database cannot be reached/,
  );
  assert.match(result.summary, /Weaker than standard: .*: the database cannot be reached; all of it took/);
  const { checklist } = result.details as { checklist: { item: string; outcome: string }[] };
  assert.match(checklist[1]?.outcome ?? '', /^no, and writes are not stopped: the database cannot be reached$/);
  const { time: took } = result.details as { time: { late: boolean; targetSeconds: number } };
  assert.deepEqual([took.late, took.targetSeconds], [false, 1800]);
  assert.match(result.summary, /all of it took \d+ s of the 30 min that it may take/);
  const items = checklist.map(({ item }) => item);
  assert.deepEqual(items, ['Decided', 'Present state saved', 'Lost by going back', 'Restored', 'Verified', 'Time']);
  assert.match(log, /Decided: by maria, who typed .*; incident: https:\/\/example\.com\/7/);
  const daily = (await run({ 'platform-backup': '41', confirm: project })).result;
  assert.equal(daily.reasonCode, 'restored_by_platform');
  assert.deepEqual(restores().at(-1), { id: 41 });
});

test('a run that died while the project was away is taken up by the next one, which asks for nothing', async () => {
  const at = moment(2 * hour);
  sandbox.supabase.backups.restoringLooks = 1_000;
  const died = new AbortController();
  const dying = run({ 'recovery-time': at, confirm: project }, died.signal);
  await untilAsked(dying);
  died.abort(new Error('the runner died'));
  await assert.rejects(dying, /the runner died/);
  // Another point than the one that is on its way back: refused.
  const other = (await run({ 'recovery-time': moment(3 * hour), confirm: project })).result;
  assert.deepEqual([other.reasonCode, restores().length], ['another_restore', 1]);
  sandbox.supabase.backups.status = 'ACTIVE_HEALTHY';
  showStatus(sandbox, 'RESTORING', 5);
  const next = await run({ 'recovery-time': at, confirm: project });
  assert.equal(next.result.reasonCode, 'restored_by_platform');
  assert.match(next.log, /a restore is under way.*nothing is asked/);
  assert.equal(restores().length, 1);
});

test('a run that died before anybody knows whether it asked is not repeated without a person', async () => {
  const at = moment(hour / 2);
  // The request takes effect, its answer is lost, and the project is healthy again before anybody looks.
  sandbox.supabase.backups.restoringLooks = -1;
  const died = new AbortController();
  sandbox.faults.order({
    service: 'supabase',
    method: 'POST',
    route: '/v1/projects/:ref/database/backups/restore-pitr',
    fault: { afterEffect: true, blackHole: true },
  });
  const dying = run({ 'recovery-time': at, confirm: project }, died.signal);
  await untilAsked(dying);
  died.abort(new Error('the runner died'));
  await assert.rejects(dying, /the runner died/);
  sandbox.supabase.backups.status = 'ACTIVE_HEALTHY';
  const refused = (await run({ 'recovery-time': at, confirm: project })).result;
  assert.deepEqual([refused.reasonCode, restores().length], ['restore_unknown', 1]);
  sandbox.supabase.backups.restoringLooks = 2;
  const id = /ask-again: (\d+)/.exec(refused.summary)?.[1] ?? '';
  const again = (await run({ 'recovery-time': at, confirm: project, 'ask-again': id })).result;
  assert.deepEqual([again.reasonCode, restores().length], ['restored_by_platform', 2]);
  // Its record is closed: the next one asks by itself.
  assert.equal((await run({ 'recovery-time': at, confirm: project })).result.reasonCode, 'restored_by_platform');
});

test('a restore of an earlier run of which only the end is seen may have been a restart of the server', async () => {
  const at = moment(2 * hour);
  sandbox.supabase.backups.restoringLooks = 1_000;
  const died = new AbortController();
  const dying = run({ 'recovery-time': at, confirm: project }, died.signal);
  await untilAsked(dying);
  died.abort(new Error('the runner died'));
  await assert.rejects(dying, /the runner died/);
  sandbox.supabase.backups.status = 'ACTIVE_HEALTHY';
  showStatus(sandbox, 'RESTARTING', 5);
  const next = await run({ 'recovery-time': at, confirm: project });
  assert.deepEqual([next.result.decision, next.result.reasonCode], ['failed', 'restore_unknown'], next.log);
  assert.match(next.log, /a restore is under way.*nothing is asked/);
  assert.match(next.result.summary, /was not seen RESTORING: it may have been restarted only/);
  assert.equal(restores().length, 1);
  // Until a person has looked, nothing is asked again.
  const after = (await run({ 'recovery-time': at, confirm: project })).result;
  assert.deepEqual([after.reasonCode, restores().length], ['restore_unknown', 1]);
  const id = /ask-again: (\d+)/.exec(after.summary)?.[1] ?? '';
  sandbox.supabase.backups.restoringLooks = 2;
  const again = (await run({ 'recovery-time': at, confirm: project, 'ask-again': id })).result;
  assert.equal(again.reasonCode, 'restored_by_platform');
  // Without a record it is somebody else's business.
  sandbox.supabase.backups.status = 'COMING_UP';
  assert.equal((await run({ 'recovery-time': at, confirm: project })).result.reasonCode, 'project_not_ready');
});

test('what the platform refuses leaves everything as it was, and what it cannot restore is told', async () => {
  const route = '/v1/projects/:ref/database/backups/restore-pitr';
  const fault = { status: 402, body: { message: 'upgrade' } };
  sandbox.faults.order({ service: 'supabase', method: 'POST', route, fault });
  const refused = (await run({ 'recovery-time': moment(hour), confirm: project })).result;
  assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'supabase_plan']);
  assert.match(refused.summary, /the database was not touched/);
  sandbox.supabase.backups.restoreEnding = 'RESTORE_FAILED';
  const failed = (await run({ 'recovery-time': moment(hour), confirm: project })).result;
  assert.deepEqual([failed.decision, failed.reasonCode], ['failed', 'platform_restore_failed']);
});

test('a restore of which no record tells is not taken for ours', async () => {
  Object.assign(sandbox.supabase.backups, { status: 'RESTORING', restoringLooks: 1_000 });
  const { result } = await run({ 'recovery-time': moment(hour), confirm: project });
  assert.deepEqual([result.decision, result.reasonCode], ['refused', 'another_restore']);
  assert.match(result.summary, /no record says to which point.*look what came back/);
  assert.deepEqual(restores(), []);
});

test('where the record cannot be read nothing is asked before a person has looked', async () => {
  const inputs = { 'recovery-time': moment(hour), confirm: project };
  for (const token of ['', 'ghs_of_another_repository']) {
    const refused = (await run({ ...inputs, 'github-token': token })).result;
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'record_unreadable'], token);
    assert.match(refused.summary, /Database > Backups.*ask-again: 0/);
  }
  assert.deepEqual(restores(), []);
  const asked = await run({ ...inputs, 'github-token': '', 'ask-again': '0' });
  assert.deepEqual([asked.result.reasonCode, restores().length], ['restored_by_platform', 1]);
  assert.match(asked.log, /No record could be kept: if this run ends, look at/);
  assert.doesNotMatch(asked.log, /asks for nothing twice/);
});

test('a restore that took place ends only with its checks, and is found again by who asked and by who checked', async () => {
  const warnings: string[] = [];
  const place = { environment: 'record', production: true, ref: '0'.repeat(40) };
  const github = createGitHub(sandbox.description.github);
  const ledger = openPlatformRestoreLedger(github, place, (line) => warnings.push(line));
  const route = '/repos/:owner/:repo/deployments/:id/statuses';
  sandbox.faults.order({ service: 'github', method: 'POST', route, fault: { status: 403 } });
  const id = await ledger.begin({ schemaVersion: 1, project, choice: 'time:5', runId: 1 });
  assert.match(warnings.join(), /cannot be read or kept/);
  const stateFor = async (runId: number) => {
    const found = await ledger.findOpen(project, runId);
    return typeof found === 'object' ? [found.id, found.done] : found;
  };
  assert.deepEqual(await stateFor(3), [id, undefined], 'created is open, whatever became of its first status');
  await ledger.tookPlace(id);
  assert.deepEqual(await stateFor(3), [id, 'unchecked']);
  await ledger.end(id, restoredEnding(2));
  assert.deepEqual(await Promise.all([1, 2, 3].map(stateFor)), [[id, 'checked'], [id, 'checked'], undefined]);
});

test('the platform is looked at again right before it is asked', async () => {
  const route = '/v1/projects/:ref/database/backups';
  sandbox.faults.order({ service: 'supabase', method: 'GET', route, fault: { status: 403 }, skip: 1 });
  const { result } = await run({ 'recovery-time': moment(hour), confirm: project });
  assert.deepEqual([result.decision, result.reasonCode], ['refused', 'supabase_forbidden']);
  assert.match(result.summary, /nothing was asked for/);
  assert.deepEqual(restores(), []);
  // The record of what was not asked is closed.
  const next = (await run({ 'recovery-time': moment(hour), confirm: project })).result;
  assert.equal(next.reasonCode, 'restored_by_platform');
});

test('what an earlier run left is told apart by record, state and the stop of writes', () => {
  const open = {
    schemaVersion: 1,
    project: 'p',
    choice: 'time:5',
    stop: 'abc',
    id: 7,
    at: '2026-01-24T09:00:00Z',
  } as const;
  const at = Date.parse(open.at) / 1000;
  const given = { restoring: false, marked: true, fence: undefined, settingsToo: true, askAgain: undefined } as const;
  const none = { ...given, open, label: 'time:5', now: at + 700 };
  assert.equal(decideEarlier({ ...none, open: undefined }).kind, 'ask');
  assert.equal(decideEarlier({ ...none, fence: 'stands' }).kind, 'ask', 'it has not begun');
  const young = decideEarlier({ ...none, fence: 'stands', now: at + 60 });
  assert.equal('reasonCode' in young && young.reasonCode, 'restore_unknown', 'it may still begin');
  assert.equal(decideEarlier({ ...none, fence: 'lifted' }).kind, 'ask', 'lifted, and the server was started since');
  assert.equal(decideEarlier({ ...none, fence: 'lifted', now: at + 60 }).kind, 'refused', 'it may still begin');
  for (const fence of ['stands', 'lifted'] as const) {
    const dump = { ...none, fence, settingsToo: false, open: { ...open, choice: 'backup:7' }, label: 'backup:7' };
    const unknown = decideEarlier(dump);
    assert.equal('reasonCode' in unknown && unknown.reasonCode, 'restore_unknown', 'it may have kept settings');
    assert.equal(decideEarlier({ ...dump, askAgain: '7' }).kind, 'ask');
  }
  assert.equal(decideEarlier({ ...none, fence: 'gone' }).kind, 'done');
  assert.equal(
    decideEarlier({ ...none, fence: 'gone', label: 'time:6' }).kind,
    'ask',
    'another point than the one that is back',
  );
  assert.equal(decideEarlier({ ...none, fence: 'unclear' }).kind, 'refused', 'a person may have lifted the stop');
  assert.equal(decideEarlier(none).kind, 'refused');
  assert.equal(decideEarlier({ ...none, askAgain: '8' }).kind, 'refused');
  assert.equal(decideEarlier({ ...none, askAgain: '7' }).kind, 'ask');
  const day = 24 * hour;
  for (const { restoring, marked, age, expected } of [
    { restoring: 'seen', marked: false, age: 700, expected: { kind: 'wait', began: true } },
    { restoring: 'away', marked: false, age: 700, expected: { kind: 'wait', began: false } },
    { restoring: 'away', marked: true, age: 3 * day, expected: { kind: 'wait', began: true } },
    { restoring: 'seen', marked: false, age: 3 * day, expected: { kind: 'refused', reasonCode: 'restore_unknown' } },
  ] as const)
    assert.partialDeepStrictEqual(decideEarlier({ ...none, restoring, marked, now: at + age }), expected);
  for (const unknown of ['unreadable', undefined] as const) {
    const others = decideEarlier({ ...none, open: unknown, restoring: 'seen', askAgain: '0' });
    assert.equal('reasonCode' in others && others.reasonCode, 'another_restore');
  }
  assert.equal(decideEarlier({ ...none, open: 'unreadable', askAgain: '7' }).kind, 'refused');
  const done = { ...open, done: 'checked' } as const;
  assert.equal(decideEarlier({ ...none, open: done }).kind, 'done', 'the same run, started again');
  assert.deepEqual(decideEarlier({ ...none, open: done, label: 'time:6' }), { kind: 'ask' });
  const unchecked = { ...open, done: 'unchecked' } as const;
  assert.equal(decideEarlier({ ...none, open: unchecked }).kind, 'done', 'whoever comes next');
  const elsewhere = { kind: 'ask', closes: 'outcome: restored' };
  assert.deepEqual(decideEarlier({ ...none, open: unchecked, label: 'time:6' }), elsewhere);
  const others = decideEarlier({ ...none, open: done, restoring: 'seen' });
  assert.equal('reasonCode' in others && others.reasonCode, 'another_restore', 'ours is over');
  assert.equal(decideEarlier({ ...none, open: 'unreadable', askAgain: '0' }).kind, 'ask');
  assert.equal(decideEarlier({ ...none, askAgain: '0' }).kind, 'refused', 'it could be read');
});

test('only a moment and a physical backup are known to take settings of the database back', () => {
  const backups = [
    { id: 7, status: 'COMPLETED', at: 0, physical: true },
    { id: 8, status: 'COMPLETED', at: 0, physical: false },
  ];
  const known = ['time:5', 'backup:7', 'backup:8', 'backup:9'].map((label) => takesSettingsBack(label, backups));
  assert.deepEqual(known, [true, true, false, false]);
});
