import { BackupFailed } from './backup-error.ts';

/** Who can open a backup: one kind of key for one object. */
export interface Recipients {
  /** Lines `age1…` (`age1pq1…`: post-quantum), or `ssh-ed25519 …` / `ssh-rsa …` where the age program is installed. */
  age?: readonly string[];
  /** Lines of armored OpenPGP public keys, or one base64 line for each key. */
  gpg?: readonly string[];
}

/** Encrypts one backup to its recipients and to a one-time key of the same kind, which proves that it can be read. */
export interface Encryption {
  kind: 'age' | 'gpg';
  /** Of the recipients, without the one-time key; they identify a key and are not the key. */
  fingerprints: string[];
  encrypt(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** To one recipient alone, by its place in `fingerprints`. */
  encryptTo(index: number, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** With the one-time key. */
  decrypt(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Drops the one-time key (S27); safe to call twice. */
  close(): Promise<void>;
}

/**
 * Makes the one-time key and checks every recipient.
 * @throws BackupFailed `no_recipients`, `bad_recipient`, `encryption_tool_missing`.
 */
export async function openEncryption(recipients: Recipients, signal?: AbortSignal): Promise<Encryption> {
  const { age = [], gpg = [] } = recipients;
  if (age.length > 0 && gpg.length > 0) {
    throw new BackupFailed(
      'bad_recipient',
      `${age.length} age and ${gpg.length} GPG recipient lines are given, and one backup is encrypted for one kind of key: give age-recipients or gpg-recipients`,
    );
  }
  if (gpg.length > 0) return await (await import('./gpg-encryption.ts')).openGpgEncryption(gpg, signal);
  return await (await import('./age-encryption.ts')).openAgeEncryption(age, signal);
}

/** The fingerprints of the recipients. @throws BackupFailed as `openEncryption`, before anything is started. */
export async function checkEncryption(recipients: Recipients): Promise<string[]> {
  const encryption = await openEncryption(recipients);
  await encryption.close();
  return encryption.fingerprints;
}

/** The private key of one kind, for a restore. */
export interface PrivateKey {
  /** `AGE-SECRET-KEY-1…`, alone or as age-keygen writes it; or a private SSH key, where the age program is installed. */
  ageIdentity?: string;
  /** Armored OpenPGP private key. */
  gpgPrivateKey?: string;
  gpgPassphrase?: string;
}

export type Decryption = Pick<Encryption, 'kind' | 'decrypt' | 'close'>;

/** @throws BackupFailed `bad_recipient` when no key, both, or an unusable one is given. */
export async function openDecryption(key: PrivateKey, signal?: AbortSignal): Promise<Decryption> {
  if ((key.ageIdentity === undefined) === (key.gpgPrivateKey === undefined)) {
    throw new BackupFailed(
      'bad_recipient',
      `${key.ageIdentity === undefined ? 'no private key is' : 'an age identity and a GPG private key are both'} given: give age-identity or gpg-private-key, whichever opens the backup`,
    );
  }
  if (key.ageIdentity !== undefined) {
    return (await import('./age-encryption.ts')).openAgeDecryption(key.ageIdentity, signal);
  }
  return await (await import('./gpg-encryption.ts')).openGpgDecryption(
    key.gpgPrivateKey ?? '',
    key.gpgPassphrase,
    signal,
  );
}
