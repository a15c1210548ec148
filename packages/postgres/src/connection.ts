import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { type DatabaseSettings, describeDatabase, parseDatabaseUrl } from './database-url.ts';
import { authoritiesOf } from './platform-authorities.ts';

/**
 * One session. Queries run one after the other; those that are started together travel together, as one round trip.
 * Nothing is pooled, because locks and settings belong to the session.
 */
export interface DatabaseConnection {
  settings: DatabaseSettings;
  /** Process id of the server's backend. */
  processId: number;
  /** Version number of the server, e.g. 150018. */
  serverVersion: number;
  /** Rows of the statement; of the last one where the text holds several. */
  query<Row extends object = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
  /**
   * Sends SQL text as one message and answers the command tags of its statements, in order. A failure carries, as
   * `completed`, how many statements had finished before it.
   */
  run(sql: string): Promise<string[]>;
  /** Ends the session; never throws. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** 0 or absent: the server's own. */
  statementTimeoutMs?: number;
  lockTimeoutMs?: number;
  /** Ends the session at once. */
  signal?: AbortSignal;
  /** Default 15 s. */
  connectTimeoutMs?: number;
}

/** The database did not let us in; the message says why and what to try, never the password. */
export class DatabaseUnreachable extends Error {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'DatabaseUnreachable';
    this.code = code;
  }
}

/** Opens a session. @throws DatabaseUrlError for a bad string, DatabaseUnreachable when it cannot be opened. */
export async function connect(url: string, options: ConnectOptions): Promise<DatabaseConnection> {
  options.signal?.throwIfAborted();
  const settings = parseDatabaseUrl(url);
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    // A function keeps pg from looking for a .pgpass file of the runner.
    password: () => settings.password ?? '',
    ssl: tlsOptions(settings),
    application_name: options.applicationName,
    ...(settings.options === undefined ? {} : { options: settings.options }),
    connectionTimeoutMillis: options.connectTimeoutMs ?? 15_000,
    // A distant database costs its round trips: what does not wait for an answer is sent without one.
    pipeline: true,
    keepAlive: true,
    // libuv sends a probe every second after this, ten times: a black hole is noticed within 30 s (S28).
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener a lost connection would end the process; the query under way reports it.
  client.on('error', () => {});
  // A client that is ended while it connects never settles its promise.
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => {
    void hangUp(client);
    aborted.reject(options.signal?.reason);
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([client.connect(), aborted.promise]);
    const timeouts = `SET statement_timeout = ${whole(options.statementTimeoutMs)}; SET lock_timeout = ${whole(options.lockTimeoutMs)};`;
    const [, { rows }] = await Promise.all([
      client.query(timeouts),
      client.query<{ pid: number; version: string }>(
        `SELECT pg_backend_pid() AS pid, current_setting('server_version_num') AS version`,
      ),
    ]);
    const [first] = rows;
    return session(client, settings, first?.pid ?? 0, Number(first?.version ?? 0), () =>
      options.signal?.removeEventListener('abort', abort),
    );
  } catch (error) {
    options.signal?.removeEventListener('abort', abort);
    if (options.signal?.aborted === true) throw options.signal.reason;
    await hangUp(client);
    throw unreachable(settings, error);
  }
}

function whole(milliseconds: number | undefined): number {
  return Math.max(0, Math.round(milliseconds ?? 0));
}

function session(
  client: pg.Client,
  settings: DatabaseSettings,
  processId: number,
  serverVersion: number,
  closed: () => void,
): DatabaseConnection {
  return {
    settings,
    processId,
    serverVersion,
    async query<Row extends object>(sql: string, values: unknown[] = []) {
      const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(
        values.length === 0 ? { text: sql } : { text: sql, values },
      );
      return (Array.isArray(answer) ? answer.at(-1)?.rows : answer.rows) ?? [];
    },
    async run(sql) {
      const tags: string[] = [];
      const query = new pg.Query(sql);
      // pg does not say which statement of a message failed; the protocol does.
      const handler = query as unknown as { handleCommandComplete(message: { text: string }, wire: unknown): void };
      const handle = handler.handleCommandComplete.bind(query);
      handler.handleCommandComplete = (message, wire) => {
        tags.push(message.text);
        handle(message, wire);
      };
      try {
        const ended = once(query, 'end');
        client.query(query);
        await ended;
        return tags;
      } catch (error) {
        throw Object.assign(error as Error, { completed: tags.length });
      }
    },
    async close() {
      closed();
      await hangUp(client);
    },
  };
}

