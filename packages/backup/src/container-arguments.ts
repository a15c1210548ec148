import { isAbsolute } from 'node:path';

export interface ContainerOptions {
  user?: { uid: number; gid: number } | undefined;
  /** Passed by name: values never stand in argv (S13). */
  environment?: Record<string, string> | undefined;
  /** Folders of this machine that the program sees under the same path; it runs in the first one. */
  folders: readonly string[];
  network: 'none' | 'host';
  /** Of the container, to end it by. */
  name?: string | undefined;
}

/**
 * How docker starts one program of an image: never fetched now, named by its own id (S32), as another user than root, without
 * capabilities, with nothing to write to but its folders and a /tmp that goes with it (S24). The entrypoint of the image is not run:
 * that of `supabase/postgres` wants root, a password and its own data folder, with settings that preload libraries which start jobs
 * and requests of the copied database; initdb and postgres are called themselves, with our data folder and settings. Pure.
 */
export function containerArguments(
  imageId: string,
  program: string,
  args: readonly string[],
  { user, environment, folders, network, name }: ContainerOptions,
): string[] {
  const uid = user?.uid ?? process.getuid?.() ?? 65534;
  const gid = user?.gid ?? process.getgid?.() ?? 65534;
  const seen = folders.filter(isAbsolute);
  return [
    ...['run', '--rm', '--pull=never', '--interactive'],
    // Hands signals on to programs that have no handlers of their own.
    '--init',
    ...(name === undefined ? [] : ['--name', name]),
    ...['--network', network],
    ...['--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges'],
    ...['--ulimit', 'core=0'],
    ...['--read-only', '--tmpfs', '/tmp'],
    ...['--user', `${uid}:${gid}`],
    // initdb looks its account up.
    ...['--volume', '/etc/passwd:/etc/passwd:ro'],
    ...seen.flatMap((folder) => ['--volume', `${folder}:${folder}`]),
    ...seen.slice(0, 1).flatMap((folder) => ['--workdir', folder]),
    ...['--env', 'LC_ALL=C'],
    ...Object.keys(environment ?? {}).flatMap((key) => ['--env', key]),
    ...['--entrypoint', program],
    imageId,
    ...args,
  ];
}
