import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/** A Data API that answers from a schema cache of its own, as PostgREST does. */
export interface SandboxDataApi {
  url: string;
  secretKey: string;
  publishableKey: string;
  /** While it is deaf the notice of a reload is lost: the cache stays as it is. */
  setDeaf(deaf: boolean): void;
  close(): Promise<void>;
}

type Cache = Map<string, Set<string>>;

/**
 * The part of Supabase's Data API that a schema cache decides: its description at the root, for a secret key only, and
 * whether a relation is known (PGRST205). It listens on the channel `pgrst` of a real database, and of tables and views of
 * `public` it serves no rows.
 */
export async function startDataApi(databaseUrl: string): Promise<SandboxDataApi> {
  const secretKey = 'sb_secret_sandbox_0000000000000000';
  const publishableKey = 'sb_publishable_sandbox_000000000000';
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let deaf = false;
  let cache = await readCache(client);
  client.on('notification', ({ payload }) => {
    if (payload !== 'reload schema' || deaf) return;
    void readCache(client).then((read) => {
      cache = read;
    });
  });
  await client.query('LISTEN pgrst');
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    };
    const key = request.headers.apikey;
    if (key !== secretKey && key !== publishableKey) return answer(401, { message: 'Invalid API key' });
    if ((request.headers['accept-profile'] ?? 'public') !== 'public')
      return answer(406, { code: 'PGRST106', message: 'The schema must be one of the following: public' });
    const relation = decodeURIComponent(pathname.replace(/^\/rest\/v1\/?/, ''));
    if (relation === '') {
      return key === secretKey
        ? answer(200, { swagger: '2.0', definitions: describe(cache) })
        : answer(403, { message: 'Access to schema is forbidden' });
    }
    return cache.has(relation)
      ? answer(200, [])
      : answer(404, { code: 'PGRST205', message: `Could not find the table 'public.${relation}' in the schema cache` });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secretKey,
    publishableKey,
    setDeaf(on) {
      deaf = on;
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await client.end();
    },
  };
}

function describe(cache: Cache) {
  return Object.fromEntries(
    [...cache].map(([relation, columns]) => [
      relation,
      { type: 'object', properties: Object.fromEntries([...columns].map((column) => [column, {}])) },
    ]),
  );
}

async function readCache(client: pg.Client): Promise<Cache> {
  const { rows } = await client.query<{ relation: string; columns: string[] }>(
    `SELECT c.relname AS relation, array_agg(a.attname::text) FILTER (WHERE a.attnum > 0) AS columns
       FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') GROUP BY 1`,
  );
  return new Map(rows.map(({ relation, columns }) => [relation, new Set(columns ?? [])]));
}
