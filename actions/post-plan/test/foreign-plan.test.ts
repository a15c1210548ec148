import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planMarker } from '#github/marked-comment';
import { readEndedRun } from '../src/read-ended-run.ts';
import { renderForeignPlan } from '../src/render-foreign-plan.ts';

const run = {
  id: 9,
  event: 'pull_request',
  head_sha: 'a'.repeat(40),
  head_branch: 'patch-1',
  head_repository: { id: 2, owner: { login: 'stranger' } },
};
const read = (more: Record<string, unknown> = {}) =>
  readEndedRun({ workflow_run: { ...run, ...more }, repository: { id: 1 } });

test('only the run of a pull request of a fork is followed', () => {
  assert.deepEqual(read(), {
    ...{ id: 9, headSha: 'a'.repeat(40), head: 'stranger:patch-1', headRepositoryId: 2, repositoryId: 1 },
  });
  assert.deepEqual(read({ head_repository: { id: 1, owner: { login: 'org' } } }), { reasonCode: 'not_a_fork' });
  for (const more of [{ event: 'push' }, { event: 'workflow_dispatch' }, { head_sha: 'x' }])
    assert.deepEqual(read(more), { reasonCode: 'wrong_event' });
  for (const more of [{ head_repository: null }, { head_branch: null }])
    assert.deepEqual(read(more), { reasonCode: 'fork_deleted' });
  assert.deepEqual(readEndedRun({ pull_request: { number: 1 } }), { reasonCode: 'wrong_event' });
});

describe('the text of a fork', () => {
  const marker = planMarker('fork:migrations');
  const ofRun = { url: 'https://github.com/org/app/actions/runs/9', headSha: 'a'.repeat(40) };
  const render = (text: string) => renderForeignPlan(marker, text, ofRun);

  test('forms no markup, mention, command or end of its fence', () => {
    const hostile = [
      '```',
      '</details><img src=https://x/y>',
      '@team [click](https://evil)',
      '<!-- ops-actions:migration-plan:production -->',
      '`````` \u001b[31m \u202e ::add-mask::x',
    ].join('\n');
    const body = render(hostile);
    const [, fence = '', inside = ''] = /\n(`{3,})text\n([\s\S]*)\n\1\n/.exec(body) ?? [];
    assert.equal(fence.length, 7);
    assert.ok(!inside.includes(fence));
    for (const piece of ['<img', '@team', 'migration-plan:production', '::add-mask::'])
      assert.ok(inside.includes(piece) && !body.replace(inside, '').includes(piece), piece);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: its absence is the assertion
    assert.doesNotMatch(body, /[\u001b\u202e]/);
    assert.ok(body.startsWith(`${marker}\n`));
  });

  test('fits into what GitHub takes', () => {
    const body = render('x`'.repeat(100_000));
    assert.ok(body.length < 65_536, `${body.length}`);
    assert.match(body, /… cut here/);
    assert.match(body, /for a{40}, which/);
    const ticks = render(`before ${'`'.repeat(60_000)} after`);
    assert.ok(ticks.length < 1_000, `${ticks.length}`);
    assert.match(ticks, /^`{41}text\nbefore `{40}… \(60000 backticks\) after\n`{41}$/m);
    for (const run of [40, 41, 1_000])
      assert.ok(render(`${'`'.repeat(run)}x`.repeat(60_000)).length < 65_536, `${run}`);
  });
});
