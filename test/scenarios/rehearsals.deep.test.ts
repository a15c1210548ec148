import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cancelWhen } from './cancel-when.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch } from './release-fixture.ts';

const staging = { environment: 'staging' };
const watch = { ...shortWatch, mode: 'auto' };

/** A staging that serves one proven release. */
async function proven(fixture: ReleaseFixture): Promise<string> {
  const { deploymentId, lastLine, decision } = await fixture.release({ version: 'v1.0.0', inputs: staging });
  assert.equal(decision, 'released', lastLine);
  return deploymentId;
}

describe('a rehearsal of the way back', { concurrency: 2 }, () => {
  test('ends with the former release, unlocked, recorded, with its times; production was not asked', async () => {
    await using fixture = await releaseFixture({ ops: { watch } });
    const former = await proven(fixture);
    const ended = await fixture.rehearse({ version: 'v1.0.0' });
    assert.deepEqual(
      [ended.decision, ended.reasonCode, ended.conclusion],
      ['passed', 'rehearsed', 'success'],
      ended.lastLine,
    );
    assert.match(
      ended.lastLine,
      /v1\.0\.0 serves again and its checks passed, from decision to proof in \d+ s, its limit is 5 min/,
    );
    assert.equal(fixture.served(), former);
    assert.deepEqual([fixture.accepted('rollback'), await fixture.locks('staging')], [1, []]);
    const entries = await fixture.entries('staging');
    assert.deepEqual(
      entries.map(({ version, decision, reason }) => [version.startsWith('rehearsal-'), decision, reason]),
      [
        [false, 'released', 'passed'],
        [true, 'rolled-back', 'breach'],
      ],
    );
    assert.equal(fixture.autoAssign(), entries.at(-1)?.autoAssign);
    assert.match((await fixture.slack()).join('\n'), /rehearsal-/);
    assert.deepEqual(await fixture.entries('production'), []);
    const next = await fixture.release({ version: 'v1.1.0', inputs: staging });
    assert.equal(next.decision, 'released', next.lastLine);
  });

  test('fails where a rule only tells, and where the mode takes nothing back: by name, before or after', async () => {
    await using fixture = await releaseFixture({ ops: { watch } });
    await proven(fixture);
    const mild = { ...watch, rules: ['error-rate above 10%: immediately, notify'] };
    const told = await fixture.rehearse({ version: 'v1.1.0', files: { '.github/ops.yml': opsFile({ watch: mild }) } });
    assert.deepEqual(
      [told.decision, told.reasonCode, told.conclusion],
      ['failed', 'rule_does_not_act', 'failure'],
      told.lastLine,
    );
    assert.equal(fixture.accepted('rollback'), 0);

    const notifying = { ...watch, mode: 'notify' };
    const files = { '.github/ops.yml': opsFile({ watch: notifying }) };
    const refused = await fixture.rehearse({ version: 'v1.2.0', files });
    assert.deepEqual([refused.decision, refused.reasonCode], ['failed', 'not_started'], refused.lastLine);
    assert.match(refused.lastLine, /mode notify, which takes nothing back by itself/);
  });

  test('is refused on production, and where nothing proven is served', async () => {
    await using fixture = await releaseFixture({ ops: { watch } });
    const empty = await fixture.rehearse({ version: 'v1.0.0' });
    assert.equal(empty.reasonCode, 'not_started', empty.lastLine);
    assert.match(empty.lastLine, /no proven release to go back to/);
    const inputs = { environment: 'production', 'throw-away': 'true' };
    const live = await fixture.rehearse({ version: 'v1.0.0', inputs });
    assert.equal(live.reasonCode, 'not_started', live.lastLine);
    assert.match(live.lastLine, /production is production/);
    assert.deepEqual([fixture.served(), fixture.accepted('promote')], [undefined, 0]);
  });

  test('that was cancelled in the middle leaves the former release, and the next one passes', async () => {
    await using fixture = await releaseFixture({ ops: { watch: { ...watch, window: '30s', interval: '15s' } } });
    const former = await proven(fixture);
    const button = cancelWhen((events) =>
      events.some(({ kind, path }) => kind === 'line' && path.join('/').endsWith('deploy/watch')),
    );
    const first = await fixture.rehearse({ version: 'v1.0.0', signal: button.signal, onEvent: button.onEvent });
    assert.equal(first.conclusion, 'cancelled', first.lastLine);
    assert.ok(button.secondsSince() < 240);
    const files = { '.github/ops.yml': opsFile({ watch }) };
    const second = await fixture.rehearse({ version: 'v1.1.0', files });
    assert.deepEqual([second.decision, second.conclusion], ['passed', 'success'], second.lastLine);
    assert.deepEqual([fixture.served(), await fixture.locks('staging')], [former, []]);
  });
});
