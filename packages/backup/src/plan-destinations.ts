/** A mistake in what was given; the action shows all of them at once. */
export interface DestinationProblem {
  name: string;
  given?: string;
  message: string;
  allowed?: string;
}

const allowed = 'artifact, directory';

/** The destinations of one backup in the order given; the first one is written by the dump itself. Pure. */
export function planDestinations(given: {
  words: readonly string[] | undefined;
  path: string | undefined;
  /** The runner's artifact service is there. */
  artifacts: boolean;
  /** A machine of GitHub's, which is gone after the job. */
  hosted: boolean;
  publicRepository: boolean;
  publicArtifact: boolean;
}): { destinations: ('artifact' | 'directory')[]; problems: DestinationProblem[] } {
  const problems: DestinationProblem[] = [];
  const destinations: ('artifact' | 'directory')[] = [];
  const name = 'backup-destination';
  for (const word of new Set(given.words ?? (given.artifacts ? ['artifact'] : []))) {
    if (word === 'artifact' || word === 'directory') destinations.push(word);
    else problems.push({ name, given: word, message: 'is no destination of this version', allowed });
  }
  if (destinations.length === 0 && problems.length === 0) {
    problems.push({ name, message: 'is needed outside a GitHub runner', allowed: 'directory, with backup-path' });
  }
  if (destinations.includes('artifact') && !given.artifacts) {
    problems.push({
      name,
      given: 'artifact',
      message: 'needs the artifact service of a GitHub runner',
      allowed: 'directory',
    });
  }
  if (destinations.includes('artifact') && given.publicRepository && !given.publicArtifact) {
    problems.push({
      name: 'public-artifact',
      message:
        'everybody can download the artifacts of a public repository, and would need only the key to read the backup (S33)',
      allowed: 'accepted, or a destination outside this repository',
    });
  }
  if (destinations.includes('directory') && given.path === undefined) {
    problems.push({ name: 'backup-path', message: 'is needed by the destination directory', allowed: 'a folder' });
  }
  if (given.hosted && destinations.length > 0 && destinations.every((word) => word === 'directory')) {
    problems.push({
      name,
      given: 'directory',
      message: 'lies on a machine that GitHub removes after the job',
      allowed: 'artifact, alone or beside directory; directory alone on a self-hosted runner',
    });
  }
  return { destinations, problems };
}
