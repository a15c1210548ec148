import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DatabaseUrlError, parseDatabaseUrl, weakConnection, writableUrl } from './database-url.ts';

function problemsOf(text: string): string {
  try {
    parseDatabaseUrl(text);
    return '';
  } catch (error) {
    assert.ok(error instanceof DatabaseUrlError);
    return error.message;
  }
}

describe('parseDatabaseUrl', () => {
  const refused: { name: string; url: string; message: RegExp }[] = [
    { name: 'empty', url: ' ', message: /it is empty; expected postgresql:\/\// },
    { name: 'another scheme', url: 'mysql://u@h/d', message: /does not start with postgresql/ },
    {
      name: 'transaction pooler',
      url: 'postgresql://u:p@h:6543/d',
      message: /session pooler, same host with port 5432/,
    },
    { name: 'clear text to a remote host', url: 'postgresql://u:p@h/d?sslmode=disable', message: /clear text/ },
    { name: 'placeholder', url: 'postgresql://u:[YOUR-PASSWORD]@h/d', message: /placeholder/ },
    {
      name: 'pooler user',
      url: 'postgresql://postgres:p@aws-0-eu-west-1.pooler.supabase.com/d',
      message: /postgres\.<project ref>/,
    },
    { name: 'bare percent', url: 'postgresql://u:50%@h/d', message: /% that is not percent-encoded/ },
    { name: 'no user', url: 'postgresql://h/d', message: /user is missing/ },
    { name: 'several hosts', url: 'postgresql://u@/d?host=a,b', message: /several hosts/ },
  ];
  for (const { name, url, message } of refused) test(`refuses ${name}`, () => assert.match(problemsOf(url), message));

  test('names all mistakes at once and repeats no password', () => {
    const message = problemsOf('postgresql://u:hunter2-canary@h:6543/d?sslmode=disable');
    assert.match(message, /transaction pooler.*clear text/);
    assert.doesNotMatch(message, /canary/);
  });

  test('is verify-full for remote hosts and without TLS on this machine', () => {
    assert.equal(parseDatabaseUrl('postgres://u:p@db.example.com/d').tls, 'verify-full');
    assert.equal(parseDatabaseUrl('postgres://u:p@127.0.0.1:5433/d').tls, 'disable');
    const socket = parseDatabaseUrl('postgresql://u@localhost/d?host=%2Frun%2Fpg');
    assert.deepEqual([socket.host, socket.local, socket.tls], ['/run/pg', true, 'disable']);
    assert.match(parseDatabaseUrl('postgres://u@h/d?sslmode=require').weakening ?? '', /does not prove/);
  });

  test('every mode that verifies less than the certificate of this very host is told, and nothing else', () => {
    const told = (mode: string, host = 'db.example.com') =>
      weakConnection(`postgres://u:p@${host}/d${mode}`, 'no certificate');
    for (const mode of ['allow', 'prefer', 'require', 'no-verify', 'verify-ca'])
      assert.match(
        told(`?sslmode=${mode}`).join(),
        new RegExp(`^Weaker than standard: sslmode=${mode} does not prove.*: no certificate$`),
      );
    assert.match(
      weakConnection('postgres://u:p@db.example.com/d?sslmode=require', undefined).join(),
      /: no reason is given \(database\.tls-reason of ops\.yml\)$/,
    );
    assert.deepEqual([told(''), told('?sslmode=verify-full'), told('?sslmode=require', '127.0.0.1')], [[], [], []]);
    assert.deepEqual([weakConnection(undefined, undefined), weakConnection('no address', undefined)], [[], []]);
  });

  test('any user, password and database survive percent-encoding', () => {
    const text = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((value) => value.isWellFormed() && !/\[?your-password\]?/i.test(value));
    fc.assert(
      fc.property(text, text, text, (user, password, database) => {
        const encode = encodeURIComponent;
        const parsed = parseDatabaseUrl(
          `postgresql://${encode(user)}:${encode(password)}@localhost/${encode(database).replaceAll('.', '%2E')}`,
        );
        assert.deepEqual([parsed.user, parsed.password], [user, password]);
        // A path of dots is resolved by every URL parser.
        if (!/^\.{1,2}$/.test(database)) assert.equal(parsed.database, database);
      }),
    );
  });
});

test('a session that may write is asked for beside the options that are there', () => {
  const off = '-c default_transaction_read_only=off';
  assert.equal(parseDatabaseUrl(writableUrl('postgresql://u:p%40@db.example/d')).options, off);
  const given = writableUrl('postgresql://u@/d?host=/run/postgres&options=-c%20role%3Dpostgres');
  const { host, options } = parseDatabaseUrl(given);
  assert.deepEqual([host, options], ['/run/postgres', `-c role=postgres ${off}`]);
});
