import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '#child-process/run-tool';
import type { DatabaseConnection } from '#postgres/connection';
import type { PostgresBinaries } from './find-postgres.ts';
import { isExecutable } from './install-line.ts';
import { type InstalledExtension, readExtensions } from './source-extensions.ts';

/** The scratch server lacks an extension that objects of the source depend on. */
export class ExtensionMissing extends Error {
  readonly reasonCode = 'extension_missing';
  readonly installLine: string;
  constructor(extension: Pick<InstalledExtension, 'name' | 'dependents'>, major: number) {
    const line = `sudo apt-get install -y postgresql-${major}-${packageName(extension.name)}`;
    super(
      `the database uses extension ${extension.name} (${extension.dependents.slice(0, 3).join('; ')}), which the scratch PostgreSQL ${major} does not have, so the backup cannot be restored here to prove it; install the package that brings it (Debian and PGDG: ${line})`,
    );
    this.name = 'ExtensionMissing';
    this.installLine = line;
  }
}

/**
 * The extensions that objects of this database need and a scratch server of these programs would not have; empty where
 * nobody can tell without starting one (programs of a container image).
 */
export async function missingExtensions(
  connection: DatabaseConnection,
  binaries: PostgresBinaries,
): Promise<ExtensionMissing[]> {
  const available = await availableExtensions(binaries);
  if (available === undefined) return [];
  const used = await readExtensions(connection);
  return used
    .filter(({ name, dependents }) => dependents.length > 0 && !available.has(name))
    .map((extension) => new ExtensionMissing(extension, binaries.major));
}

/** By their control files, as the server itself finds them. */
async function availableExtensions({ directory, image }: PostgresBinaries): Promise<Set<string> | undefined> {
  const program = join(directory, 'pg_config');
  if (image !== undefined || !(await isExecutable(program))) return undefined;
  const { exitCode, stdout } = await runTool({ command: program, args: ['--sharedir'], deadlineMs: 10_000 });
  if (exitCode !== 0) return undefined;
  const names = await readdir(join(stdout.trim(), 'extension')).catch(() => undefined);
  return names && new Set(names.filter((name) => name.endsWith('.control')).map((name) => name.slice(0, -8)));
}

function packageName(extension: string): string {
  const names: Record<string, string> = { vector: 'pgvector', postgis: 'postgis-3', pg_cron: 'cron' };
  return names[extension] ?? extension.replaceAll('_', '-');
}
