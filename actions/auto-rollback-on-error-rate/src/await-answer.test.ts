import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunApproval } from '#github/run-reads';
import type { Clock } from '#http/clock';
import { ask, awaitAnswer, parseQuestion } from './await-answer.ts';
import { decideAnswer } from './decide-answer.ts';

const environment = 'production-rollback';
const yes: RunApproval = { state: 'approved', user: 'alice', comment: 'go', environments: [environment] };
const question = {
  until: 60_000,
  fallback: 'auto',
  before: { approved: 0, rejected: 0 },
  reason: '12 % above 2 %',
} as const;

/** GitHub that gives one list per request, the last one again and again, and a clock that only sleeping moves. */
function world(...lists: (RunApproval[] | Error)[]) {
  let now = 0;
  let requests = 0;
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      now += ms;
    },
  };
  const github = {
    async runApprovals() {
      const list = lists[Math.min(requests++, lists.length - 1)] ?? [];
      if (list instanceof Error) throw list;
      return list;
    },
  };
  const signal = new AbortController().signal;
  const said: string[] = [];
  const given = { github, environment, runId: 1, question, clock, signal, log: (line: string) => void said.push(line) };
  return { given, at: () => now, requests: () => requests, said };
}

describe('whoever waits for an answer', () => {
  test('asks every ten seconds, also through an outage of GitHub, and hears it', async () => {
    const { given, at, said } = world([], new Error('HTTP 500'), [yes]);
    assert.deepEqual(await awaitAnswer(given), { word: 'approved', by: 'alice', comment: 'go' });
    assert.equal(at(), 20_000);
    assert.match(said.join(), /could not be read: HTTP 500/);
  });

  test('stops at the time that was told, with at most 8 requests a minute', async () => {
    const { given, at, requests } = world([]);
    assert.equal(await awaitAnswer(given), undefined);
    assert.equal(at(), question.until);
    assert.ok(requests() <= 8);
  });

  test('does not take the answer to an earlier question of the run for one to this', async () => {
    const { given } = world([yes]);
    const plan = { approveTimeoutMs: 60_000, approveFallback: 'auto' } as const;
    const asked = await ask(given.github, { environment, runId: 1, now: 0 }, plan);
    const before = { approved: 1, rejected: 0 };
    assert.deepEqual(asked, { until: 60_000, fallback: 'auto', before, environment });
    assert.equal(await awaitAnswer({ ...given, question: { ...asked, reason: '' } }), undefined);
  });

  test('refuses a question that it cannot read', () => {
    assert.deepEqual(parseQuestion(JSON.stringify(question)), question);
    for (const text of ['', '{', '{"until":"soon"}']) assert.throws(() => parseQuestion(text), /asked/);
  });
});

describe('what follows', () => {
  const rule = { verdict: 'pass', level: undefined } as never;
  const outcome = {
    buckets: [{ start: 0, end: 30, requests: 200, errors: 1 }],
    ruleVerdicts: [rule],
    reasonCode: 'superseded',
    summary: 'locked by bob',
  };
  const decide = (answer: Parameters<typeof decideAnswer>[1], fallback: 'auto' | 'notify' = 'auto') =>
    decideAnswer(outcome, answer, { ...question, fallback });

  test('from yes, no, nothing and a lock of somebody else; red each time, a recovered rate is told', () => {
    const rows: [Parameters<typeof decideAnswer>[1], 'auto' | 'notify', string, RegExp][] = [
      [{ word: 'approved', by: 'alice', comment: 'go' }, 'auto', 'approved', /^Approved by alice \("go"\): 12 %/],
      [{ word: 'rejected', by: 'bob', comment: '' }, 'auto', 'declined', /^bob declined the rollback: 12 %/],
      [undefined, 'auto', 'unanswered', /^Nobody answered in time: 12 %/],
      [undefined, 'notify', 'would-roll-back', /^Nobody answered in time, and approve-fallback is notify/],
    ];
    for (const [answer, fallback, decision, says] of rows) {
      const found = decide(answer, fallback);
      assert.deepEqual([found.decision, found.failed, found.act], [decision, true, false]);
      assert.match(found.summary, says);
      assert.match(found.summary, /0\.5 % of 200 requests failed: it has recovered, and the verdict stays/);
    }
    assert.deepEqual([decide('taken-over').decision, decide('taken-over').summary], ['superseded', 'locked by bob']);
  });

  test('from a job that was cancelled while the rule is still broken: cancelled, for nobody took over', () => {
    const broken = { ...outcome, reasonCode: 'above_limit', summary: '12 % above 2 %' };
    const { decision, reasonCode, summary } = decideAnswer(broken, 'taken-over', question);
    assert.deepEqual([decision, reasonCode], ['cancelled', 'cancelled']);
    assert.equal(summary, 'Cancelled while people were asked: 12 % above 2 %');
  });
});
