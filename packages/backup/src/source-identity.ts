import { createHash } from 'node:crypto';
import type { DatabaseSettings } from '#postgres/database-url';

/**
 * A digest that is the same for every way to one database: by the server's own identifier where the role may read it, else by
 * the Supabase project (direct host and pooler alike), else by host and port. Pure.
 */
export function sourceIdentity(
  settings: Pick<DatabaseSettings, 'host' | 'port' | 'user'>,
  database: string,
  systemIdentifier: string | undefined,
): string {
  const project = projectReference(settings);
  const server =
    project !== undefined
      ? `supabase ${project}`
      : systemIdentifier !== undefined
        ? `system ${systemIdentifier}`
        : `host ${settings.host}:${settings.port}`;
  return `sha256:${createHash('sha256').update(`${server}/${database}`).digest('hex').slice(0, 32)}`;
}

/** The Supabase project behind a connection: from its direct host, or the pooler's user `postgres.<ref>`. Pure. */
export function projectReference(settings: Pick<DatabaseSettings, 'host' | 'user'>): string | undefined {
  const [, direct] = /^db\.([a-z0-9]{20})\.supabase\.(?:co|red)$/.exec(settings.host) ?? [];
  if (direct !== undefined) return direct;
  if (!settings.host.endsWith('.pooler.supabase.com')) return undefined;
  return /\.([a-z0-9]{20})$/.exec(settings.user)?.[1];
}