/** A server that answers at all says goodbye in less. */
const goodbyeMs = 2_000;

/** pg waits for the server to close its side, which one that has fallen silent never does. */
async function hangUp(client: pg.Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;
  const patience = setTimeout(() => stream.destroy(), goodbyeMs);
  await client.end().catch(() => {});
  clearTimeout(patience);
}

function tlsOptions(settings: DatabaseSettings): false | ConnectionOptions {
  if (settings.tls === 'disable') return false;
  const trusted =
    settings.rootCertificate === undefined
      ? authoritiesOf(settings.host)?.slice()
      : readFileSync(settings.rootCertificate, 'utf8');
  const ca = trusted === undefined ? {} : { ca: trusted };
  if (settings.tls === 'require') return { rejectUnauthorized: false };
  if (settings.tls === 'verify-ca') return { rejectUnauthorized: true, checkServerIdentity: () => undefined, ...ca };
  return { rejectUnauthorized: true, ...ca };
}

/** Where distributions keep their certificate authorities; libpq before 16 knows no `sslrootcert=system`. */
const systemCertificates = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * The connection as libpq's environment variables, for pg_dump and friends: never in argv (S13). `authoritiesFile` is one
 * of certificates for hosts whose authority the system does not know (`authoritiesOf`).
 */
export function libpqEnvironment(
  settings: DatabaseSettings,
  applicationName: string,
  authoritiesFile?: string,
): Record<string, string> {
  const verifies = settings.tls === 'verify-ca' || settings.tls === 'verify-full';
  const authorities =
    settings.rootCertificate ?? authoritiesFile ?? systemCertificates.find((path) => existsSync(path));
  return {
    PGHOST: settings.host,
    PGPORT: String(settings.port),
    PGUSER: settings.user,
    PGDATABASE: settings.database,
    PGAPPNAME: applicationName,
    PGCONNECT_TIMEOUT: '15',
    PGSSLMODE: settings.tls,
    // No password file and no service file of the runner is ever read.
    PGPASSFILE: '/dev/null',
    ...(settings.password === undefined ? {} : { PGPASSWORD: settings.password }),
    ...(settings.options === undefined ? {} : { PGOPTIONS: settings.options }),
    ...(verifies && authorities !== undefined ? { PGSSLROOTCERT: authorities } : {}),
  };
}

function unreachable(settings: DatabaseSettings, error: unknown): DatabaseUnreachable {
  const { code, message } = error as { code?: string; message: string };
  const hint = hintFor(settings, code, message);
  const text = `cannot connect to ${describeDatabase(settings)} as ${settings.user}: ${message || code || 'no reason given'}`;
  return new DatabaseUnreachable(hint === '' ? text : `${text}. ${hint}`, code);
}

function hintFor(settings: DatabaseSettings, code: string | undefined, message: string): string {
  if (/^db\.[a-z0-9]+\.supabase\.co$/.test(settings.host)) {
    return 'Direct Supabase hosts answer on IPv6 only, which GitHub-hosted runners do not have: use the session pooler (Dashboard > Connect > Session pooler, port 5432) (trap 8)';
  }
  if (code === '28P01') return 'The password is wrong, or its special characters are not percent-encoded';
  if (/certificate/i.test(message) || code?.startsWith('ERR_TLS') === true) {
    return "The server's certificate is not signed by an authority known here: give the platform's CA file as ?sslrootcert=<path>; ?sslmode=require encrypts without proving who answers";
  }
  if (code !== undefined && notThere.has(code)) {
    return 'Check host and port of the connection string, and that the database runs: a paused Supabase project does not answer';
  }
  return '';
}

const notThere = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
