import type { DatabaseSettings } from './database-url.ts';

/** The Supabase project that a connection string leads to: in the direct host, or in the pooler's user. Pure. */
export function projectOf({ host, user }: Pick<DatabaseSettings, 'host' | 'user'>): string | undefined {
  const [, direct] = /^db\.([a-z0-9]+)\.supabase\.(?:co|com|in|red)$/.exec(host) ?? [];
  if (direct !== undefined) return direct;
  return host.endsWith('.pooler.supabase.com') ? /\.([a-z0-9]+)$/.exec(user)?.[1] : undefined;
}

/**
 * Why this connection must not be used for an environment that is pinned to a project (`supabase.project`), before
 * anything is sent; undefined: fine. A server on this machine is nobody's project (trap 35: staging's secrets in
 * production, and the other way round). Pure.
 */
export function wrongProject(
  settings: Pick<DatabaseSettings, 'host' | 'user' | 'local'>,
  pinned: string | undefined,
): string | undefined {
  if (pinned === undefined || settings.local) return undefined;
  const project = projectOf(settings);
  if (project === pinned) return undefined;
  const leads = project === undefined ? `to ${settings.host}, which is no Supabase project` : `to project ${project}`;
  return `leads ${leads}, and this environment is pinned to ${pinned} (supabase.project): it is not the database of this environment`;
}
