import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MirrorPlan } from './plan-mirror.ts';

export interface MirrorSecrets {
  sshKey?: string | undefined;
  knownHosts?: string | undefined;
  token?: string | undefined;
}

/** What git needs in its environment: secrets there or in a private file of `folder`, never in arguments (S13). */
export async function gitAccess(
  kind: MirrorPlan['kind'],
  { sshKey = '', knownHosts = '', token = '' }: MirrorSecrets,
  folder: string,
): Promise<Record<string, string>> {
  // Nobody is there to be asked, and only the way that was planned is gone.
  const common = {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: kind === 'path' ? 'file' : kind,
  };
  if (kind === 'https') {
    const word = Buffer.from(`x-access-token:${token}`).toString('base64');
    return {
      ...common,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${word}`,
    };
  }
  if (kind === 'path') return common;
  const [key, hosts] = [join(folder, 'key'), join(folder, 'known_hosts')];
  await writeFile(key, `${sshKey.trim()}\n`, { mode: 0o600 });
  await writeFile(hosts, `${knownHosts.trim()}\n`, { mode: 0o600 });
  const options = ['IdentitiesOnly=yes', 'BatchMode=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${hosts}`];
  return { ...common, GIT_SSH_COMMAND: `ssh -F /dev/null -i ${key} ${options.map((one) => `-o ${one}`).join(' ')}` };
}
