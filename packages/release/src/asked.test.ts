import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countAnswers, findAnswer, formatAsked, openQuestion, parseAsked } from './asked.ts';
import { descriptionLimit, formatFact, type LedgerFact } from './release-record.ts';

const asked = { until: 1_800_000_000_000, fallback: 'notify', before: { approved: 1, rejected: 0 } } as const;
const fact = (kind: LedgerFact['kind'], word: string, text = ''): LedgerFact => ({
  step: 'approval',
  kind,
  word,
  text,
  at: 0,
});

describe('a question to people', () => {
  test('comes back from the ledger as it was written, within the limit of a status', () => {
    assert.deepEqual(parseAsked(formatAsked(asked)), asked);
    assert.ok(formatFact('approval', 'intent', 'asked', formatAsked(asked)).length <= descriptionLimit);
    const placed = { ...asked, environment: 'production-rollback' };
    assert.deepEqual(parseAsked(formatAsked(placed)), placed);
    const longest = { ...asked, before: { approved: 99, rejected: 99 }, environment: 'e'.repeat(60) };
    assert.deepEqual(parseAsked(formatAsked(longest)), longest);
    assert.ok(formatFact('approval', 'intent', 'asked', formatAsked(longest)).length <= descriptionLimit);
    assert.deepEqual(parseAsked(formatAsked({ ...asked, environment: 'e'.repeat(61) })), asked, 'never a cut name');
    assert.equal(parseAsked('until soon'), undefined);
  });

  test('is open until an answer is recorded, and again when it is asked again', () => {
    const open = fact('intent', 'asked', formatAsked(asked));
    assert.equal(openQuestion([]), undefined);
    assert.deepEqual(openQuestion([open]), asked);
    assert.equal(openQuestion([open, fact('outcome', 'declined')]), undefined);
    assert.deepEqual(openQuestion([open, fact('outcome', 'declined'), open]), asked);
  });

  test('of an earlier attempt of the run is none to the next one', () => {
    const open = fact('intent', 'asked', formatAsked(asked));
    const attempt: LedgerFact = { ...fact('intent', 'attempt-2'), step: 'release' };
    assert.deepEqual(openQuestion([attempt, open]), asked);
    assert.equal(openQuestion([open, attempt]), undefined);
    assert.deepEqual(openQuestion([open, attempt, open]), asked);
  });
});

describe('the answer', () => {
  const said = (state: string, user: string, environment = 'production-rollback') => ({
    state,
    user,
    comment: '',
    environments: [environment],
  });
  const none = { approved: 0, rejected: 0 };

  test('is one of this environment and newer than the question', () => {
    const history = [said('approved', 'alice', 'production-approval'), said('approved', 'alice')];
    assert.equal(findAnswer(history.slice(0, 1), 'production-rollback', none), undefined);
    assert.deepEqual(findAnswer(history, 'production-rollback', none), { word: 'approved', by: 'alice', comment: '' });
    const before = countAnswers(history, 'production-rollback');
    assert.deepEqual(before, { approved: 1, rejected: 0 });
    assert.equal(findAnswer(history, 'production-rollback', before), undefined, 'of an earlier attempt of the run');
    assert.equal(findAnswer([...history, said('rejected', 'bob')], 'production-rollback', before)?.by, 'bob');
  });

  test('is heard however the workflow writes the name of the environment', () => {
    const no = [said('rejected', 'bob', 'Production-Rollback')];
    assert.equal(findAnswer(no, 'production-rollback', none)?.word, 'rejected');
    assert.deepEqual(countAnswers(no, 'PRODUCTION-ROLLBACK'), { approved: 0, rejected: 1 });
  });

  test('is no where one said yes and another no', () => {
    const both = [said('rejected', 'bob'), said('approved', 'alice')];
    assert.equal(findAnswer(both, 'production-rollback', none)?.word, 'rejected');
  });
});
