import { createHash } from 'node:crypto';
import { decryptPayload, encryptPayload, takeHeader } from './age-payload.ts';
import { BackupFailed } from './backup-error.ts';

/** A key pair that lives in memory for one backup: it proves that what was stored can be read, and is then dropped. */
export interface OneTimeKey {
  identity: string;
  recipient: string;
}

/**
 * Of the kind of the recipients that it stands beside: where they are all post-quantum, a classic one would be the weaker way in. One
 * recipient that is classic is that already.
 */
export async function createOneTimeKey(beside: readonly string[] = []): Promise<OneTimeKey> {
  const { generateHybridIdentity, generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const postQuantum = beside.length > 0 && beside.every((recipient) => /^age1(?:tag)?pq1/.test(recipient));
  const identity = await (postQuantum ? generateHybridIdentity() : generateX25519Identity());
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * Encrypts to age recipients (`age1…`) in chunks of 64 KiB; memory does not grow with the stream.
 * @throws BackupFailed `no_recipients` or `bad_recipient`, naming the line and never a private key.
 */
export async function* encryptStream(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const encrypter = await encrypterFor(recipients);
  let fileKey: Uint8Array | undefined;
  // A recipient that gets no stanza and remembers the key of the file: the library writes the header, the payload is ours.
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array());
  if (fileKey === undefined) throw new Error('the age library made no key');
  yield empty.subarray(0, empty.length - emptyPayloadBytes);
  yield* encryptPayload(source, fileKey);
}

/** Decrypts what `encryptStream` or the age command wrote. Every chunk is authenticated before it is given out. */
export async function* decryptStream(source: AsyncIterable<Uint8Array>, identity: string): AsyncGenerator<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const { header, payload } = await takeHeader(source);
  yield* decryptPayload(payload, await decrypter.decryptHeader(header));
}

/** Nonce and tag of a payload that holds nothing. */
const emptyPayloadBytes = 32;

/** SSH keys apart from age's own, every native one checked. @throws BackupFailed. */
export async function splitRecipients(recipients: readonly string[]): Promise<{ ssh: string[]; native: string[] }> {
  const ssh = recipients.filter((recipient) => /^ssh-(?:ed25519|rsa) \S/.test(recipient));
  const native = recipients.filter((recipient) => !ssh.includes(recipient));
  if (native.length > 0 || ssh.length === 0) await encrypterFor(native);
  return { ssh, native };
}

/** Short name of a recipient for manifests and messages: it identifies the key and is not the key. */
export function fingerprint(recipient: string): string {
  return `sha256:${createHash('sha256').update(recipient.trim()).digest('hex').slice(0, 16)}`;
}

async function encrypterFor(recipients: readonly string[]) {
  if (recipients.length === 0) {
    throw new BackupFailed(
      'no_recipients',
      'no age recipient is given, so the backup could not be encrypted. Make a key with `age-keygen -o backup-key.txt` (keep that file outside the repository) and give its public key, the line that starts with age1, as age-recipients',
    );
  }
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    const place = recipients.length === 1 ? 'the age recipient' : `age recipient ${index + 1}`;
    if (/^AGE-SECRET-KEY-/i.test(recipient)) {
      throw new BackupFailed(
        'bad_recipient',
        `${place} is a private key: give the public key (age1…) that age-keygen printed beside it, and replace this key, for it has been in a place meant for public ones`,
      );
    }
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new BackupFailed(
        'bad_recipient',
        `${place} is not an age public key (given: ${recipient.slice(0, 12)}…); expected age1… as age-keygen prints it`,
        { cause: error },
      );
    }
  }
  return encrypter;
}
