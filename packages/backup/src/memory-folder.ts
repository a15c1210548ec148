import { access, constants } from 'node:fs/promises';
import { BackupFailed } from './backup-error.ts';
import { createOwnedFolder, sweepOwnedFolders } from './owned-folder.ts';

const memories = ['/dev/shm', process.env.XDG_RUNTIME_DIR ?? ''];

/**
 * A private folder in memory for keys that a program wants as files (S13); what killed runs left under the prefix is removed.
 * @throws BackupFailed `encryption_tool_missing` where no file system is in memory.
 */
export async function createMemoryFolder(prefix: string): Promise<string> {
  for (const parent of memories.filter((path) => path !== '')) {
    const writable = await access(parent, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!writable) continue;
    await sweepOwnedFolders(parent, prefix);
    return await createOwnedFolder(parent, prefix);
  }
  throw new BackupFailed(
    'encryption_tool_missing',
    'GPG and SSH keys are kept in memory only, and this machine has neither /dev/shm nor XDG_RUNTIME_DIR: use age keys (age1…), which need no file',
  );
}
