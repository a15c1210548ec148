import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/** A Data API that answers from a schema cache of its own, as PostgREST does. */
export interface SandboxDataApi {
  url: string;
  secretKey: string;
  publishableKey: string;
  /** Requests that would have run a function. */
  calls(): number;
  /** A gateway in front answers OPTIONS itself, as for a browser. */
  setGateway(answers: boolean): void;
  /** While it is deaf the notice of a reload is lost: the cache stays as it is. */
  setDeaf(deaf: boolean): void;
  close(): Promise<void>;
}

/** What PostgREST reads as its own and not as an argument of a function (its QueryParams). */
const reserved = ['select', 'columns', 'on_conflict', 'order', 'limit', 'offset', 'and', 'or'];

interface Cache {
  relations: Map<string, Set<string>>;
  routines: { name: string; parameters: string[]; required: number; volatile: boolean }[];
}

/**
 * The part of Supabase's Data API that a schema cache decides: its description at the root, for a secret key only, and
 * whether a relation is known (PGRST205), and for OPTIONS whether a function takes these arguments (PGRST202). It listens on the channel `pgrst` of a real database, and of tables and views of
 * `public` it serves no rows.
 */
export async function startDataApi(databaseUrl: string): Promise<SandboxDataApi> {
  const secretKey = 'sb_secret_sandbox_0000000000000000';
  const publishableKey = 'sb_publishable_sandbox_000000000000';
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let deaf = false;
  let gateway = false;
  let calls = 0;
  let cache = await readCache(client);
  let reading = Promise.resolve();
  client.on('notification', ({ payload }) => {
    if (payload !== 'reload schema' || deaf) return;
    // A database that ends meanwhile leaves the cache as it is.
    reading = readCache(client).then(
      (read) => {
        if (!deaf) cache = read;
      },
      () => {},
    );
  });
  await client.query('LISTEN pgrst');
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    };
    if (gateway && request.method === 'OPTIONS') {
      response.writeHead(200, { 'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS' });
      return response.end();
    }
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
    if (relation.startsWith('rpc/')) {
      if (request.method !== 'OPTIONS') calls += 1;
      const name = relation.slice('rpc/'.length);
      const given = [...searchParams.keys()].filter((key) => !key.includes('.') && !reserved.includes(key));
      const found = cache.routines.find(
        (one) =>
          one.name === name &&
          given.every((key) => one.parameters.includes(key)) &&
          one.parameters.slice(0, one.required).every((key) => given.includes(key)),
      );
      if (found === undefined) {
        const what = `public.${name}(${given.join(', ')})`;
        return answer(404, { code: 'PGRST202', message: `Could not find the function ${what} in the schema cache` });
      }
      response.writeHead(200, { allow: found.volatile ? 'OPTIONS,POST' : 'OPTIONS,GET,HEAD,POST' });
      return response.end();
    }
    return cache.relations.has(relation)
      ? answer(200, [])
      : answer(404, { code: 'PGRST205', message: `Could not find the table 'public.${relation}' in the schema cache` });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secretKey,
    publishableKey,
    calls: () => calls,
    setGateway(answers) {
      gateway = answers;
    },
    setDeaf(on) {
      deaf = on;
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await reading;
      await client.end();
    },
  };
}

function describe({ relations }: Cache) {
  return Object.fromEntries(
    [...relations].map(([relation, columns]) => [
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
  const routines = await client.query<Cache['routines'][number]>(
    `SELECT proname::text AS name, coalesce(proargnames[:pronargs], '{}') AS parameters, pronargs - pronargdefaults AS required,
            provolatile = 'v' AS volatile
       FROM pg_catalog.pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'`,
  );
  return {
    relations: new Map(rows.map(({ relation, columns }) => [relation, new Set(columns ?? [])])),
    routines: routines.rows,
  };
}
