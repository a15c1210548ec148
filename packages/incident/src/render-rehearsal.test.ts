import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRehearsal } from './render-rehearsal.ts';

const at = Date.UTC(2026, 2, 1) / 1000;
const times = { detection: 31.6, swap: 3, verified: 15.2 };

test('every rehearsal stands with its date, its result and its times beside the target', () => {
  const { title, body } = renderRehearsal({
    environment: 'staging',
    summary: 'The watch took the release back by itself',
    passed: true,
    rehearsals: [
      { at, passed: true, reasonCode: 'rehearsed', former: 'dpl_1', times, limitSeconds: 300 },
      { at: at - 86_400, passed: false, reasonCode: 'no_rule_fired', former: 'dpl_1', limitSeconds: 300 },
    ],
    runUrl: 'https://github.com/acme/app/actions/runs/1',
  });
  assert.equal(title, 'Rehearsal of the way back of staging: passed');
  assert.match(body, /^<!-- ops-actions:rehearsal:staging -->\n/);
  assert.match(body, /\| 2026-03-01 \| `passed` \| `dpl_1` \| 32 s \| 3 s \| 15 s of 300 s \|/);
  assert.match(body, /\| 2026-02-28 \| `no_rule_fired` \| `dpl_1` \| {2}\| {2}\| nothing of 300 s \|/);
  assert.match(body, /Run: <https:\/\/github\.com\/acme\/app\/actions\/runs\/1>$/);
});

test('foreign text stays text', () => {
  const summary = '@team </details> `x` <b>| a';
  const { body } = renderRehearsal({
    environment: 'staging',
    summary,
    passed: false,
    rehearsals: [],
    runUrl: 'javascript:x',
  });
  assert.match(body, /\*\*`@team <\/details> 'x' <b>¦ a`\*\*/);
  assert.doesNotMatch(body, /javascript/);
});
