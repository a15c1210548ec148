import { downloadArtifact, uploadArtifact } from '#action-kit/artifacts';
import type { ArtifactStore } from '#backup/artifact-destination';

/** GitHub's artifacts as a store for backups. */
export function artifactStore(): ArtifactStore {
  return { upload: uploadArtifact, download: downloadArtifact };
}
