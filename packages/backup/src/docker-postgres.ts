import { runTool } from '#child-process/run-tool';
import type { PostgresBinaries } from './find-postgres.ts';

/** Pulled where no major is asked for. */
const standardMajor = 17;

/** What the docker command needs to find its daemon; nothing else of the environment reaches it. */
export function dockerEnvironment(): Record<string, string> {
  const names = [
    'HOME',
    'DOCKER_HOST',
    'DOCKER_CONTEXT',
    'DOCKER_CONFIG',
    'DOCKER_CERT_PATH',
    'DOCKER_TLS_VERIFY',
    'XDG_RUNTIME_DIR',
  ];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name] as string]] : [])));
}

/**
 * PostgreSQL from an official image (`postgres:<major>`) that this machine's Docker has, or with `pull` fetches. Only on
 * Linux: elsewhere the sockets of a container are not those of the host.
 */
export async function findDockerPostgres(wanted: {
  major?: number;
  pull?: boolean;
}): Promise<PostgresBinaries | undefined> {
  if (process.platform !== 'linux') return undefined;
  const listed = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'postgres'], 10_000);
  if (listed === undefined) return undefined;
  const image = chooseImage(listed.split('\n'), wanted.major) ?? (wanted.pull ? await pull(wanted.major) : undefined);
  if (image === undefined) return undefined;
  const answer = await docker(
    ['run', '--rm', '--network', 'none', '--entrypoint', 'pg_dump', image, '--version'],
    60_000,
  );
  const [, version] = /\(PostgreSQL\) (\d+[\w.]*)/.exec(answer ?? '') ?? [];
  if (version === undefined) return undefined;
  return { directory: '', image, major: Number.parseInt(version, 10), version, server: true };
}

/** The image of a major version, or of the newest one. Pure. */
export function chooseImage(images: readonly string[], major: number | undefined): string | undefined {
  const known = images.flatMap((image) => {
    const [, tag] = /^postgres:(\d+)(?:[.-].*)?$/.exec(image) ?? [];
    return tag === undefined ? [] : [{ image, major: Number(tag) }];
  });
  const fitting = known.filter((one) => major === undefined || one.major === major);
  return fitting.sort((a, b) => b.major - a.major || a.image.length - b.image.length)[0]?.image;
}

/** Ends a container that outlived its owner; one that is gone is fine. */
export async function removeContainer(name: string): Promise<void> {
  await docker(['rm', '--force', name], 20_000);
}

async function pull(major: number | undefined): Promise<string | undefined> {
  const image = `postgres:${major ?? standardMajor}`;
  return (await docker(['pull', '--quiet', image], 300_000)) === undefined ? undefined : image;
}

/** Its output, or undefined where there is no docker command, no daemon, or it failed. */
async function docker(args: string[], deadlineMs: number): Promise<string | undefined> {
  try {
    const result = await runTool({ command: 'docker', args, environment: dockerEnvironment(), deadlineMs });
    return result.exitCode === 0 ? result.stdout : undefined;
  } catch {
    return undefined;
  }
}
