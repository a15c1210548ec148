import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DatabaseSettings } from '#postgres/database-url';
import { libpqEnvironment } from '#postgres/libpq-environment';
import { authoritiesOf } from '#postgres/platform-authorities';

export interface LibpqAccess {
  environment: Record<string, string>;
  /** What a container must see of the host: the socket, the certificates. */
  folders: string[];
  /** Removes the file of authorities, if one was made. */
  close(): Promise<void>;
}

/**
 * A connection as pg_dump and pg_restore take it. libpq reads certificate authorities only from a file: where the platform's
 * are needed (S30) and the connection string names none, one is written; they are public.
 */
export async function openLibpqAccess(settings: DatabaseSettings, applicationName: string): Promise<LibpqAccess> {
  const authorities = settings.rootCertificate === undefined ? authoritiesOf(settings.host) : undefined;
  const folder = authorities && (await mkdtemp(join(tmpdir(), 'ops-actions-authorities-')));
  const path = folder && join(folder, 'authorities.pem');
  if (authorities !== undefined && path !== undefined) await writeFile(path, authorities.join('\n'));
  const environment = libpqEnvironment(settings, applicationName, path);
  const { PGHOST = '', PGSSLROOTCERT } = environment;
  return {
    environment,
    folders: [
      ...(PGHOST.startsWith('/') ? [PGHOST] : []),
      ...(PGSSLROOTCERT === undefined ? [] : [dirname(PGSSLROOTCERT)]),
    ],
    async close() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
