import { readFile } from 'node:fs/promises';

/** An account that scratch servers run under. */
export interface OperatingSystemUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * The account for PostgreSQL's server programs when we are root, which they refuse: `nobody`, which owns nothing, else
 * `postgres`. Undefined when we are not root: then the server runs as we do.
 * @throws Error when root has no other account to use.
 */
export async function unprivilegedUser(): Promise<OperatingSystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8'));
  for (const name of ['nobody', 'postgres']) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account !== undefined) return account;
  }
  throw new Error('PostgreSQL refuses to run as root and this machine has neither a postgres nor a nobody account');
}

/** Reads lines of /etc/passwd. Pure. */
export function parseAccounts(text: string): OperatingSystemUser[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
