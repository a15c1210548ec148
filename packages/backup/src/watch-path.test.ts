import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeNamedLook, keepaliveParameters } from './watch-path.ts';

test('a session that nobody has seen under its name proves nothing by its absence: a pooler may call it otherwise', () => {
  assert.equal(judgeNamedLook('gone', false), 'refused');
  assert.equal(judgeNamedLook('gone', true), 'gone');
  for (const look of ['working', 'idle', 'no-answer', 'rejected', 'refused'] as const)
    assert.equal(judgeNamedLook(look, false), look);
});

test('an old libpq is not told what it does not know, for it would refuse the whole connection', () => {
  assert.match(keepaliveParameters({ major: 15 }), /keepalives_idle=10 .* tcp_user_timeout=60000$/);
  assert.doesNotMatch(keepaliveParameters({ major: 11 }), /tcp_user_timeout/);
});
