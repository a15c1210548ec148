import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRecipients, describeRemoved } from './decide-recipients.ts';

test('a key that was taken away stays unacknowledged from run to run, until it is named or back (S27)', () => {
  const first = { recipients: ['maria', 'jo'] };
  const second = decideRecipients(first, ['jo', 'new'], []);
  assert.deepEqual(second, { removed: ['maria'], unacknowledged: ['maria'] });
  const kept = { recipients: ['jo', 'new'], unacknowledged: second.unacknowledged };
  assert.deepEqual(decideRecipients(kept, ['jo', 'new'], []), second);
  assert.deepEqual(decideRecipients(kept, ['jo', 'new'], ['maria']), { removed: ['maria'], unacknowledged: [] });
  assert.deepEqual(decideRecipients(kept, ['jo', 'maria'], ['maria']), { removed: ['new'], unacknowledged: ['new'] });
  assert.deepEqual(decideRecipients(kept, ['jo', 'new', 'maria'], []), { removed: [], unacknowledged: [] });
  assert.deepEqual(decideRecipients(undefined, ['jo'], []), { removed: [], unacknowledged: [] });
});

test('the line of a run names the keys, and what to do only where nobody has acknowledged them', () => {
  assert.equal(describeRemoved({ removed: [], unacknowledged: [] }), '');
  assert.equal(describeRemoved({ removed: ['maria'], unacknowledged: [] }), '; no longer a recipient: maria');
  assert.match(
    describeRemoved({ removed: ['maria', 'jo'], unacknowledged: ['jo'] }),
    /maria, jo; nobody .* the key jo /,
  );
});
