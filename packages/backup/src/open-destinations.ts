import type { ArtifactStore } from './artifact-destination.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';
import type { PlannedDestination } from './plan-destinations.ts';

/** The planned destinations, in their order. Each kind is loaded only where it is used. */
export async function openDestinations(
  planned: readonly PlannedDestination[],
  ports: {
    artifacts(): Promise<ArtifactStore>;
    /** Where commands of the consumer's own run. */
    workspace: string;
    /** Folder for what passes through the disk, encrypted. */
    temporary: string;
    signal: AbortSignal;
    log(line: string): void;
  },
): Promise<BackupDestination[]> {
  const opened: BackupDestination[] = [];
  for (const one of planned) opened.push(await openDestination(one, ports));
  return opened;
}

async function openDestination(
  planned: PlannedDestination,
  { artifacts, workspace, temporary, signal, log }: Parameters<typeof openDestinations>[1],
): Promise<BackupDestination> {
  switch (planned.kind) {
    case 'directory':
      return directoryDestination(planned.path);
    case 'artifact': {
      const { artifactDestination } = await import('./artifact-destination.ts');
      return artifactDestination(await artifacts(), temporary);
    }
    case 'command': {
      const { commandDestination } = await import('./command-destination.ts');
      return commandDestination(planned.commands, { workspace, signal });
    }
    case 's3': {
      const { s3Destination } = await import('./s3-destination.ts');
      return s3Destination(planned, planned.connection, { signal, log });
    }
    case 'supabase-storage': {
      const { storageDestination } = await import('./storage-destination.ts');
      return storageDestination(planned, planned.connection, { signal, log, temporary });
    }
  }
}
