import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { databaseErrorFacts, isConnectionLost } from './database-error.ts';

const serverError = (code: string, message: string, more = {}) =>
  Object.assign(new Error(message), { code, severity: 'ERROR', ...more });

describe('databaseErrorFacts', () => {
  const cases: { name: string; error: unknown; message: string }[] = [
    {
      name: 'an identifier stays',
      error: serverError('42P01', 'relation "notes" does not exist'),
      message: 'relation "notes" does not exist',
    },
    {
      name: 'a data value goes',
      error: serverError('22P02', 'invalid input syntax for type integer: "canary"'),
      message: 'invalid input syntax for type integer: "…"',
    },
    {
      name: 'a value across lines goes',
      error: serverError('22P02', 'invalid input syntax for type json: "can\nary"'),
      message: 'invalid input syntax for type json: "…"',
    },
    {
      name: 'a raised text goes',
      error: serverError('P0001', 'canary'),
      message: 'the migration raised an exception (its text is withheld: it may contain row values)',
    },
    {
      name: 'detail is never looked at',
      error: serverError('23505', 'duplicate key value violates unique constraint "k"', {
        detail: 'Key (email)=(canary) already exists.',
      }),
      message: 'duplicate key value violates unique constraint "k"',
    },
  ];
  for (const { name, error, message } of cases) {
    test(name, () => {
      const facts = databaseErrorFacts(error);
      assert.equal(facts.message, message);
      assert.doesNotMatch(JSON.stringify(facts), /canary/);
    });
  }

  test('a lost session is told from a refused statement', () => {
    assert.equal(isConnectionLost(new Error('Connection terminated unexpectedly')), true);
    assert.equal(isConnectionLost(serverError('57P01', 'terminating connection due to administrator command')), true);
    assert.equal(isConnectionLost(serverError('57014', 'canceling statement due to statement timeout')), false);
    assert.equal(isConnectionLost(serverError('42601', 'syntax error')), false);
  });
});
