import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { bootstrapMigrationHistory, recordMigration } from '#postgres/migration-history';
import { startDistance } from './distance.ts';
import { measureAction } from './processes.ts';
import { type Comparison, median } from './report.ts';

const tables = 5_000;
const files = 1_000;

/** Mode plan on 1,000 pending files against a database of 5,000 tables: its time, and how often it connects. */
export async function plan({ rounds }: { rounds: number }): Promise<Comparison[]> {
  // A lock for each table in one transaction, while they are made.
  const cluster = await startCluster({ listen: 'tcp' });
  const workspace = await mkdtemp(join(tmpdir(), 'ops-actions-bench-plan-'));
  const distance = await startDistance(cluster.url, 0);
  try {
    await createTables(cluster.url);
    await writeFiles(workspace);
    const seconds: number[] = [];
    let connections = 0;
    for (let round = 0; round < rounds; round++) {
      const before = distance.connections();
      const inputs = { 'database-url': distance.url, mode: 'plan' };
      const run = await measureAction('migrate-with-backup', inputs, { workspace });
      if (!run.output.includes('0999_change'))
        throw new Error(`the plan does not name its files: ${run.output.slice(-500)}`);
      seconds.push(run.seconds);
      connections = Math.max(connections, distance.connections() - before);
    }
    const name = `plan: ${files} files, ${tables} tables`;
    return [
      { name, own: median(seconds), aim: 5 },
      { name, own: connections, aim: 1, unit: 'connections' },
    ];
  } finally {
    await distance.close();
    await cluster.stop();
    await rm(workspace, { recursive: true, force: true });
  }
}

const first = { version: '20260101000000', name: 'first', sql: 'CREATE TABLE first (id bigint PRIMARY KEY);\n' };

async function createTables(url: string): Promise<void> {
  const connection = await connect(url, { applicationName: 'bench' });
  try {
    await bootstrapMigrationHistory(connection);
    await connection.run(`${first.sql}${recordMigration({ ...first, statements: [first.sql.trim().slice(0, -1)] })}`);
    for (let from = 0; from < tables; from += 500) {
      await connection.query(
        `DO $$ BEGIN FOR i IN ${from}..${from + 499} LOOP
           EXECUTE format('CREATE TABLE notes_%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, account int)', i);
         END LOOP; END $$`,
      );
    }
    await connection.query('ANALYZE');
  } finally {
    await connection.close();
  }
}

/** Changes of tables that are there, of the kinds that projects make. */
async function writeFiles(workspace: string): Promise<void> {
  const folder = join(workspace, 'supabase/migrations');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${first.version}_first.sql`), first.sql);
  const kinds = [
    (table: string) => `ALTER TABLE ${table} ADD COLUMN rating int NOT NULL DEFAULT 0;\n`,
    (table: string) => `CREATE INDEX CONCURRENTLY ${table}_account ON ${table} (account);\n`,
    (table: string) =>
      `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;\nCREATE POLICY own ON ${table} FOR SELECT USING (true);\n`,
    (table: string) =>
      `CREATE TABLE ${table}_tags (id bigint PRIMARY KEY, tag text NOT NULL);\nCOMMENT ON TABLE ${table} IS 'with tags';\n`,
  ];
  for (let index = 0; index < files; index++) {
    const kind = kinds[index % kinds.length];
    const number = String(index).padStart(4, '0');
    await writeFile(join(folder, `2026020100${number}_${number}_change.sql`), kind?.(`notes_${index}`) ?? '');
  }
}
