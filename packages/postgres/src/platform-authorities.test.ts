import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { parseDatabaseUrl } from './database-url.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { authoritiesOf, supabaseAuthorities } from './platform-authorities.ts';

test('the roots of Supabase are authorities that sign themselves and are valid', () => {
  for (const text of supabaseAuthorities) {
    const certificate = new X509Certificate(text);
    assert.match(certificate.subject, /O=Supabase Inc\nCN=Supabase Root 2021 CA/);
    assert.ok(certificate.ca && certificate.verify(certificate.publicKey));
    assert.ok(Date.parse(certificate.validTo) > Date.now());
  }
});

test('they are trusted for hosts of Supabase and for no others', () => {
  assert.ok(authoritiesOf('aws-0-eu-west-1.pooler.supabase.com')?.includes(supabaseAuthorities[0] ?? ''));
  assert.ok(authoritiesOf('db.abc.supabase.co')?.includes(supabaseAuthorities[1] ?? ''));
  assert.equal(authoritiesOf('db.example.com'), undefined);
  assert.equal(authoritiesOf('supabase.com.example.org'), undefined);
});

test('pg_dump verifies with the file it is given, and without TLS it gets none', () => {
  const remote = parseDatabaseUrl('postgresql://postgres.ref:p@aws-0-eu-west-1.pooler.supabase.com/postgres');
  const environment = libpqEnvironment(remote, 'test', '/tmp/authorities.pem');
  assert.deepEqual([environment.PGSSLMODE, environment.PGSSLROOTCERT], ['verify-full', '/tmp/authorities.pem']);
  const local = libpqEnvironment(parseDatabaseUrl('postgresql://u@127.0.0.1/d'), 'test');
  assert.deepEqual([local.PGSSLMODE, local.PGSSLROOTCERT, local.PGPASSFILE], ['disable', undefined, '/dev/null']);
});
