import type { Runner } from '#action-kit/runner';
import { type BackupDestination, directoryDestination } from '#backup/destination';

/** The planned destinations, in their order. */
export async function openDestinations(
  words: readonly ('artifact' | 'directory')[],
  folder: string | undefined,
  runner: Runner,
): Promise<BackupDestination[]> {
  const opened: BackupDestination[] = [];
  for (const word of words) {
    if (word === 'directory') opened.push(directoryDestination(folder ?? ''));
    else {
      const [{ artifactDestination }, { artifactStore }] = await Promise.all([
        import('#backup/artifact-destination'),
        import('./artifact-store.ts'),
      ]);
      opened.push(artifactDestination(artifactStore(), runner.context.temp));
    }
  }
  return opened;
}

/** Whether everybody can read what the run's repository keeps; only an event that says so counts as public. */
export function isPublic(event: unknown): boolean {
  const { repository } = event as { repository?: { private?: unknown } };
  return repository?.private === false;
}
