import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentSettings } from '#config/settings';
import { type PreviousFacts, readStillNeeded, whyStillNeeded } from './previous-needs.ts';

const promotedAt = Date.UTC(2026, 0, 2, 12);
const minute = 60_000;
const serving = {
  version: 'v1.1.0',
  rollbackTarget: { deploymentId: 'dpl_blue', version: 'v1.0.0', adopted: false },
  promotedAt,
  decision: 'released',
};
const kept: PreviousFacts = { serving, previous: 'there', keepMs: 15 * minute, now: promotedAt + 14 * minute };

const table: [name: string, facts: Partial<PreviousFacts>, why: RegExp | undefined][] = [
  [
    'is kept',
    {},
    /v1\.0\.0 \(dpl_blue\), which served before v1\.1\.0, is kept to go back to until 2026-01-02 12:15 UTC/,
  ],
  ['was kept for its time', { now: promotedAt + 15 * minute }, undefined],
  ['was deleted by a clean-up', { previous: 'gone' }, undefined],
  ['cannot be asked for and is young', { previous: 'unknown' }, /is kept to go back to/],
  ['cannot be asked for and is old', { previous: 'unknown', now: promotedAt + 60 * minute }, undefined],
  [
    'is the way back of a release that still runs',
    { serving: { ...serving, decision: undefined }, now: promotedAt + 60 * minute },
    /a release that has not ended/,
  ],
  ['never was', { serving: { ...serving, rollbackTarget: undefined } }, undefined],
  ['belongs to no release of ours', { serving: undefined }, undefined],
];
for (const [name, facts, why] of table) {
  test(`Blue ${name}: what it needs ${why === undefined ? 'may go' : 'stays'} (BGD-07)`, () => {
    const told = whyStillNeeded({ ...kept, ...facts });
    if (why === undefined) assert.equal(told, undefined);
    else assert.match(told ?? '', why);
  });
}

test('Nothing keeps blue where ops.yml does not say so; where it does, what nobody can read keeps it', async () => {
  const settings = (release: object) => ({ environment: 'production', release, vercel: {} }) as EnvironmentSettings;
  const nobody = { github: undefined, project: undefined };
  assert.equal(await readStillNeeded(nobody, settings({})), undefined);
  assert.match(
    (await readStillNeeded(nobody, settings({ strategy: 'blue-green' }))) ?? '',
    /github-token is not given/,
  );
});
