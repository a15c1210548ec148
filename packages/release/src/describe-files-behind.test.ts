import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFilesOfDead, describeFilesOfEarlier, isUndoOpen } from './describe-files-behind.ts';
import type { LedgerFact } from './release-record.ts';

function fact(kind: LedgerFact['kind'], word: string, text = '', step = 'migrate'): LedgerFact {
  return { step, kind, word, text, at: 1 };
}
const intent = fact('intent', 'apply', '1 pending');
const saved = fact('outcome', 'backup-verified', 'sha256:0');
const applied = fact('outcome', 'applied', '1 applied, newest 4');

test('a release whose run died before its promotion says what it knows of its migrations', () => {
  const cases: [string, LedgerFact[], RegExp | undefined][] = [
    ['it had none', [fact('intent', 'ready', '', 'deploy')], undefined],
    ['it was not started', [intent, fact('outcome', 'not-started', 'destination_full')], undefined],
    ['it died in them', [intent], /^Whether its migrations are applied is not known; the command migrations/],
    [
      'it died behind them',
      [intent, saved, applied],
      /^Its migrations stay applied \(1 applied, newest 4\); .*mode: rollback/,
    ],
    [
      'and behind a restore point',
      [intent, applied, fact('intent', 'rollback'), saved],
      /^Whether .* taken back is not known/,
    ],
    ['a tool of its own', [fact('outcome', 'applied', 'command_succeeded')], /^What its migration command did stays/],
    ['they were taken back', [intent, applied, fact('outcome', 'rolled-back')], /^Its migrations were taken back$/],
    [
      'they failed',
      [intent, fact('outcome', 'failed', '1 applied, newest 4 at 5')],
      /^Its migration ended as failed \(1 applied/,
    ],
  ];
  for (const [name, facts, says] of cases)
    if (says === undefined) assert.equal(describeFilesOfDead(facts), undefined, name);
    else assert.match(describeFilesOfDead(facts) ?? '', says, name);
});

test('an app that fails with nothing pending hears who migrated since the last promotion', () => {
  const of = (version: string, facts: LedgerFact[], promotion: 'none' | 'intended' | 'promoted' = 'none') => {
    return { version, facts, promotion };
  };
  const live = of('v1.0.0', [intent, applied], 'promoted');
  const says = (version: string) =>
    new RegExp(`but ${version} had migrated before and came to no promotion: .*mode: rollback`);
  const cases: [string, ReturnType<typeof of>[], RegExp | undefined][] = [
    ['nobody', [of('v1.1.0', []), live], undefined],
    ['the one before', [of('v1.2.0', []), of('v1.1.0', [intent, applied]), live], says('v1\\.1\\.0')],
    ['an attempt of its own that died', [of('v1.1.0', [intent]), live], says('v1\\.1\\.0')],
    ['two, in their order', [of('v1.2.0', [intent]), of('v1.1.0', [applied]), live], says('v1\\.1\\.0, v1\\.2\\.0')],
    [
      'one that failed behind its first file',
      [of('v1.1.0', [fact('outcome', 'failed', '1 applied, newest 4')])],
      says('v1\\.1\\.0'),
    ],
    ['one that failed in its first file', [of('v1.1.0', [fact('outcome', 'failed', '0 applied at 4')])], undefined],
    ['one that took them back', [of('v1.1.0', [applied, fact('outcome', 'rolled-back')]), live], undefined],
    ['one that may be live', [of('v1.1.0', [intent, applied], 'intended')], undefined],
  ];
  for (const [name, releases, told] of cases)
    if (told === undefined) assert.equal(describeFilesOfEarlier(releases), undefined, name);
    else assert.match(describeFilesOfEarlier(releases) ?? '', told, name);
});

test('an undo that was begun is open until it is known to have ended well, or to have touched nothing', () => {
  const undo = [intent, applied, fact('intent', 'rollback')];
  const cases: [string, LedgerFact[], boolean][] = [
    ['none was begun', [intent, applied], false],
    ['a migration that failed', [intent, fact('outcome', 'failed')], false],
    ['it died', undo, true],
    ['it died behind its restore point', [...undo, saved], true],
    ['it failed', [...undo, saved, fact('outcome', 'failed', 'integrity_failed')], true],
    ['it ended well', [...undo, saved, fact('outcome', 'rolled-back')], false],
    ['it found no restore point', [...undo, fact('outcome', 'not-started')], false],
    ['a further attempt went on', [...undo, intent, applied], false],
    ['a further attempt was promoted on what is there', [...undo, fact('intent', 'promote', '', 'promote')], false],
  ];
  for (const [name, facts, open] of cases) assert.equal(isUndoOpen(facts), open, name);
});
