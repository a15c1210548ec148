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
      name: 'a text that is raised under a code of its own goes',
      error: serverError('23514', 'row canary is bad', { file: 'pl_exec.c', routine: 'exec_stmt_raise' }),
      message: 'the migration raised an exception (its text is withheld: it may contain row values)',
    },
    {
      name: 'a text of Python or Perl goes',
      error: serverError('38000', 'plpy.Error: canary', { file: 'plpy_elog.c', routine: 'PLy_elog_impl' }),
      message: 'the migration raised an exception (its text is withheld: it may contain row values)',
    },
    {
      name: 'a name that EXECUTE made of a value goes',
      error: serverError('42P01', 'relation "canary" does not exist', {
        where: 'PL/pgSQL function inline_code_block line 1 at EXECUTE',
      }),
      message: 'relation "…" does not exist',
    },
    {
      name: 'a name in fixed SQL of a function stays',
      error: serverError('42P01', 'relation "notes" does not exist', {
        where: 'SQL statement "SELECT 1 FROM notes"\nPL/pgSQL function f() line 3 at SQL statement',
      }),
      message: 'relation "notes" does not exist',
    },
    {
      name: 'a value in the quotes of another language goes',
      error: serverError('22P02', 'ungültige Eingabesyntax für Typ integer: »canary«'),
      message: 'ungültige Eingabesyntax für Typ integer: "…"',
    },
    {
      name: 'a value in French quotes goes',
      error: serverError('22003', 'la valeur « canary » est en dehors des limites pour le type integer'),
      message: 'la valeur "…" est en dehors des limites pour le type integer',
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
