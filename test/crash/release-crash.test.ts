import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CrashPoint } from './points.ts';
import { badRelease, goodRelease, rollbackByHand, type Scenario, type Stage, setStage } from './scenarios.ts';

// The most dangerous of the points that release-crash.deep.test.ts enumerates.

let stage: Stage;
before(async () => {
  stage = await setStage();
});
after(() => stage[Symbol.asyncDispose]());

const cases: [Scenario, string, CrashPoint['moment']][] = [
  [goodRelease, 'github POST /deployments ops-actions', 'after its effect'],
  [goodRelease, 'slack POST /api/chat.postMessage', 'after its effect'],
  [goodRelease, 'vercel POST /v10/projects/:project/promote/:deployment', 'before sending'],
  [goodRelease, 'vercel POST /v10/projects/:project/promote/:deployment', 'after its effect'],
  [badRelease, 'github POST /deployments ops-actions:lock', 'before sending'],
  [badRelease, 'github POST /deployments ops-actions:lock', 'after its effect'],
  [rollbackByHand, 'vercel POST /v1/projects/:project/rollback/:deployment', 'after its effect'],
];

test('the runner is lost where it hurts most', { concurrency: 3 }, async (t) => {
  await Promise.all(
    cases.map(([scenario, name, moment]) =>
      t.test(`${scenario.name}: ${name}, ${moment}`, async () => {
        assert.ok(
          await stage.play(scenario, { name, occurrence: 0, writes: true, moment }),
          'the request was never made',
        );
      }),
    ),
  );
});
