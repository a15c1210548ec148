import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpAnswer, HttpRequest } from '#http/client';
import { openRollingReleases } from './rolling-release.ts';

const stage = (index: number, targetPercentage: number) => ({ index, targetPercentage });
const shown = (state: string, index: number, canary = 'dpl_new') => ({
  state,
  canaryDeployment: { id: canary },
  activeStage: state === 'ACTIVE' ? stage(index, 10) : null,
});

/** Vercel that shows one state per reading, the last one again and again, and a clock that only sleeping moves. */
function world(...states: object[]) {
  let now = 0;
  let readings = 0;
  const requests: string[] = [];
  const api = {
    async call({ method = 'GET', path }: HttpRequest) {
      requests.push(`${method} ${path}`);
      const rollingRelease = method === 'GET' ? states[Math.min(readings++, states.length - 1)] : {};
      return { status: 200, json: () => ({ rollingRelease }) } as unknown as HttpAnswer;
    },
  };
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  return { rolling: openRollingReleases(api, { id: 'prj_1', name: 'notes' }, { clock }), requests, at: () => now };
}

describe('approving a stage of a rolling release', () => {
  test('waits until Vercel shows it, and sends one request', async () => {
    const next = { index: 1, percentage: 50, isFinal: false };
    const { rolling, requests, at } = world(shown('ACTIVE', 0), shown('ACTIVE', 0), shown('ACTIVE', 1));
    await rolling.approve('dpl_new', next);
    assert.deepEqual([at(), requests.filter((one) => one.startsWith('POST')).length], [1_000, 1]);
    const last = world(shown('ACTIVE', 1), shown('COMPLETE', 2));
    await last.rolling.approve('dpl_new', { index: 2, percentage: 100, isFinal: true });
    assert.ok(last.requests[0]?.endsWith('/complete'));
  });

  test('ends after ten seconds, and at once where the release is over or not ours', async () => {
    const next = { index: 1, percentage: 50, isFinal: false };
    const rows: [object, number][] = [
      [shown('ACTIVE', 0), 10_000],
      [shown('ABORTED', 0), 0],
      [shown('ACTIVE', 1, 'dpl_other'), 0],
    ];
    for (const [state, waited] of rows) {
      const { rolling, at } = world(state);
      await assert.rejects(rolling.approve('dpl_new', next), { reasonCode: 'stage_not_approved' });
      assert.equal(at(), waited);
    }
  });
});
