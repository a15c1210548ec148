import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRollbackNote, noteLimit, readRollbackNote } from './rollback-note.ts';

const scope = { environment: 'production', repository: 'acme/shop', repositoryIds: ['17', '0'] };
const laptop = 'acme/shop:production:by-hand-1732900000000';

test('a note is read back as it was written, of a laptop and of a run', () => {
  const byHand = { key: laptop, reason: 'checkout fails (again)', operator: 'ada' };
  assert.equal(formatRollbackNote(byHand), `checkout fails (again) (${laptop}, ada)`);
  assert.deepEqual(readRollbackNote(formatRollbackNote(byHand), scope), byHand);
  const ofRun = { key: '17:production:42', reason: 'error rate 12.5 %' };
  assert.deepEqual(readRollbackNote(formatRollbackNote(ofRun), scope), { ...ofRun, runId: 42 });
  const local = { key: '0:production:1732900000', reason: 'r' };
  assert.deepEqual(
    readRollbackNote(formatRollbackNote(local), scope),
    local,
    'a runner on a laptop has no run of GitHub',
  );
});

test('the key is never cut, however long the rest is', () => {
  for (const length of [0, 60, 400]) {
    const operator = 'o'.repeat(length);
    const note = formatRollbackNote({ key: laptop, reason: 'r'.repeat(500), operator });
    assert.ok(note.length <= noteLimit, String(note.length));
    assert.equal(readRollbackNote(note, scope)?.key, laptop);
  }
});

test('text of anybody is no note, or only what its end says', () => {
  const foreign = [
    'errors rose',
    `(${laptop})x`,
    `why (${laptop}, a (b))`,
    'why (acme/other:production:by-hand-1732900000000)',
    'why (acme/shop:staging:by-hand-1732900000000)',
    'why (99:production:42)',
    'why (17:production:42\n::set-output name=x::1)',
    'why (acme/shop:production:anything)',
    '',
  ];
  for (const text of foreign) assert.equal(readRollbackNote(text, scope), undefined, text);
  const quoting = readRollbackNote(`as in (${laptop}) (17:production:43, bob)`, { ...scope, repositoryIds: ['17'] });
  assert.notEqual(quoting?.key, laptop, 'what a reason quotes is not its end');
  assert.equal(readRollbackNote(`(${laptop})`, scope), undefined);
  assert.equal(readRollbackNote(` (${laptop})`, scope)?.reason, 'no reason given');
  const forged = formatRollbackNote({ key: laptop, reason: 'x', operator: 'eve), (17:production:1' });
  assert.equal(readRollbackNote(forged, scope)?.key, laptop, 'an operator cannot bring a key along');
});
