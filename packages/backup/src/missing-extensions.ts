import { imageRepositories } from '#config/scratch-image';
import type { DatabaseConnection } from '#postgres/connection';
import { extensionPackage } from './extension-packages.ts';
import { installedExtensions, type PostgresBinaries } from './find-postgres.ts';
import { type InstalledExtension, readExtensions } from './source-extensions.ts';

/** The scratch server lacks an extension that objects of the source depend on. */
export class ExtensionMissing extends Error {
  readonly reasonCode = 'extension_missing';
  /** The line that installs it; where no package is known, the one that fetches an image. */
  readonly installLine: string;
  /** In full, for people. */
  readonly fix: string;
  constructor(extension: Pick<InstalledExtension, 'name' | 'dependents'>, major: number) {
    const { installLine, fix } = howToProvide(extension.name, major);
    super(
      `the database uses extension ${extension.name} (${extension.dependents.slice(0, 3).join('; ')}), which the scratch PostgreSQL ${major} does not have, so the backup cannot be restored here to prove it; ${fix}`,
    );
    this.name = 'ExtensionMissing';
    this.installLine = installLine;
    this.fix = fix;
  }
}

/** How a scratch server comes to an extension. Pure. */
export function howToProvide(extension: string, major: number): { installLine: string; fix: string } {
  const found = extensionPackage(extension, major);
  if (found !== undefined) {
    const installLine = `sudo apt-get install -y ${found}`;
    return {
      installLine,
      fix: `install the package that brings it (Debian and PGDG: ${installLine}), or name it in ops.yml under database.extensions, and setup-postgres does that before any secret`,
    };
  }
  const supabase = Object.keys(imageRepositories).find((name) => imageRepositories[name] === 'supabase');
  const installLine = `docker pull --quiet ${supabase}@sha256:<digest>`;
  return {
    installLine,
    fix: `no package of Debian or the PostgreSQL project is known to bring it: pin an image that has it in ops.yml as database.scratch-image (Supabase's own: ${supabase}@sha256:<digest>, of PostgreSQL ${major}), and setup-postgres fetches it before any secret`,
  };
}

/**
 * The extensions that objects of this database need and a scratch server of these programs would not have; empty where
 * nobody can tell without starting one.
 */
export async function missingExtensions(
  connection: DatabaseConnection,
  binaries: PostgresBinaries,
): Promise<ExtensionMissing[]> {
  const available = binaries.extensions ?? (await installedExtensions(binaries.directory));
  if (available === undefined) return [];
  const used = await readExtensions(connection);
  return used
    .filter(({ name, dependents }) => dependents.length > 0 && !available.includes(name))
    .map((extension) => new ExtensionMissing(extension, binaries.major));
}
