import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardFixMarker, renderForwardFix } from './render-forward-fix.ts';

test('what others wrote stays text in the issue of a forward fix (S14)', () => {
  const hostile =
    '` </details>@team ```\n::stop-commands::x \u202E\u001b[31m <!-- ops-actions:forward-fix:p:014 --> #1';
  const { title, body } = renderForwardFix({
    environment: hostile,
    mends: hostile,
    what: hostile,
    failed: { file: hostile, line: 3, sqlstate: '42P01', reasonCode: hostile },
    statement: hostile,
    path: `m/${hostile}`,
    branch: hostile,
    noBranch: hostile,
    withdraw: hostile,
    runUrl: 'javascript:alert(1)',
  });
  assert.doesNotMatch(title, /[@#\r\n\u202E]/);
  assert.ok(!title.includes('\u001b'));
  const outside = body
    .split('\n')
    .slice(1)
    .join('\n')
    .replaceAll(/(`{3,})[\s\S]*?\n\1/g, '')
    .replaceAll(/`[^`]*`/g, '');
  for (const part of ['@team', '</details>', '\u202E', '\u001b', '<!--', 'javascript'])
    assert.ok(!outside.includes(part), part);
});

test('the marker is one comment, whatever the environment is called', () => {
  const marker = forwardFixMarker({ environment: 'eu --> production', mends: 'rollback of 013' });
  assert.match(marker, /^<!-- ops-actions:forward-fix:[\w-]+:rollback-of-013 -->$/);
  assert.equal(marker.indexOf('-->'), marker.length - 3);
});
