import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOneTimeKey } from '#backup/age-stream';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { query } from '#backup/test-database';
import { startSandbox } from '#sandbox/start-sandbox';
import { type DatabaseGate, type Effect, type Passing, startDatabaseGate } from './database-gate.ts';
import { canary, type Ended, filesWith } from './database-world.ts';

const root = join(import.meta.dirname, '../..');

/** One project of the platform with its database, its ledger and a place for backups; runners come and go. */
export interface ProjectWorld extends AsyncDisposable {
  /** A fresh runner with an empty disk. `decide` answers `kill` for the effect before which, or after which, it dies. */
  run(
    attempt: number,
    decide?: (effect: Effect) => 'pass' | 'kill before' | 'kill after',
  ): Promise<Ended & { effects: Effect[] }>;
  /** How often the platform was asked to go back. */
  asked(): number;
  rows(): Promise<number>;
  writable(): Promise<boolean>;
  /** What is wrong with the restore points (I10), and with what lies open (I8). */
  brokenBackups(): Promise<string[]>;
}

/** Twenty rows now, twelve at the moment to go back to; what comes back is another server, as at the platform. */
export async function createProjectWorld(): Promise<ProjectWorld> {
  const sandbox = await startSandbox({ postgres: false });
  const backups = await mkdtemp(join(tmpdir(), 'ops-actions-backups-'));
  const key = await createOneTimeKey();
  const clusters: Cluster[] = [await startCluster({ listen: 'tcp' })];
  const before = new URL(clusters[0]?.url ?? '');
  const { supabase, github } = sandbox.description;
  const platform = new URL(supabase.apiUrl);
  const targets = {
    databaseUrl: before.href,
    services: { platform: platform.origin, ledger: new URL(github.apiUrl).origin },
  };
  const fill = (url: string, rows: number) =>
    query(
      url,
      `CREATE TABLE notes (id int PRIMARY KEY, title text); INSERT INTO notes SELECT g, '${canary}' FROM generate_series(1, ${rows}) g`,
    );
  await fill(before.href, 20);
  const now = Math.floor(Date.now() / 1000);
  Object.assign(sandbox.supabase.backups, {
    ...{ pitrEnabled: true, walgEnabled: true, earliest: now - 86_400, latest: now - 60, restoringLooks: 1 },
    async onRestore() {
      const back = await startCluster({ listen: 'tcp' });
      clusters.push(back);
      await fill(back.url, 12);
      await query(back.url, `ALTER ROLE postgres PASSWORD '${before.password}'`);
      const url = new URL(back.url);
      url.password = before.password;
      targets.databaseUrl = url.href;
    },
  });
  const inputs = {
    ...{ mode: 'point-in-time', environment: 'production', 'github-token': github.token, 'restore-within': '30m' },
    ...{ 'supabase-access-token': supabase.token, 'supabase-project': supabase.project, confirm: supabase.project },
    'recovery-time': new Date((now - 3_600) * 1000).toISOString(),
    ...{ 'backup-destination': 'directory', 'backup-path': backups, 'age-recipients': key.recipient },
    'check-tables': 'notes',
  };
  return {
    async run(attempt, decide = () => 'pass') {
      const disk = await mkdtemp(join(tmpdir(), 'ops-actions-runner-'));
      await mkdir(join(disk, 'work'));
      await writeFile(join(disk, 'event.json'), JSON.stringify({ repository: { private: true } }));
      let kill = () => {};
      const gate: DatabaseGate = await startDatabaseGate(targets, (effect): Passing => {
        const verdict = decide(effect);
        if (verdict === 'pass') return 'pass';
        kill();
        return verdict === 'kill before' ? 'lose' : 'pass-unheard';
      });
      try {
        const given = { ...inputs, 'target-url': gate.databaseUrl };
        const ledger = `${gate.address('ledger')}${new URL(github.apiUrl).pathname}`.replace(/\/$/, '');
        // The source, not the bundle: what is tested is what was written.
        const child = spawn(process.execPath, [join(root, 'actions/restore/src/index.ts')], {
          cwd: join(disk, 'work'),
          env: {
            ...{ PATH: process.env.PATH ?? '', HOME: disk, TMPDIR: disk, RUNNER_TEMP: disk },
            ...{ GITHUB_WORKSPACE: join(disk, 'work'), GITHUB_OUTPUT: join(disk, 'output') },
            ...{ GITHUB_EVENT_PATH: join(disk, 'event.json'), GITHUB_REPOSITORY: github.repository },
            ...{ GITHUB_API_URL: ledger, GITHUB_SHA: '0'.repeat(40), GITHUB_ACTOR: 'maria' },
            ...{ GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: String(attempt) },
            OPS_ACTIONS_SUPABASE_API_URL: `${gate.address('platform')}${platform.pathname}`.replace(/\/$/, ''),
            ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        kill = () => child.kill('SIGKILL');
        let output = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
        const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
        await gate.idle();
        const left = await filesWith(disk, canary);
        if (left.length > 0) throw new Error(`I8: a row lies in ${left.join(', ')}`);
        const outputs = await readFile(join(disk, 'output'), 'utf8').catch(() => '');
        return { exitCode, output, outputs, pid: child.pid ?? 0, effects: gate.effects };
      } finally {
        await gate[Symbol.asyncDispose]();
        await rm(disk, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    asked: () => sandbox.supabase.backups.restores.length,
    rows: async () => (await query(targets.databaseUrl, 'SELECT FROM notes')).length,
    writable: async () =>
      (
        await query<{ off: boolean }>(
          targets.databaseUrl,
          "SELECT current_setting('transaction_read_only') = 'off' AS off",
        )
      )[0]?.off === true,
    brokenBackups: () => brokenBackups(backups),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([sandbox.close(), ...clusters.map((cluster) => cluster.stop())]);
      await rm(backups, { recursive: true, force: true });
    },
  };
}

async function brokenBackups(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const broken = (await filesWith(folder, canary)).map((name) => `I8: a row lies open in ${name}`);
  for (const name of names.filter((one) => one.endsWith('.manifest.json'))) {
    const { object, contents } = JSON.parse(await readFile(join(folder, name), 'utf8'));
    for (const { file, sha256 } of [object, contents]) {
      const bytes = names.includes(file) ? await readFile(join(folder, file)) : '';
      if (createHash('sha256').update(bytes).digest('hex') !== sha256)
        broken.push(`I10: ${file} is not what ${name} says`);
    }
  }
  return broken;
}
