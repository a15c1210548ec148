import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The key pair that backups are encrypted to. `identity` is there only when it was made just now. */
export interface BackupKey {
  file: string;
  recipient: string;
  identity?: string;
}

/** Where the private key of a repository's backups lies: never inside the repository. */
export function backupKeyFile(repository: string, environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  return join(resolve(base), 'ops-actions', `${repository.replace(/[^\w.-]+/g, '-')}-backup.agekey`);
}

/** The key that an earlier run made; undefined when there is none. @throws Error for a file that is something else. */
export async function readBackupKey(file: string): Promise<BackupKey | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const identity = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m.exec(text)?.[0];
  if (!identity) throw new Error(`${file} holds no age key: give another --key-file, or remove it`);
  const { identityToRecipient } = await import('age-encryption');
  return { file, recipient: await identityToRecipient(identity) };
}

/** Makes an age key, readable by its owner only. @throws Error where the file would be inside the repository or is there. */
export async function makeBackupKey(file: string, root: string): Promise<BackupKey> {
  const outside = relative(root, resolve(file)).startsWith('..');
  // Before the folder is made, and again behind links: a key inside the repository is soon committed.
  if (!outside) throw new Error(insideRepository(file));
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const folder = relative(await realpath(root), await realpath(dirname(file)));
  if (folder !== '..' && !folder.startsWith(`..${sep}`)) throw new Error(insideRepository(file));
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await writeFile(file, `# private key of backups; public key: ${recipient}\n${identity}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  return { file, recipient, identity };
}

function insideRepository(file: string): string {
  return `the private key must not lie inside the repository (${file}): give --key-file with a path outside`;
}
