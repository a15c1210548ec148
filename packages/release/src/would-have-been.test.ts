import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReleaseMode } from './release-handle.ts';
import type { ReleaseRecord } from './release-record.ts';
import { badStageOf, raisedModeFindings, reasonOfVerdict, wouldHaveBeens } from './would-have-been.ts';

const at = Date.UTC(2026, 10, 28, 12, 0);
function release(version: string, mode: ReleaseMode, reason?: string): ReleaseRecord {
  const facts =
    reason === undefined ? [] : [{ step: 'would-have-been', kind: 'outcome' as const, word: mode, text: reason, at }];
  return { version, environment: 'production', mode, promotion: 'promoted', facts } as unknown as ReleaseRecord;
}

const bad = release('v1.1.0', 'observe', 'error-rate above 2%: 7.5 %, 30 of 400 requests failed');
const good = release('v1.2.0', 'observe');

describe('what a milder mode left undone', () => {
  test('is read from the ledger', () => {
    assert.deepEqual(
      wouldHaveBeens([good, bad]).map(({ version, mode }) => [version, mode]),
      [['v1.1.0', 'observe']],
    );
    assert.match(reasonOfVerdict(bad.facts), /^error-rate above 2%/);
    assert.equal(reasonOfVerdict(good.facts), '');
  });

  test('of a stage is read until the release is taken back', () => {
    const fact = (step: string, word: string, text = '') => ({ step, kind: 'outcome' as const, word, text, at });
    const blind = [fact('stage', 'pass', 'At 10 %: fine'), fact('stage', 'no-data', 'At 50 %: nothing was counted')];
    assert.equal(badStageOf(blind), 'At 50 %: nothing was counted');
    assert.equal(
      badStageOf([...blind, fact('stage', 'pass'), fact('stage', 'staged')]),
      'At 50 %: nothing was counted',
    );
    assert.equal(badStageOf([...blind, fact('rollback', 'rolled-back'), fact('stage', 'inconclusive')]), undefined);
  });

  test('is shown when the mode is raised, with date and reason', () => {
    const [finding] = raisedModeFindings('auto', [good, bad]);
    assert.equal(finding?.severity, 'notice');
    assert.match(
      finding?.message ?? '',
      /from observe to auto; it would have rolled back: v1\.1\.0 on 2026-11-28 12:00 UTC \(mode observe\): error-rate above 2%: 7\.5 %/,
    );
    assert.match(raisedModeFindings('notify', [good])[0]?.message ?? '', /the one recorded release none would have/);
  });

  test('is nobody’s business while the mode stays or is lowered, and before the first release', () => {
    assert.deepEqual(raisedModeFindings('observe', [good, bad]), []);
    assert.deepEqual(raisedModeFindings('auto', []), []);
    assert.deepEqual(raisedModeFindings('notify', [release('v2', 'auto')]), []);
  });
});
