import { setTimeout as delay } from 'node:timers/promises';
import { projectOf } from '#postgres/database-project';
import { type DatabaseSettings, describeDatabase, isLocalHost, parseDatabaseUrl } from '#postgres/database-url';
import { reachHost } from '#postgres/reach-host';
import type { DatabaseAccess, PoolerAddress } from './database-access.ts';
import type { DatabaseTarget } from './plan-database-target.ts';

/** No way to the database that was meant; `message` has the line to write. */
export class DatabaseTargetError extends Error {
  override readonly name = 'DatabaseTargetError';
  readonly reasonCode: string;
  constructor(reasonCode: string, message: string) {
    super(message);
    this.reasonCode = reasonCode;
  }
}

/** Before data is changed or copied (S30). @throws DatabaseTargetError `weak_tls_without_reason` */
export function refuseWeakTls({ weakening }: Pick<DatabaseSettings, 'weakening'>, reason: string | undefined): void {
  if (weakening === undefined || reason !== undefined) return;
  throw new DatabaseTargetError(
    'weak_tls_without_reason',
    `the database is not connected to: ${weakening}, and no reason is given. Take sslmode out of the secret with the connection string (a private authority is named by ?sslrootcert=<path>), or say in ops.yml why less is enough: database: { tls-reason: <a sentence, shown wherever the connection is used> }`,
  );
}

export interface DatabasePorts {
  /** Undefined: no access token was given. */
  access?: ((project: string) => DatabaseAccess) | undefined;
  /** Hides a password before it is used. */
  mask(secret: string): void;
  log(line: string): void;
  signal?: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Nothing is changed or copied: a login role may do no more. */
  readOnly: boolean;
  /** `database.tls-reason`, which a weaker connection needs that is not for reading only (S30). */
  tlsReason?: string | undefined;
  /** Why a host cannot be reached from here. */
  reach?: (host: string, port: number) => Promise<string | undefined>;
  /** How long a new role may take to be known to the pooler; default 60 s. */
  patienceMs?: number;
}

/**
 * The connection string to use: the session pooler's where the direct host of Supabase is not reachable from here (trap 8), with a
 * role of limited life where one was asked for. Says which address is used, never a password.
 * @throws DatabaseUrlError, DatabaseTargetError, SupabaseError, or the abort reason.
 */
export async function resolveDatabase(target: DatabaseTarget & { url: string }, ports: DatabasePorts): Promise<string> {
  const { signal, log } = ports;
  const settings = parseDatabaseUrl(target.url);
  if (!ports.readOnly) refuseWeakTls(settings, ports.tlsReason);
  const project = projectOf(settings);
  const url = new URL(target.url.trim());
  const direct = project !== undefined && settings.host === `db.${project}.supabase.co`;
  const reach = ports.reach ?? ((host, port) => reachHost(host, port, { signal }));
  const unreachable = direct ? await reach(settings.host, settings.port) : undefined;
  const access = project === undefined ? undefined : ports.access?.(project);
  const pooler = direct && unreachable !== undefined ? await findPooler(project, unreachable, url, access) : undefined;
  const role = target.loginRole && access !== undefined ? await access.createLoginRole(ports.readOnly) : undefined;
  if (role !== undefined) {
    ports.mask(role.password);
    url.username = encodeURIComponent(role.role);
    url.password = encodeURIComponent(role.password);
    // What is made must belong to postgres, as with the CLI; at the start of the session, so that RESET ROLE comes back to it.
    if (!ports.readOnly) url.searchParams.set('options', '-c role=postgres');
  }
  if (pooler !== undefined) {
    url.hostname = pooler.host;
    url.port = `${isLocalHost(pooler.host) ? pooler.port : sessionPort}`;
    url.username = `${url.username}.${project}`;
  }
  const used = parseDatabaseUrl(url.href);
  const of = project === undefined ? '' : ` of project ${project}`;
  const why =
    pooler === undefined ? '' : `, the session pooler: ${settings.host} is not reachable from here (${unreachable})`;
  log(`Database: ${describeDatabase(used)}${of} as ${used.user}${why}`);
  if (role === undefined) return url.href;
  const until = new Date(ports.now() + role.seconds * 1000).toISOString();
  log(`Role ${role.role} was made for this run; its password ends at ${until}, and no connection is opened after that`);
  await proveRole(url.href, ports);
  return url.href;
}

const sessionPort = 5432;

/** @throws DatabaseTargetError where nobody tells its host, or it is no pooler. */
async function findPooler(
  project: string,
  reason: string,
  url: URL,
  access: DatabaseAccess | undefined,
): Promise<PoolerAddress> {
  if (access === undefined)
    throw new DatabaseTargetError(
      'pooler_unknown',
      `db.${project}.supabase.co is not reachable from here (${reason}): direct hosts of Supabase have IPv6 addresses only, which GitHub-hosted runners do not reach, and only the platform knows the host of the session pooler. Give supabase-access-token, or as database-url: postgresql://${url.username}.${project}:<password>@aws-<n>-<region>.pooler.supabase.com:5432/postgres (Dashboard > Connect > Session pooler)`,
    );
  const pooler = await access.pooler();
  // The password goes there.
  if (/^[a-z0-9-]+\.pooler\.supabase\.com$/.test(pooler.host) || isLocalHost(pooler.host)) return pooler;
  throw new DatabaseTargetError(
    'pooler_unknown',
    'the Management API names a pooler that is none of Supabase; no password is sent there',
  );
}

/** The pooler needs a while to know a new password, and only a look tells whether the session works as the role it should. */
async function proveRole(url: string, ports: DatabasePorts): Promise<void> {
  const { connect, DatabaseUnreachable } = await import('#postgres/connection');
  const { signal, patienceMs = 60_000 } = ports;
  const endsAt = performance.now() + patienceMs;
  for (let pause = 1_000; ; pause = Math.min(pause * 2, 8_000)) {
    try {
      const connection = await connect(url, { applicationName: 'ops-actions connect', ...(signal && { signal }) });
      const [row] = await connection
        .query<{ role: string }>('SELECT current_user AS role')
        .finally(() => connection.close());
      if (ports.readOnly || row?.role === 'postgres') return;
      throw new DatabaseTargetError(
        'login_role_not_taken',
        `the role that was made works as ${row?.role}, not as postgres: what it makes would belong to a role that ends. The pooler does not hand on the session's start options; give database-password or database-url instead`,
      );
    } catch (error) {
      if (!(error instanceof DatabaseUnreachable) || performance.now() + pause > endsAt) throw error;
      await delay(pause, undefined, signal === undefined ? {} : { signal });
    }
  }
}
