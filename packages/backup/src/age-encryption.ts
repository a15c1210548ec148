import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createOneTimeKey, decryptStream, encryptStream, fingerprint, splitRecipients } from './age-stream.ts';
import { BackupFailed } from './backup-error.ts';
import type { Decryption, Encryption } from './encryption.ts';
import { createMemoryFolder } from './memory-folder.ts';
import { toolStream } from './tool-stream.ts';

// As long as the dump that feeds it; that one has its own deadline.
const deadlineMs = 24 * 60 * 60 * 1000;

/**
 * age natively; with an SSH key among the recipients through the age program, which alone knows those.
 * @throws BackupFailed `no_recipients`, `bad_recipient`, `encryption_tool_missing`.
 */
export async function openAgeEncryption(recipients: readonly string[], signal?: AbortSignal): Promise<Encryption> {
  const { ssh } = await splitRecipients(recipients);
  const key = await createOneTimeKey(recipients);
  const all = [...recipients, key.recipient];
  if (ssh.length > 0) await tryProgram(encryptArguments(all), signal);
  const sealFor = (to: readonly string[], source: AsyncIterable<Uint8Array>) =>
    to.some((recipient) => ssh.includes(recipient))
      ? throughProgram(source, encryptArguments(to), signal)
      : encryptStream(source, to);
  let identity = key.identity;
  return {
    kind: 'age',
    fingerprints: recipients.map(fingerprint),
    encrypt: (source) => sealFor(all, source),
    encryptTo: (index, source) => sealFor(recipients.slice(index, index + 1), source),
    decrypt: (source) => decryptStream(source, identity),
    async close() {
      identity = '';
    },
  };
}

/**
 * With age's own key natively; with a private SSH key through the age program, which reads it from a file in memory until `close`.
 * @throws BackupFailed `bad_recipient` for a text that holds no key, `encryption_tool_missing`.
 */
export async function openAgeDecryption(text: string, signal?: AbortSignal): Promise<Decryption> {
  const identity = /AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+/i.exec(text)?.[0];
  if (identity !== undefined)
    return { kind: 'age', decrypt: (source) => decryptStream(source, identity), async close() {} };
  const ssh = /-----BEGIN (OPENSSH|RSA) PRIVATE KEY-----[\s\S]+-----END \1 PRIVATE KEY-----/.exec(text)?.[0];
  if (ssh !== undefined) return await openSshDecryption(ssh, signal);
  throw new BackupFailed(
    'bad_recipient',
    'age-identity holds no private key: give the line that starts with AGE-SECRET-KEY-1, the whole file of age-keygen, or a private SSH key',
  );
}

async function openSshDecryption(key: string, signal: AbortSignal | undefined): Promise<Decryption> {
  const folder = await createMemoryFolder('ops-actions-identity-');
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    await tryProgram(['--version'], signal);
    const file = join(folder, 'key');
    await writeFile(file, `${key}\n`, { mode: 0o600 });
    const args = ['--decrypt', '--identity', file];
    return { kind: 'age', decrypt: (source) => throughProgram(source, args, signal, 'encryption_failed'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Public keys only: nothing secret is in argv. */
function encryptArguments(recipients: readonly string[]): string[] {
  return ['--encrypt', ...recipients.flatMap((recipient) => ['--recipient', recipient])];
}

function throughProgram(
  source: AsyncIterable<Uint8Array>,
  args: readonly string[],
  signal: AbortSignal | undefined,
  reasonCode: 'bad_recipient' | 'encryption_failed' = 'bad_recipient',
): AsyncIterable<Uint8Array> {
  return toolStream(
    source,
    { command: 'age', args, deadlineMs, signal },
    ({ stderr }) =>
      new BackupFailed(
        reasonCode,
        `age could not ${reasonCode === 'bad_recipient' ? 'encrypt' : 'decrypt'}: ${stderr.split('\n')[0]?.slice(0, 200) ?? ''}`,
      ),
  );
}

async function tryProgram(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  try {
    for await (const _ of throughProgram(nothing(), args, signal));
  } catch (error) {
    if (error instanceof BackupFailed || (error as Error).name !== 'ToolMissing') throw error;
    throw new BackupFailed(
      'encryption_tool_missing',
      'SSH keys need the age program, which is not on this machine: install it (Debian, Ubuntu: apt-get install age) or use age keys (age1…) only',
      { cause: error },
    );
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
