import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintFor } from './connection.ts';
import { parseDatabaseUrl } from './database-url.ts';

const direct = parseDatabaseUrl('postgresql://postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres');
const other = parseDatabaseUrl('postgresql://postgres:x@db.example.com:5432/postgres');

for (const [name, settings, code, message, hint] of [
  ['a direct host without IPv4', direct, 'ENETUNREACH', '', /session pooler/],
  ['a direct host that stays silent', direct, undefined, 'timeout', /session pooler/],
  ['a direct host that was reached', direct, '28P01', '', /^The password is wrong/],
  ['a direct host that is busy', direct, '53300', '', /^$/],
  ['a direct host with a certificate of its own', direct, 'SELF_SIGNED', 'self-signed certificate', /sslrootcert/],
  ['a host that is not there', other, 'ENOTFOUND', '', /^Check host and port/],
] as const) {
  test(`what to do about ${name}`, () => assert.match(hintFor(settings, code, message), hint));
}
