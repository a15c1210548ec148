import { createOneTimeKey, decryptStream, encryptStream, fingerprint, splitRecipients } from './age-stream.ts';
import { BackupFailed } from './backup-error.ts';
import type { Decryption, Encryption } from './encryption.ts';
import { toolStream } from './tool-stream.ts';

// As long as the dump that feeds it; that one has its own deadline.
const deadlineMs = 24 * 60 * 60 * 1000;

/**
 * age natively; with an SSH key among the recipients through the age program, which alone knows those.
 * @throws BackupFailed `no_recipients`, `bad_recipient`, `encryption_tool_missing`.
 */
export async function openAgeEncryption(recipients: readonly string[], signal?: AbortSignal): Promise<Encryption> {
  const { ssh } = await splitRecipients(recipients);
  const key = await createOneTimeKey();
  const all = [...recipients, key.recipient];
  if (ssh.length > 0) await tryProgram(all, signal);
  const sealFor = (to: readonly string[], source: AsyncIterable<Uint8Array>) =>
    to.some((recipient) => ssh.includes(recipient)) ? throughProgram(source, to, signal) : encryptStream(source, to);
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

/** @throws BackupFailed `bad_recipient` for a text that holds no identity. */
export function openAgeDecryption(text: string): Decryption {
  const identity = /AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+/i.exec(text)?.[0];
  if (identity === undefined) {
    throw new BackupFailed(
      'bad_recipient',
      'age-identity holds no private key: give the line that starts with AGE-SECRET-KEY-1, or the whole file of age-keygen',
    );
  }
  return { kind: 'age', decrypt: (source) => decryptStream(source, identity), async close() {} };
}

/** Public keys only: nothing secret is in argv. */
function throughProgram(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const args = ['--encrypt', ...recipients.flatMap((recipient) => ['--recipient', recipient])];
  return toolStream(
    source,
    { command: 'age', args, deadlineMs, signal },
    ({ stderr }) =>
      new BackupFailed('bad_recipient', `age could not encrypt: ${stderr.split('\n')[0]?.slice(0, 200) ?? ''}`),
  );
}

async function tryProgram(recipients: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  try {
    for await (const _ of throughProgram(nothing(), recipients, signal));
  } catch (error) {
    if (error instanceof BackupFailed || (error as Error).name !== 'ToolMissing') throw error;
    throw new BackupFailed(
      'encryption_tool_missing',
      'an SSH key is among the age recipients and the age program is not on this machine: install it (Debian, Ubuntu: apt-get install age) or give age1… keys only',
      { cause: error },
    );
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
