import { isIP } from 'node:net';

export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** A parsed connection string. The password is in `password` only; no message of ours contains it. */
export interface DatabaseSettings {
  /** Host name, address, or the folder of a Unix socket. */
  host: string;
  port: number;
  user: string;
  password?: string;
  database: string;
  tls: TlsMode;
  /** Certificate authorities to trust, from `sslrootcert`. */
  rootCertificate?: string;
  /** Server options from `options=`, e.g. `-c search_path=app`. */
  options?: string;
  /** True for Unix sockets and loopback addresses. */
  local: boolean;
  /** Said where a remote connection is weaker than verify-full (S30). */
  weakening?: string;
}

/** All mistakes of a connection string at once; none of them repeats the string or its password. */
export class DatabaseUrlError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the database connection string cannot be used: ${problems.join('; ')}`);
    this.name = 'DatabaseUrlError';
    this.problems = problems;
  }
}

const transactionPooler =
  'the transaction pooler: it loses session locks, SET and NOTIFY between statements, so migrations and pg_dump are not safe there (trap 8); use the session pooler, same host with port 5432';

/** For a session whose transactions were seen in more than one process of the server: a pooler that the port does not tell. */
export function changedBackend(): DatabaseUrlError {
  return new DatabaseUrlError([
    `transactions of one session ran in different server processes, so that it leads to ${transactionPooler}, or the host of the database itself`,
  ]);
}

/** @throws DatabaseUrlError with every mistake. */
export function parseDatabaseUrl(text: string): DatabaseSettings {
  const url = readUrl(text.trim());
  const problems: string[] = [];
  const query = url.searchParams;
  const host = query.get('host') ?? decode(url.hostname, 'host', problems).replace(/^\[|\]$/g, '');
  const port = Number(query.get('port') ?? (url.port === '' ? 5432 : url.port));
  const user = query.get('user') ?? decode(url.username, 'user', problems);
  const password = query.get('password') ?? decode(url.password, 'password', problems);
  const database = decode(url.pathname.slice(1), 'database', problems) || query.get('dbname') || user;
  if (host === '') problems.push('the host is missing');
  if (host.includes(',')) problems.push('several hosts are given: name the primary only');
  if (user === '') problems.push('the user is missing');
  if (!Number.isInteger(port) || port < 1 || port > 65535) problems.push('the port is not a number from 1 to 65535');
  if (port === 6543) problems.push(`port 6543 is ${transactionPooler}`);
  if (/^\[?your-password\]?$/i.test(password)) problems.push('the password is still the placeholder of the dashboard');
  if (host.endsWith('.pooler.supabase.com') && !user.includes('.')) {
    problems.push('the user of the Supabase pooler is postgres.<project ref>, not postgres');
  }
  const local = isLocalHost(host);
  const given = query.get('sslmode');
  const tls = tlsMode(given, local, problems);
  if (problems.length > 0) throw new DatabaseUrlError(problems);
  const rootCertificate = query.get('sslrootcert');
  const options = query.get('options');
  return {
    host,
    port,
    user,
    ...(password === '' ? {} : { password }),
    database,
    tls,
    ...(rootCertificate === null || rootCertificate === 'system' ? {} : { rootCertificate }),
    ...(options === null ? {} : { options }),
    local,
    ...(local || tls === 'verify-full'
      ? {}
      : {
          weakening: `sslmode=${given} does not prove that the database is the right one (without sslmode its certificate is verified)`,
        }),
  };
}

/** What a connection string gives up of its protection, and why that may be (S30); nothing of one that is none. */
export function weakTls(text: string | undefined, reason: string | undefined): string[] {
  try {
    const { weakening } = parseDatabaseUrl(text ?? '');
    return weakening === undefined
      ? []
      : [`${weakening}: ${reason ?? 'no reason is given (database.tls-reason of ops.yml)'}`];
  } catch {
    return [];
  }
}

/** The same as `Weaker than standard: …`. */
export function weakConnection(text: string | undefined, reason: string | undefined): string[] {
  return weakTls(text, reason).map((weakening) => `Weaker than standard: ${weakening}`);
}

/** The same database for sessions that write while its own setting makes new ones read-only. @throws DatabaseUrlError */
export function writableUrl(text: string): string {
  const url = readUrl(text.trim());
  const options = url.searchParams.get('options');
  const writes = '-c default_transaction_read_only=off';
  url.searchParams.set('options', options === null ? writes : `${options} ${writes}`);
  return url.href;
}

/** True for Unix sockets, localhost, 127.0.0.0/8 and ::1. */
export function isLocalHost(host: string): boolean {
  return (
    host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  );
}

/** `host:port/database`, for messages. */
export function describeDatabase(settings: DatabaseSettings): string {
  return `${settings.host}:${settings.port}/${settings.database}`;
}

function readUrl(text: string): URL {
  const expected = 'expected postgresql://user:password@host:5432/database';
  if (text === '') throw new DatabaseUrlError([`it is empty; ${expected}`]);
  if (!/^postgres(ql)?:\/\//.test(text))
    throw new DatabaseUrlError([`it does not start with postgresql://; ${expected}`]);
  // libpq reads user@/database?host=/socket, the URL standard wants a host after the user.
  const complete = /[?&]host=/.test(text) ? text.replace(/^([a-z]+:\/\/[^/?#@]*@)(?=[/?#])/, '$1localhost') : text;
  try {
    return new URL(complete);
  } catch {
    const hint = 'percent-encode special characters of the password (@ is %40, # is %23, / is %2F, : is %3A)';
    throw new DatabaseUrlError([`it is not a valid URL; ${expected}; ${hint}`]);
  }
}

function decode(text: string, part: string, problems: string[]): string {
  try {
    return decodeURIComponent(text);
  } catch {
    problems.push(`the ${part} contains a % that is not percent-encoded (write %25)`);
    return '';
  }
}

function tlsMode(given: string | null, local: boolean, problems: string[]): TlsMode {
  switch (given) {
    case null:
      return local ? 'disable' : 'verify-full';
    case 'disable':
      if (!local) problems.push('sslmode=disable would send the password in clear text to a remote host');
      return 'disable';
    case 'allow':
    case 'prefer':
    case 'require':
    case 'no-verify':
      return local ? 'disable' : 'require';
    case 'verify-ca':
    case 'verify-full':
      return given;
    default:
      problems.push('sslmode is none of disable, require, verify-ca, verify-full');
      return 'verify-full';
  }
}
