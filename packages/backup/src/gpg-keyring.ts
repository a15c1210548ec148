import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolOptions, type ToolResult } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { BackupFailed } from './backup-error.ts';
import { createMemoryFolder } from './memory-folder.ts';

const prefix = 'ops-actions-keyring-';
const shortMs = 60_000;

export interface GpgKey {
  fingerprint: string;
  /** True when the key can be encrypted to today. */
  usable: boolean;
}

/** A keyring of its own in memory (mode 0700, files 0600), which exists until `close` (S13). */
export interface GpgKeyring {
  /** @throws BackupFailed `bad_recipient` with what gpg says of it. */
  importKey(key: Uint8Array | string, what: string): Promise<GpgKey>;
  /** A key pair without passphrase; its fingerprint. */
  createKey(): Promise<string>;
  /** How to start gpg on a stream with this keyring. */
  stream(args: readonly string[]): ToolOptions;
  /** Takes the passphrase of the private keys, for `stream`. */
  usePassphrase(passphrase: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws BackupFailed `encryption_tool_missing` where gpg or a file system in memory is missing. */
export async function openKeyring(signal?: AbortSignal): Promise<GpgKeyring> {
  const folder = await createMemoryFolder(prefix);
  const environment = { GNUPGHOME: folder, LC_ALL: 'C', LANG: 'C' };
  const passphraseFile = join(folder, 'passphrase');
  const base = [
    '--batch',
    '--no-tty',
    '--no-options',
    '--pinentry-mode',
    'loopback',
    '--passphrase-file',
    passphraseFile,
  ];
  const gpg = async (args: readonly string[], input: string | Uint8Array = ''): Promise<ToolResult> => {
    const options = { command: 'gpg', args: [...base, ...args], environment, deadlineMs: shortMs, signal };
    return await runTool({ ...options, input });
  };
  const keyring: GpgKeyring = {
    async importKey(key, what) {
      const shown = await gpg(['--with-colons', '--import-options', 'show-only', '--import'], key);
      const imported = await gpg(['--quiet', '--import'], key);
      const [found, ...others] = readKeys(shown.stdout);
      if (imported.exitCode !== 0 || found === undefined || others.length > 0) {
        throw new BackupFailed('bad_recipient', `${what} is not one OpenPGP key: ${complaint(imported)}`);
      }
      return found;
    },
    async createKey() {
      const made = await gpg([
        '--status-fd',
        '1',
        '--quick-generate-key',
        `one-time ${randomUUID()}`,
        'future-default',
        'default',
        '1d',
      ]);
      const [, fingerprint] = /KEY_CREATED \w ([0-9A-F]{40,})/.exec(made.stdout) ?? [];
      if (fingerprint === undefined) {
        throw new BackupFailed('encryption_failed', `gpg could not make a one-time key: ${complaint(made)}`);
      }
      return fingerprint;
    },
    stream: (args) => ({
      command: 'gpg',
      args: [...base, ...args],
      environment,
      deadlineMs: 24 * 60 * shortMs,
      signal,
    }),
    usePassphrase: (passphrase) => writeFile(passphraseFile, passphrase, { mode: 0o600 }),
    async close() {
      // Its agent runs apart and would outlive us.
      await runTool({ command: 'gpgconf', args: ['--kill', 'all'], environment, deadlineMs: 10_000 }).catch(() => {});
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
  try {
    await keyring.usePassphrase('');
    await gpg(['--version']);
    return keyring;
  } catch (error) {
    await keyring.close();
    if (!(error instanceof ToolMissing)) throw error;
    throw new BackupFailed(
      'encryption_tool_missing',
      'GPG recipients need the gpg program, which is not on this machine: install it (Debian, Ubuntu: apt-get install gnupg), or give age-recipients, which need no program',
      { cause: error },
    );
  }
}

/** Keys of gpg's colon format: validity in field 2, capabilities of the whole key in capitals in field 12. Pure. */
export function readKeys(text: string): GpgKey[] {
  const keys: GpgKey[] = [];
  let primary = false;
  for (const fields of text.split('\n').map((line) => line.split(':'))) {
    const [kind = '', validity = ''] = fields;
    if (kind === 'pub' || kind === 'sec') {
      primary = true;
      keys.push({ fingerprint: '', usable: /E/.test(fields[11] ?? '') && !/[eridn]/.test(validity) });
    } else if (kind === 'fpr' && primary) {
      primary = false;
      const key = keys.at(-1);
      if (key !== undefined) key.fingerprint = fields[9] ?? '';
    }
  }
  return keys;
}

/** What gpg says, without file names of the keyring. */
export function complaint(result: Pick<ToolResult, 'stderr' | 'exitCode'>): string {
  const lines = result.stderr.split('\n').map((line) => line.replace(/^gpg: /, '').trim());
  return (
    lines.findLast((line) => line !== '' && !line.includes(prefix))?.slice(0, 200) ?? `it ended with ${result.exitCode}`
  );
}
