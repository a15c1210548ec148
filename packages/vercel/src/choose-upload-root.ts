import { isAbsolute, join, normalize } from 'node:path';

/**
 * Where uploads start: at the repository's root, because the project's Root Directory decides what is built; only a project
 * without one is uploaded from the working directory, as `cd frontend && vercel` does. Returns a problem when they contradict.
 */
export function chooseUploadRoot(given: {
  directory: string;
  workingDirectory?: string | undefined;
  rootDirectory?: string | undefined;
}): { path: string } | { problem: string } {
  const { directory, rootDirectory } = given;
  const workingDirectory = plain(given.workingDirectory ?? '');
  if (isAbsolute(workingDirectory) || workingDirectory.startsWith('..')) {
    return { problem: `working-directory must lie inside the repository; given: ${given.workingDirectory}.` };
  }
  if (!rootDirectory) return { path: join(directory, workingDirectory) };
  if (workingDirectory !== '' && workingDirectory !== plain(rootDirectory)) {
    return {
      problem: `working-directory is ${workingDirectory}, but the Vercel project builds its Root Directory ${rootDirectory}. Give the same one, or leave working-directory out.`,
    };
  }
  return { path: directory };
}

function plain(folder: string): string {
  return normalize(folder || '.')
    .replaceAll('\\', '/')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}
