import { runTool } from '#child-process/run-tool';

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

/** Its output, or undefined where there is no docker command, no daemon, or it failed. */
export async function docker(args: string[], deadlineMs: number): Promise<string | undefined> {
  try {
    const result = await runTool({ command: 'docker', args, environment: dockerEnvironment(), deadlineMs });
    return result.exitCode === 0 ? result.stdout : undefined;
  } catch {
    return undefined;
  }
}

/** Ends a container that outlived its owner; one that is gone is fine. */
export async function removeContainer(name: string): Promise<void> {
  await docker(['rm', '--force', name], 20_000);
}
