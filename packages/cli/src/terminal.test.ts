import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { say, sayAside } from './terminal.ts';

test('what others wrote does not steer the terminal of whoever types a command (S14)', () => {
  const foreign = 'locked: \u001b]0;title\u0007\u001b[2J\u009b31m\u202edeploy\u0008\u2066\nsecond line';
  for (const [stream, tell] of [
    [process.stdout, say],
    [process.stderr, sayAside],
  ] as const) {
    const write = mock.method(stream, 'write', () => true);
    try {
      tell(foreign);
      assert.deepEqual(write.mock.calls[0]?.arguments, ['locked: 31mdeploy\nsecond line\n']);
    } finally {
      write.mock.restore();
    }
  }
});
