import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { standardLimits } from '#postgres/judge-size';
import type { MigrationPorts } from '../src/migrate.ts';
import type { MigrateOptions } from '../src/plan-options.ts';
import { bundle, createWorkspace } from './run-bundle.ts';

const installed = (await listPostgres()).some((found) => found.server);
export const skip = !existsSync(bundle)
  ? 'dist is not built: npm run build migrate-with-backup'
  : installed
    ? false
    : 'no PostgreSQL server programs on this machine';

export const notes = {
  '20260101000000_notes.sql': `create table notes (id int primary key, title text); insert into notes values (1, 'canary-row');`,
};
export const safe = { '20260102000000_rating.sql': 'alter table notes add column rating integer not null default 0;' };

/** Options of a run that applies the files of a folder without a backup. */
export const migrateOptions = (
  given: Pick<MigrateOptions, 'url' | 'directory'> & Partial<MigrateOptions>,
): MigrateOptions => ({
  folder: 'm',
  named: true,
  mode: 'apply',
  phase: 'expand',
  onFailure: 'stop',
  backup: 'skip',
  destinations: [],
  recipients: [],
  gpgRecipients: [],
  verify: 'restore',
  lockTimeoutMs: 1_000,
  statementTimeoutMs: 0,
  limits: standardLimits,
  includeAll: false,
  replay: false,
  expected: [],
  apply: 'automatic',
  back: { byName: true, limitMs: 30 * 60_000, tables: [], checks: [] },
  weakenings: [],
  ...given,
});

const nobody = () => assert.fail('not asked for');

/** Ports of such a run: what a test does not give must not be asked for. */
export const migrationPorts = (given: Partial<MigrationPorts> = {}): MigrationPorts => ({
  log: () => {},
  signal: new AbortController().signal,
  folderExists: async () => true,
  record: async () => {},
  checkBackup: nobody,
  createBackup: nobody,
  platformPoint: nobody,
  youngBackup: nobody,
  newestBackup: nobody,
  inRelease: false,
  commit: async () => 'f'.repeat(40),
  now: Date.now,
  run: nobody,
  changedMigrations: nobody,
  scratch: nobody,
  ...given,
});

export type Fixture = Awaited<ReturnType<typeof startFixture>>;

/** A server with a database for each case, and checkouts to migrate it from. */
export async function startFixture() {
  const cluster = await startCluster({ listen: 'tcp' });
  const { recipient } = await createOneTimeKey();
  const workspaces: Awaited<ReturnType<typeof createWorkspace>>[] = [];
  let counter = 0;
  async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
    const connection = await connect(url, { applicationName: 'test' });
    try {
      return await connection.query<Row>(sql);
    } finally {
      await connection.close();
    }
  }
  return {
    recipient,
    query,
    async database(): Promise<string> {
      const name = `case${++counter}`;
      await query(cluster.url, `CREATE DATABASE ${name}`);
      const url = new URL(cluster.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async workspace(migrations: Record<string, string>) {
      const made = await createWorkspace(migrations);
      workspaces.push(made);
      return made;
    },
    withBackup: (url: string, backups: string) => ({
      'database-url': url,
      environment: 'production',
      'backup-destination': 'directory',
      'backup-path': backups,
      'age-recipients': recipient,
    }),
    async history(url: string): Promise<string[]> {
      const rows = await query<{ version: string }>(
        url,
        'SELECT version FROM supabase_migrations.schema_migrations ORDER BY 1',
      );
      return rows.map((row) => row.version);
    },
    async end(): Promise<void> {
      await cluster.stop();
      for (const workspace of workspaces) await workspace.remove();
    },
  };
}
