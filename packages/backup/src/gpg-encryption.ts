import type { ToolResult } from '#child-process/run-tool';
import { BackupFailed } from './backup-error.ts';
import type { Decryption, Encryption } from './encryption.ts';
import { complaint, type GpgKeyring, openKeyring } from './gpg-keyring.ts';
import { parseGpgKeys } from './parse-gpg-keys.ts';
import { toolStream } from './tool-stream.ts';

/**
 * GPG with a keyring of its own in memory. @throws BackupFailed `bad_recipient` naming the key by its fingerprint,
 * `encryption_tool_missing`.
 */
export async function openGpgEncryption(lines: readonly string[], signal?: AbortSignal): Promise<Encryption> {
  const keys = parseGpgKeys(lines);
  const keyring = await openKeyring(signal);
  try {
    const fingerprints: string[] = [];
    for (const [index, key] of keys.entries()) {
      const { fingerprint, usable } = await keyring.importKey(key, `GPG recipient ${index + 1}`);
      if (!usable) {
        throw new BackupFailed(
          'bad_recipient',
          `GPG recipient ${fingerprint} cannot be encrypted to: it is expired, revoked or has no encryption key; extend it (gpg --quick-set-expire) and export it again`,
        );
      }
      fingerprints.push(fingerprint);
    }
    const all = [...fingerprints, await keyring.createKey()];
    // The key was given by the workflow file: nothing else says that it may be trusted. zstd has compressed already.
    const args = ['--trust-model', 'always', '--compress-algo', 'none', '--cipher-algo', 'AES256', '--encrypt'];
    const sealFor = (to: readonly string[], source: AsyncIterable<Uint8Array>) => {
      const recipients = to.flatMap((fingerprint) => ['--recipient', fingerprint]);
      return toolStream(source, keyring.stream([...args, ...recipients]), failure('could not encrypt'));
    };
    return {
      kind: 'gpg',
      fingerprints: fingerprints.map((fingerprint) => `gpg:${fingerprint}`),
      encrypt: (source) => sealFor(all, source),
      encryptTo: (index, source) => sealFor(fingerprints.slice(index, index + 1), source),
      decrypt: (source) => decrypt(source, keyring),
      close: () => keyring.close(),
    };
  } catch (error) {
    await keyring.close();
    throw error;
  }
}

/** @throws BackupFailed `bad_recipient` for a text that holds no private key. */
export async function openGpgDecryption(
  privateKey: string,
  passphrase: string | undefined,
  signal?: AbortSignal,
): Promise<Decryption> {
  const keyring = await openKeyring(signal);
  try {
    if (passphrase !== undefined) await keyring.usePassphrase(passphrase);
    await keyring.importKey(privateKey, 'gpg-private-key');
    return { kind: 'gpg', decrypt: (source) => decrypt(source, keyring), close: () => keyring.close() };
  } catch (error) {
    await keyring.close();
    throw error;
  }
}

function decrypt(source: AsyncIterable<Uint8Array>, keyring: GpgKeyring): AsyncIterable<Uint8Array> {
  return toolStream(source, keyring.stream(['--quiet', '--decrypt']), failure('could not decrypt'));
}

function failure(what: string) {
  return (result: ToolResult) => new BackupFailed('encryption_failed', `gpg ${what}: ${complaint(result)}`);
}
