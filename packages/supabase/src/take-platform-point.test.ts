import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { openPlatformBackups, type PlatformState } from './platform-backups.ts';
import { judgePlatform, takePlatformPoint } from './take-platform-point.ts';

const now = 1_800_000_000;
const daily: PlatformState = { status: 'ACTIVE_HEALTHY', pointInTime: false, physical: true, daily: 7, backups: [] };

test('recovery to a moment of the last 10 minutes is enough, anything older asks for a point', () => {
  const recovery = (age: number) => judgePlatform({ ...daily, pointInTime: true, latest: now - age }, now);
  assert.deepEqual(recovery(599), {
    kind: 'point-in-time',
    message: 'point-in-time recovery to 2027-01-15T07:50:01Z',
  });
  assert.equal(recovery(601).kind, 'point');
  assert.equal(judgePlatform({ ...daily, pointInTime: true }, now).kind, 'point', 'a window without an end is none');
  // A time that stands there without the option is of a daily backup.
  assert.equal(judgePlatform({ ...daily, latest: now }, now).kind, 'point');
});

test('a paused project, a plan without backups and a project on its way somewhere are named', () => {
  const reason = (more: Partial<PlatformState>) => {
    const judged = judgePlatform({ ...daily, ...more }, now);
    return judged.kind === 'refused' ? judged.reasonCode : judged.kind;
  };
  assert.equal(reason({ status: 'INACTIVE', pointInTime: true, latest: now }), 'project_paused');
  assert.equal(reason({ status: 'RESTORING' }), 'project_not_ready');
  assert.equal(reason({ physical: false, daily: 0 }), 'platform_backup_not_offered');
});

describe('against the sandbox', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
  });
  after(() => sandbox?.close());
  beforeEach(() => {
    sandbox.faults.clear();
    sandbox.supabase.backups.points.clear();
    Object.assign(sandbox.supabase.backups, { walgEnabled: true, daily: 7, pendingLooks: 2, ending: 'AVAILABLE' });
  });
  let time = Date.now();
  const clock = {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  };
  const take = (token = sandbox.description.supabase.token) => {
    const { apiUrl, project } = sandbox.description.supabase;
    const { signal } = new AbortController();
    const backups = openPlatformBackups({ apiUrl, project, token, clock });
    return takePlatformPoint(backups, { name: 'ops-12345678901-1', clock, signal, log: () => {} });
  };

  test('a named point counts once it is available, and a failed or late one never does', async () => {
    assert.deepEqual(await take(), { point: 'restore point ops-12345678901-1 of the platform' });
    sandbox.supabase.backups.points.clear();
    sandbox.supabase.backups.ending = 'FAILED';
    const failed = await take();
    assert.equal('reasonCode' in failed && failed.reasonCode, 'restore_point_failed');
    sandbox.supabase.backups.points.clear();
    sandbox.supabase.backups.pendingLooks = 1_000;
    const late = await take();
    assert.equal('reasonCode' in late && late.reasonCode, 'restore_point_late');
  });

  test('a request whose answer was lost is looked for and not sent again', async () => {
    const route = '/v1/projects/:ref/database/backups/restore-point';
    sandbox.faults.order({ service: 'supabase', method: 'POST', route, fault: { afterEffect: true } });
    assert.deepEqual(await take(), { point: 'restore point ops-12345678901-1 of the platform' });
    const posts = sandbox.requests().filter(({ method, fault }) => method === 'POST' && fault);
    assert.equal(posts.length, 1);
  });

  test('a plan that refuses the point and a token that is not valid are told in words of the platform', async () => {
    sandbox.supabase.backups.walgEnabled = false;
    const refused = await take();
    assert.match('message' in refused ? refused.message : '', /Restore points need physical backups/);
    const stranger = await take('sbp_another');
    assert.equal('reasonCode' in stranger && stranger.reasonCode, 'supabase_token_rejected');
  });
});
