import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { bootstrapMigrationHistory, recordMigration } from '#postgres/migration-history';
import { migrations } from './consumer.ts';

/** One server for all worlds of a test; each world gets databases of its own from it. */
export interface Databases extends AsyncDisposable {
  /** A database with the first `applied` migrations; its connection string. */
  create(applied: 0 | 1 | 2): Promise<string>;
}

export async function startDatabases(): Promise<Databases> {
  const cluster: Cluster = await startCluster({ listen: 'tcp' });
  const admin = await connect(cluster.url, { applicationName: 'crash tests' });
  let count = 0;
  return {
    async create(applied) {
      const name = `world_${++count}`;
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(cluster.url);
      url.pathname = `/${name}`;
      const connection = await connect(url.href, { applicationName: 'crash tests' });
      await apply(connection, applied).finally(() => connection.close());
      return url.href;
    },
    async [Symbol.asyncDispose]() {
      await admin.close();
      await cluster.stop();
    },
  };
}

async function apply(connection: DatabaseConnection, count: number): Promise<void> {
  await bootstrapMigrationHistory(connection);
  for (const [file, sql] of Object.entries(migrations).slice(0, count)) {
    const { version, name } = nameOf(file);
    const statements = sql.split('\n').filter((line) => line !== '');
    await connection.run(`${sql}${recordMigration({ version, name, statements })}`);
  }
}

/** What the history and the catalog say about every committed file. */
export async function readMigrationState(url: string): Promise<{ file: string; recorded: boolean; tables: number }[]> {
  const connection = await connect(url, { applicationName: 'crash tests' });
  try {
    const rows = await connection.query<{ version: string }>(
      'SELECT version FROM supabase_migrations.schema_migrations',
    );
    const tables = await connection.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    const names = new Set(tables.map(({ name }) => name));
    return Object.keys(migrations).map((file) => {
      const { version, name } = nameOf(file);
      return {
        file,
        recorded: rows.filter((row) => row.version === version).length === 1,
        tables: [name, `${name}_too`].filter((table) => names.has(table)).length,
      };
    });
  } finally {
    await connection.close();
  }
}

function nameOf(file: string): { version: string; name: string } {
  const [, version = '', name = ''] = /^(\d+)_(\w+)\.sql$/.exec(file) ?? [];
  return { version, name };
}
