import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planMarker } from '#github/marked-comment';
import { pullRequestOf, renderPlanComment } from './plan-comment.ts';

const marker = planMarker('production');
const rendered = (files: { file: string; sql: string }[], page = '### Migrations') =>
  renderPlanComment({
    marker,
    of: 'production',
    page,
    files,
    runUrl: 'https://github.com/a/b/actions/runs/1',
  });

describe('the plan as a comment', () => {
  test('SQL stays text: no fence, tag, mention or control character of it gets out', () => {
    const sql = 'select 1; -- ```\n</details>\n@team \u001b[31m\u202e ````x';
    const body = rendered([{ file: '1_<b>@x.sql', sql }]);
    assert.ok(body.startsWith(marker));
    assert.match(body, /\n`````sql\nselect 1; -- ```\n<\/details>\n@team {2}````x\n`````\n/);
    assert.match(body, /SQL of <code>1_&lt;b>&#64;x\.sql<\/code>/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: its absence is the assertion
    assert.doesNotMatch(body, /[\u001b\u202e]/);
  });

  test('it fits into what GitHub takes, and says what it leaves out', () => {
    const files = Array.from({ length: 20 }, (_, index) => ({
      file: `${index}_a.sql`,
      sql: `-- ${'x'.repeat(20_000)}`,
    }));
    const body = rendered(files);
    assert.ok(body.length < 65_536, String(body.length));
    assert.match(body, /… cut here/);
    assert.match(body, /The SQL of \d+ more files is in the pull request itself/);
  });

  test('a marker names its environment and cannot end the HTML comment', () => {
    assert.notEqual(planMarker('staging'), marker);
    assert.match(planMarker('a --> b'), /^<!-- [^ ]*%3E[^ ]* -->$/);
    assert.doesNotMatch(planMarker('a-->b').slice(4, -3), /--/);
  });

  test('a fork is one whose head is another repository, or none any more', () => {
    const event = (head: unknown) => ({ pull_request: { number: 7, head, base: { repo: { id: 1 } } } });
    assert.deepEqual(pullRequestOf(event({ repo: { id: 1 } })), { number: 7, fork: false });
    assert.deepEqual(pullRequestOf(event({ repo: { id: 2 } })), { number: 7, fork: true });
    assert.deepEqual(pullRequestOf(event({ repo: null })), { number: 7, fork: true });
    assert.equal(pullRequestOf({}), undefined);
  });
});
