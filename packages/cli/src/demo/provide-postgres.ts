import { existsSync } from 'node:fs';
import { findPostgres, installLine, isRoot, PostgresMissing } from '#backup/find-postgres';
import { runTool } from '#child-process/run-tool';

/** PostgreSQL is missing and may not be installed without asking; `installLine` is what a person runs. */
export class PostgresNeeded extends Error {
  readonly installLine: string;
  constructor(line: string) {
    super(
      `PostgreSQL is needed and was not found. Install it with\n\n  ${line}\n\nor let the demo do it: npm run demo -- --install`,
    );
    this.name = 'PostgresNeeded';
    this.installLine = line;
  }
}

/**
 * Makes sure that PostgreSQL's server programs are there: found, else an official Docker image, else installed by the
 * system's package manager where that may be done without asking (root in a container, CI, or `install`).
 * @throws PostgresNeeded with the one line that installs it, before anything was started
 */
export async function providePostgres(options: { install: boolean; log: (line: string) => void }): Promise<void> {
  // The demo holds no secrets, so it may fetch the official image where Docker is there.
  const missing = await findPostgres({ server: true, pull: true }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof PostgresMissing) return true;
      throw error;
    },
  );
  if (!missing) return;
  const line = await installLine({ server: true });
  const mayInstall = options.install || process.env.CI === 'true' || (isRoot() && isContainer());
  if (!mayInstall) throw new PostgresNeeded(line);
  options.log(`PostgreSQL was not found; installing it: ${line}`);
  const done = await runTool({ command: 'sh', args: ['-c', line], deadlineMs: 600_000, onLine: options.log });
  if (done.exitCode !== 0) throw new PostgresNeeded(line);
  await findPostgres({ server: true });
}

/** Files that Docker, Podman and their like leave for exactly this question, and the variable of Kubernetes. */
function isContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv') || 'KUBERNETES_SERVICE_HOST' in process.env;
}
