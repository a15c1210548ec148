import type { Cluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';

/** What the rows of a database look like. */
export type Texture = 'compressible' | 'random';

const rowsAtOnce = 200_000;

/** Words, paths and user agents that repeat as they do in an event log; or bytes that nothing can make smaller, as base64. */
const textOf: Record<Texture, string> = {
  compressible: `'{"event":"' || (ARRAY['page_view','sign_in','purchase','search'])[1 + g % 4] || '","path":"/products/' || (g::bigint * 7919) % 5000
      || '/reviews","agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36","session":'
      || (g::bigint * 104729) % 1000003 || ',"locale":"en-US","ok":true}'`,
  random: `translate(encode(sha512((random() || ':' || g)::bytea) || sha512((g || ':' || random())::bytea) || sha256(random()::text::bytea), 'base64'), E'\\n', '')`,
};

/** A database of about `megabytes` on disk in four tables, with their primary keys; its URL. */
export async function createSizedDatabase(cluster: Cluster, texture: Texture, megabytes: number): Promise<string> {
  const name = `${texture}_${megabytes}`;
  const admin = await connect(cluster.url, { applicationName: 'bench' });
  await admin.query(`CREATE DATABASE ${name}`).finally(() => admin.close());
  const url = new URL(cluster.url);
  url.pathname = `/${name}`;
  const connection = await connect(url.href, { applicationName: 'bench' });
  try {
    const tables = ['events_a', 'events_b', 'events_c', 'events_d'];
    for (const table of tables) {
      await connection.query(
        `CREATE TABLE ${table} (id bigint PRIMARY KEY, at timestamptz NOT NULL, account int NOT NULL, body text NOT NULL)`,
      );
    }
    for (let turn = 0; ; turn++) {
      const [size] = await connection.query<{ mb: number }>(
        'SELECT (pg_database_size(current_database()) / 1000000)::int AS mb',
      );
      const left = megabytes - (size?.mb ?? 0);
      if (left <= 0) break;
      const rows = Math.min(rowsAtOnce, left * 3_000);
      const from = turn * rowsAtOnce;
      await connection.query(
        `INSERT INTO ${tables[turn % tables.length]} SELECT g, timestamptz '2026-01-01' + g * interval '1 second', g % 10007, ${textOf[texture]}
           FROM generate_series(${from + 1}, ${from + rows}) AS g`,
      );
    }
    await connection.query('VACUUM ANALYZE');
    await connection.query('CHECKPOINT');
    return url.href;
  } finally {
    await connection.close();
  }
}
