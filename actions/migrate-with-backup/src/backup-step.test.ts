import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import type { RecipientAnswer } from '#release/decide-recipients';
import { checkFeasible, decideKept } from './backup-step.ts';
import type { MadeBackup } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

const gone: RecipientAnswer = { removed: ['age:maria'], unacknowledged: ['age:maria'] };
const silent: RecipientAnswer = { unreadable: 'GitHub answered 503' };

test('no migration starts where a key went unacknowledged, nor where nobody could look (S27)', async () => {
  const { recipient } = await createOneTimeKey();
  const options = { mode: 'apply', recipients: [recipient], gpgRecipients: [] } as unknown as MigrateOptions;
  const check = (answer: RecipientAnswer) => checkFeasible(options, { recipientChange: async () => answer });
  assert.equal((await check(gone))?.reasonCode, 'recipient_removed');
  const refused = await check(silent);
  assert.equal(refused?.reasonCode, 'ledger_unreadable');
  assert.match(refused?.message ?? '', /whether a key .* is gone: GitHub answered 503; run it again/);
});

test('what is found only as the backup is recorded stops the migration, too, and never the way back', () => {
  const made = { manifestFile: 'x.manifest.json' } as MadeBackup;
  for (const [answer, reasonCode] of [
    [gone, 'recipient_removed'],
    [silent, 'ledger_unreadable'],
  ] as const) {
    const kept = decideKept('apply', made, answer);
    assert.ok('reasonCode' in kept && kept.reasonCode === reasonCode && kept.message.startsWith('x.manifest.json is'));
    assert.ok(!('reasonCode' in decideKept('rollback', made, answer)));
  }
  const fine = { removed: ['age:maria'], unacknowledged: [] };
  assert.deepEqual(decideKept('apply', made, fine), { ...made, recipientChange: fine });
  assert.deepEqual(decideKept('rollback', made, gone), { ...made, recipientChange: gone });
});
