import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { primaryKeyFingerprints } from './openpgp-keys.ts';
import { pgdgFingerprint, pgdgKeyFile } from './plan-install.ts';

// Made by gpg 2.2.40 for this test: ed25519 with a cv25519 subkey.
const sample = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawa6fhYJKwYBBAHaRw8BAQdA5Nlb7omaNyGlaS6WDWzOu6ZEEykCsS77EAhS
yksIcO+0EnNhbXBsZUBleGFtcGxlLmNvbYiQBBMWCAA4FiEEg554PkzTvJiVDIB8
qemr85co0BsFAmsGun4CGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQqemr
85co0BtQkwEA74xj7WSGaerkIqeqBvRlPd5bRyYbDHDYfnFcDWUbav8BAOV8hI8q
YFe5Hleg1GsRe4+sTYvI5Z1SrZ6strjjN8MOuDgEawa6fhIKKwYBBAGXVQEFAQEH
QMs/R7fuvTeKi3Hx9XC3LdniWnsmRynfCxBkturHKHMXAwEIB4h4BBgWCAAgFiEE
g554PkzTvJiVDIB8qemr85co0BsFAmsGun4CGwwACgkQqemr85co0BsMpgEArA13
AfKheBSnH1eHmimFmKfZRnOYoAoXF3NWdkJVhDIA/i1fC4H4bCXeVJe/amrfides
HSrwBPxj4gBi9niK1pQG
=q135
-----END PGP PUBLIC KEY BLOCK-----
`;

test('the fingerprint of a key is the one that gpg says; its subkey is none of the primary keys', () => {
  assert.deepEqual(primaryKeyFingerprints(sample), ['839E783E4CD3BC98950C807CA9E9ABF39728D01B']);
});

test('every primary key of a file counts, and what is no key is refused', () => {
  assert.equal(primaryKeyFingerprints(sample + sample).length, 2);
  assert.throws(() => primaryKeyFingerprints('not a key'), /no armored OpenPGP key/);
  const cut = sample.split('\n').toSpliced(3, 3).join('\n');
  assert.throws(() => primaryKeyFingerprints(cut), /cut off|version|length|no OpenPGP|out of range/);
});

test(
  'the key that the distribution ships is the pinned one',
  { skip: existsSync(pgdgKeyFile) ? false : 'the package postgresql-common is not installed' },
  async () => assert.deepEqual(primaryKeyFingerprints(await readFile(pgdgKeyFile, 'utf8')), [pgdgFingerprint]),
);
