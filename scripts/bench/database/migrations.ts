import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { type Distance, startDistance } from './distance.ts';
import { measure, measureAction } from './processes.ts';
import { type Comparison, median } from './report.ts';

const cli = join(
  import.meta.dirname,
  `../../../.tools/node_modules/@supabase/cli-${process.platform}-${process.arch}/bin/supabase`,
);
const aim = 0.5;
const roundTripMs = 20;

/**
 * Migrations without a backup on a fresh database, and then again with nothing pending, by our bundle and by the real Supabase
 * CLI started directly; they take turns, locally and through a proxy that makes each round trip 20 ms long.
 */
export async function migrations(given: { rounds: number; counts: readonly number[] }): Promise<Comparison[]> {
  if (!existsSync(cli)) throw new Error('no Supabase CLI in .tools: .ci/install-tools fetches it');
  const cluster = await startCluster({ listen: 'tcp' });
  const distance = await startDistance(cluster.url, roundTripMs);
  const projects: string[] = [];
  try {
    const rows: Comparison[] = [];
    for (const where of ['locally', `${roundTripMs} ms away`]) {
      for (const count of given.counts) {
        const project = await createProject(count);
        projects.push(project);
        const seconds = await takeTurns(cluster, where === 'locally' ? undefined : distance, project, given.rounds);
        const of = `${count} ${count === 1 ? 'file' : 'files'}, ${where}`;
        rows.push(
          { name: `migrations: ${of}`, own: median(seconds.ours), peer: median(seconds.theirs), aim },
          {
            name: `nothing pending: ${of}`,
            own: median(seconds.oursAgain),
            peer: median(seconds.theirsAgain),
            aim,
          },
        );
      }
    }
    return rows;
  } finally {
    await distance.close();
    await cluster.stop();
    for (const project of projects) await rm(project, { recursive: true, force: true });
  }
}

async function takeTurns(cluster: Cluster, distance: Distance | undefined, project: string, rounds: number) {
  const seconds = {
    ours: [] as number[],
    theirs: [] as number[],
    oursAgain: [] as number[],
    theirsAgain: [] as number[],
  };
  const address = (name: string) => {
    const url = new URL(distance?.url ?? cluster.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const ours = async (name: string, decision: string) => {
    const inputs = { 'database-url': address(name), backup: 'skip' };
    const run = await measureAction('migrate-with-backup', inputs, { workspace: project });
    if (!run.output.includes(decision)) throw new Error(`unexpected ending: ${run.output}`);
    return run.seconds;
  };
  const theirs = async (name: string) => {
    const run = await measure({
      command: cli,
      // A server that exists for this run only: its password may be in argv.
      args: ['db', 'push', '--db-url', `${address(name)}?sslmode=disable`, '--yes', '--output-format', 'json'],
      cwd: project,
      environment: { HOME: project, SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    });
    return run.seconds;
  };
  for (let round = 0; round < rounds; round++) {
    const [one, other] = [await createDatabase(cluster), await createDatabase(cluster)];
    seconds.theirs.push(await theirs(one));
    seconds.ours.push(await ours(other, 'applied'));
    seconds.theirsAgain.push(await theirs(one));
    seconds.oursAgain.push(await ours(other, 'pending'));
    await dropDatabases(cluster, [one, other]);
  }
  return seconds;
}

async function createProject(count: number): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'ops-actions-bench-project-'));
  const folder = join(project, 'supabase/migrations');
  await mkdir(folder, { recursive: true });
  await writeFile(join(project, 'supabase/config.toml'), 'project_id = "bench"\n');
  for (let index = 1; index <= count; index++) {
    const sql = `CREATE TABLE notes_${index} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL);
ALTER TABLE notes_${index} ENABLE ROW LEVEL SECURITY;
`;
    await writeFile(join(folder, `${20260101000000 + index}_notes_${index}.sql`), sql);
  }
  return project;
}

let databases = 0;

async function createDatabase(cluster: Cluster): Promise<string> {
  const name = `bench_${++databases}`;
  await asAdmin(cluster, `CREATE DATABASE ${name}`);
  return name;
}

async function dropDatabases(cluster: Cluster, names: readonly string[]): Promise<void> {
  for (const name of names) await asAdmin(cluster, `DROP DATABASE ${name} WITH (FORCE)`);
}

async function asAdmin(cluster: Cluster, sql: string): Promise<void> {
  const connection = await connect(cluster.url, { applicationName: 'bench' });
  await connection.query(sql).finally(() => connection.close());
}
