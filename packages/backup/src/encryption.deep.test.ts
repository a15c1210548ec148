import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from './age-stream.ts';
import type { BackupFailed } from './backup-error.ts';
import { makeChallenges, openChallenges } from './challenges.ts';
import { checkEncryption, openDecryption, openEncryption } from './encryption.ts';
import { readKeys } from './gpg-keyring.ts';
import { parseGpgKeys } from './parse-gpg-keys.ts';

const gpgInstalled = existsSync('/usr/bin/gpg') && existsSync('/dev/shm');
const identityPrefix = `ops-actions-identity-${process.pid}-`;
const sshInstalled = existsSync('/dev/shm') && existsSync('/usr/bin/age') && existsSync('/usr/bin/ssh-keygen');

async function* from(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof text === 'string' ? Buffer.from(text) : text;
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const keyrings = async () =>
  (await readdir('/dev/shm')).filter((name) => name.startsWith(`ops-actions-keyring-${process.pid}-`));

describe('GPG recipients', gpgInstalled ? {} : { skip: 'no gpg program, or no file system in memory' }, () => {
  let home: string;
  let armored: string;
  const gpg = (args: string[], input?: Uint8Array) =>
    execFileSync(
      'gpg',
      ['--batch', '--pinentry-mode', 'loopback', '--passphrase', 'a passphrase', '--s2k-count', '65536', ...args],
      {
        env: { GNUPGHOME: home, PATH: process.env.PATH },
        input,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );

  before(async () => {
    home = await mkdtemp('/dev/shm/gpg-test-');
    gpg(['--quick-generate-key', 'team <team@example.com>', 'future-default', 'default', 'never']);
    armored = gpg(['--armor', '--export', 'team@example.com']).toString();
  });
  after(async () => {
    execFileSync('gpgconf', ['--kill', 'all'], { env: { GNUPGHOME: home, PATH: process.env.PATH } });
    await rm(home, { recursive: true, force: true });
  });

  test('the one-time key and the owner of the key read it, each with a passphrase or without', async () => {
    const encryption = await openEncryption({ gpg: armored.split('\n') });
    const [keyring = ''] = await keyrings();
    assert.equal((await stat(join('/dev/shm', keyring))).mode & 0o777, 0o700);
    const stored = await collect(encryption.encrypt(from('canary text')));
    assert.ok(!stored.includes('canary'));
    assert.match(encryption.fingerprints[0] ?? '', /^gpg:[0-9A-F]{40}$/);
    assert.equal(String(await collect(encryption.decrypt(from(stored)))), 'canary text');
    const challenges = await makeChallenges(encryption);
    assert.deepEqual(await openChallenges(challenges, encryption), [], 'the one-time key opens no challenge');
    await encryption.close();
    assert.deepEqual(await keyrings(), []);
    // Another implementation's process with the real key: gpg itself.
    assert.equal(gpg(['--decrypt'], stored).toString(), 'canary text');
    const gpgPrivateKey = gpg(['--armor', '--export-secret-keys', 'team@example.com']).toString();
    const restore = await openDecryption({ gpgPrivateKey, gpgPassphrase: 'a passphrase' });
    assert.equal(String(await collect(restore.decrypt(from(stored)))), 'canary text');
    await restore.close();
    const wrong = await openDecryption({ gpgPrivateKey, gpgPassphrase: 'another' });
    await assert.rejects(collect(wrong.decrypt(from(stored))), { reasonCode: 'encryption_failed' });
    await wrong.close();
    assert.deepEqual(await keyrings(), []);
  });

  test('keys are read armored, without their empty lines, and as one base64 line', async () => {
    const list = armored.split('\n').filter((line) => line !== '');
    const binary = gpg(['--export', 'team@example.com']);
    assert.ok(Buffer.from(parseGpgKeys(list)[0] ?? []).equals(binary));
    assert.ok(Buffer.from(parseGpgKeys([binary.toString('base64')])[0] ?? []).equals(binary));
    assert.equal(parseGpgKeys([...list, ...list]).length, 2);
  });

  test('a private key, an expired key and a damaged one are refused, and no secret is repeated', async () => {
    const secret = gpg(['--armor', '--export-secret-keys', 'team@example.com']).toString();
    for (const lines of [secret.split('\n'), [gpg(['--export-secret-keys']).toString('base64')]]) {
      await assert.rejects(checkEncryption({ gpg: lines }), (error: BackupFailed) => {
        assert.match(error.message, /is a private key/);
        assert.doesNotMatch(error.message, /[A-Za-z0-9+/]{40}/);
        return error.reasonCode === 'bad_recipient';
      });
    }
    gpg(['--quick-generate-key', 'old <old@example.com>', 'future-default', 'default', 'seconds=1']);
    const old = gpg(['--armor', '--export', 'old@example.com']).toString();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await assert.rejects(checkEncryption({ gpg: old.split('\n') }), /cannot be encrypted to: it is expired/);
    const cut = Buffer.from(parseGpgKeys(armored.split('\n'))[0] ?? [])
      .subarray(0, 30)
      .toString('base64');
    await assert.rejects(checkEncryption({ gpg: [cut] }), /GPG recipient 1 is not one OpenPGP key/);
    assert.deepEqual(await keyrings(), []);
  });

  test('a keyring that a killed run left behind is swept', async () => {
    const left = await mkdtemp('/dev/shm/ops-actions-keyring-999999-1-');
    await writeFile(join(left, 'passphrase'), 'x');
    await checkEncryption({ gpg: armored.split('\n') });
    assert.equal(existsSync(left), false);
  });
});

describe('recipients', () => {
  test('of two kinds, of none and of a wrong form are refused before anything is made', async () => {
    const { recipient } = await createOneTimeKey();
    await assert.rejects(
      checkEncryption({ age: [recipient], gpg: ['x'] }),
      /1 age and 1 GPG recipient lines are given/,
    );
    await assert.rejects(checkEncryption({}), { reasonCode: 'no_recipients' });
    await assert.rejects(checkEncryption({ gpg: ['not a key'] }), /line 1 of the GPG recipients is no public key/);
    await assert.rejects(openDecryption({}), /no private key is given/);
    await assert.rejects(openDecryption({ ageIdentity: 'nothing' }), /age-identity holds no private key/);
  });

  test('an identity is found in the whole file of age-keygen', async () => {
    const { identity, recipient } = await createOneTimeKey();
    const encryption = await openEncryption({ age: [recipient] });
    const stored = await collect(encryption.encrypt(from('text')));
    const key = await openDecryption({ ageIdentity: `# created\n# public key: ${recipient}\n${identity}\n` });
    assert.equal(String(await collect(key.decrypt(from(stored)))), 'text');
    await encryption.close();
  });

  test('an SSH key opens what was encrypted for it', {
    skip: sshInstalled ? false : 'no age or ssh-keygen program',
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ssh-recipient-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    const key = (await readFile(join(folder, 'key.pub'), 'utf8')).trim();
    const { recipient } = await createOneTimeKey();
    const encryption = await openEncryption({ age: [key, recipient] });
    const stored = await collect(encryption.encrypt(from('text')));
    assert.equal(String(await collect(encryption.decrypt(from(stored)))), 'text');
    const args = ['--decrypt', '--identity', join(folder, 'key')];
    assert.equal(execFileSync('age', args, { input: stored }).toString(), 'text');
    // As a backup for SSH keys alone is restored.
    const alone = await openEncryption({ age: [key] });
    const sealed = await collect(alone.encrypt(from('for SSH alone')));
    await encryption.close();
    await alone.close();
    const identities = async () => (await readdir('/dev/shm')).filter((name) => name.startsWith(identityPrefix));
    const before = await identities();
    const restore = await openDecryption({ ageIdentity: (await readFile(join(folder, 'key'), 'utf8')).trim() });
    const [held = ''] = (await identities()).filter((name) => !before.includes(name));
    assert.equal((await stat(join('/dev/shm', held, 'key'))).mode & 0o777, 0o600);
    assert.equal(String(await collect(restore.decrypt(from(sealed)))), 'for SSH alone');
    assert.equal(String(await collect(restore.decrypt(from(stored)))), 'text');
    const cut = collect(restore.decrypt(from(sealed.subarray(0, -1))));
    await assert.rejects(cut, { reasonCode: 'encryption_failed', message: /^age could not decrypt: / });
    await restore.close();
    assert.deepEqual(await identities(), before);
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', '', '-f', join(folder, 'other')]);
    const other = await openDecryption({ ageIdentity: await readFile(join(folder, 'other'), 'utf8') });
    await assert.rejects(collect(other.decrypt(from(sealed))), { reasonCode: 'encryption_failed' });
    await other.close();
    await assert.rejects(checkEncryption({ age: ['ssh-ed25519 broken'] }), { reasonCode: 'bad_recipient' });
    await rm(folder, { recursive: true });
  });

  test('beside post-quantum recipients alone the one-time key is one, too; beside a classic one it is classic', async (context) => {
    const { generateHybridIdentity, identityToRecipient } = await import('age-encryption');
    const identity = await generateHybridIdentity();
    const recipient = await identityToRecipient(identity);
    assert.match(recipient, /^age1pq1/);
    const classic = await createOneTimeKey();
    const folder = await mkdtemp(join(tmpdir(), 'post-quantum-'));
    const file = join(folder, 'stored.age');
    const programIsPostQuantum = spawnSync('age-keygen', ['-pq'], { stdio: 'ignore' }).status === 0;
    if (!programIsPostQuantum) context.diagnostic('not tried with the age program, which knows such keys from 1.3 on');
    /** Kinds of the stanzas in the header. */
    const kinds = (stored: Buffer) => [...stored.toString('latin1').matchAll(/^-> (\S+)/gm)].map(([, kind]) => kind);
    for (const [recipients, expected] of [
      [[recipient], ['mlkem768x25519', 'mlkem768x25519']],
      [
        [recipient, classic.recipient],
        ['mlkem768x25519', 'X25519', 'X25519'],
      ],
    ] as const) {
      const encryption = await openEncryption({ age: recipients });
      const stored = await collect(encryption.encrypt(from('text')));
      assert.deepEqual(kinds(stored).slice(0, expected.length), expected);
      assert.equal(kinds(stored).filter((kind) => kind === 'X25519').length, recipients.length === 1 ? 0 : 2);
      assert.equal(String(await collect(encryption.decrypt(from(stored)))), 'text');
      const own = await openDecryption({ ageIdentity: identity });
      assert.equal(String(await collect(own.decrypt(from(stored)))), 'text');
      await encryption.close();
      if (!programIsPostQuantum) continue;
      const args = ['--decrypt', '--identity', '/dev/stdin', file];
      await writeFile(file, stored);
      assert.equal(execFileSync('age', args, { input: `${identity}\n` }).toString(), 'text');
    }
    await rm(folder, { recursive: true });
  });

  test('the keys of a listing are those of its primary lines', () => {
    assert.deepEqual(readKeys('pub:e:255:22:A:1:2::u:::sc:::\nfpr:::::::::AAAA:\nsub:e::\nfpr:::::::::BBBB:\n'), [
      { fingerprint: 'AAAA', usable: false },
    ]);
  });
});
