import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import {
  changedBackend,
  type DatabaseSettings,
  DatabaseUrlError,
  describeDatabase,
  parseDatabaseUrl,
} from './database-url.ts';
import { lookAtSession } from './look-at-session.ts';
import { authoritiesOf } from './platform-authorities.ts';
import { type SilenceWatch, watchSilence } from './silence-watch.ts';

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
   * `completed`, how many statements had finished before it, and as `lastTag` what the last of them answered.
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
  /** From the first packet to the answer of the first query; default 15 s. */
  connectTimeoutMs?: number;
  /**
   * How long an answer may take until a second connection looks whether the server works on it, default 15 s; 0: never.
   * Where it does not, the query under way fails with ConnectionSilent.
   */
  quietMs?: number;
  /** Opens the second connection; default: as this one was opened. */
  observe?: (options: ConnectOptions) => Promise<DatabaseConnection>;
}

/** The database did not let us in; the message says why and what to try, never the password. */
export class DatabaseUnreachable extends Error {
  readonly reasonCode = 'database_unreachable';
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'DatabaseUnreachable';
    this.code = code;
  }
}

/** Opens a session. @throws DatabaseUrlError for a bad string or a transaction pooler, DatabaseUnreachable when it cannot be opened. */
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
    // A distant database costs its round trips: what does not wait for an answer is sent without one.
    pipeline: true,
    keepAlive: true,
    // libuv sends a probe every second after this, ten times: a dead hop is noticed within 30 s (S28).
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
  const patienceMs = options.connectTimeoutMs ?? 15_000;
  // pg has a limit for the greeting only; one who falls silent behind it would be waited for.
  const late = () => streamOf(client).destroy(new Error(`no answer within ${(patienceMs / 1000).toFixed(1)} s`));
  const patience = setTimeout(late, patienceMs);
  try {
    await Promise.race([client.connect(), aborted.promise]);
    const timeouts = `SET statement_timeout = ${whole(options.statementTimeoutMs)}; SET lock_timeout = ${whole(options.lockTimeoutMs)}`;
    // Two transactions in one round trip: a transaction pooler may give them to two processes.
    const [first, { rows }] = await Promise.all([
      client.query<{ pid: number }>(`${timeouts}; SELECT pg_backend_pid() AS pid`),
      client.query<{ pid: number; version: string }>(
        `SELECT pg_backend_pid() AS pid, current_setting('server_version_num') AS version`,
      ),
    ]);
    const processId = rows[0]?.pid ?? 0;
    if (lastRow(first)?.pid !== processId) throw changedBackend();
    const watch = silenceWatch(client, processId, url, options);
    return session(client, settings, processId, Number(rows[0]?.version ?? 0), watch, () =>
      options.signal?.removeEventListener('abort', abort),
    );
  } catch (error) {
    options.signal?.removeEventListener('abort', abort);
    if (options.signal?.aborted === true) throw options.signal.reason;
    await hangUp(client);
    throw error instanceof DatabaseUrlError ? error : unreachable(settings, error);
  } finally {
    clearTimeout(patience);
  }
}

/** Of a text of several statements pg answers a list, which its types do not say. */
type Answer<Row extends object> = pg.QueryResult<Row> | pg.QueryResult<Row>[];

function lastRow<Row extends object>(answer: Answer<Row>): Row | undefined {
  return (Array.isArray(answer) ? answer.at(-1) : answer)?.rows[0];
}

const standardQuietMs = 15_000;
const longestLookMs = 10_000;

function silenceWatch(client: pg.Client, processId: number, url: string, options: ConnectOptions): SilenceWatch {
  const { quietMs = standardQuietMs, observe = (own: ConnectOptions) => connect(url, own) } = options;
  if (quietMs === 0) return { during: (answer) => answer };
  const lookMs = Math.min(quietMs, longestLookMs);
  const observer = {
    applicationName: 'ops-actions observer',
    statementTimeoutMs: lookMs,
    connectTimeoutMs: lookMs,
    quietMs: 0,
  };
  return watchSilence({
    quietMs,
    moved() {
      const { bytesRead, writableLength } = streamOf(client);
      return `${bytesRead} ${writableLength}`;
    },
    look: () => lookAtSession(() => observe(observer), { pid: processId }, 2 * lookMs),
    hangUp: (reason) => streamOf(client).destroy(reason),
  });
}

function streamOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

function whole(milliseconds: number | undefined): number {
  return Math.max(0, Math.round(milliseconds ?? 0));
}

function session(
  client: pg.Client,
  settings: DatabaseSettings,
  processId: number,
  serverVersion: number,
  watch: SilenceWatch,
  closed: () => void,
): DatabaseConnection {
  return {
    settings,
    processId,
    serverVersion,
    async query<Row extends object>(sql: string, values: unknown[] = []) {
      const answer: Answer<Row> = await watch.during(
        client.query<Row>(values.length === 0 ? { text: sql } : { text: sql, values }),
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
        await watch.during(ended);
        return tags;
      } catch (error) {
        throw Object.assign(error as Error, { completed: tags.length, lastTag: tags.at(-1) });
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
  const patience = setTimeout(() => streamOf(client).destroy(), goodbyeMs);
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

function unreachable(settings: DatabaseSettings, error: unknown): DatabaseUnreachable {
  const { code, message } = error as { code?: string; message: string };
  const hint = hintFor(settings, code, message);
  const text = `cannot connect to ${describeDatabase(settings)} as ${settings.user}: ${message || code || 'no reason given'}`;
  return new DatabaseUnreachable(hint === '' ? text : `${text}. ${hint}`, code);
}

/** What to do about it; empty where the message says it all. Pure. */
export function hintFor(settings: DatabaseSettings, code: string | undefined, message: string): string {
  if (code === '28P01') return 'The password is wrong, or its special characters are not percent-encoded';
  if (/certificate/i.test(message) || code?.startsWith('ERR_TLS') === true) {
    return "The server's certificate is not signed by an authority known here: give the platform's CA file as ?sslrootcert=<path>; ?sslmode=require encrypts without proving who answers, and needs database.tls-reason in ops.yml";
  }
  // A code that begins with a digit is the server's own: it was reached.
  if (/^db\.[a-z0-9]+\.supabase\.co$/.test(settings.host) && !/^\d/.test(code ?? '')) {
    return 'Direct Supabase hosts answer on IPv6 only, which GitHub-hosted runners do not have: use the session pooler (Dashboard > Connect > Session pooler, port 5432) (trap 8)';
  }
  if (code !== undefined && notThere.has(code)) {
    return 'Check host and port of the connection string, and that the database runs: a paused Supabase project does not answer';
  }
  return '';
}

const notThere = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
