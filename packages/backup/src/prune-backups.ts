import { filesOf } from './decide-pruning.ts';
import type { BackupDestination } from './destination.ts';
import type { FoundBackup } from './find-verified-backup.ts';

/**
 * Removes what `decidePruning` chose; the names of those that are gone.
 * @throws BackupFailed `destination_failed`, or the signal's reason; what is left is taken up by the next run.
 */
export async function pruneBackups(
  destination: BackupDestination,
  chosen: readonly FoundBackup[],
  { log, signal }: { log: (line: string) => void; signal?: AbortSignal },
): Promise<string[]> {
  const gone: string[] = [];
  for (const backup of chosen) {
    signal?.throwIfAborted();
    for (const file of filesOf(backup)) await destination.remove(file);
    const made = new Date(backup.manifest.createdAt * 1000).toISOString().slice(0, 10);
    log(`${destination.description}: ${backup.manifest.name} of ${made} removed, its time is over`);
    gone.push(backup.manifest.name);
  }
  return gone;
}
