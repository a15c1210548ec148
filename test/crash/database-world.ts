import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOneTimeKey, decryptStream, type OneTimeKey } from '#backup/age-stream';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { startStore, type TestStore } from '#backup/test-s3';
import { migrationFiles } from './database-files.ts';
import { type DatabaseGate, type Effect, type Passing, startDatabaseGate } from './database-gate.ts';

const root = join(import.meta.dirname, '../..');
export const canary = 'canary-row-4711';

/** What is shared: a server, a store, a ledger and the key that opens the backups. */
export interface Surroundings extends AsyncDisposable {
  createWorld(prepare: string): Promise<DatabaseWorld>;
}

export interface Ended {
  exitCode: number | null;
  output: string;
  outputs: string;
  pid: number;
}

/** One database with its folder in the store and its ledger; runners come and go. */
export interface DatabaseWorld {
  url: string;
  /** A fresh runner with an empty disk. `decide` answers `kill` for the effect before which, or after which, it dies. */
  run(
    action: string,
    inputs: Record<string, string>,
    attempt: number,
    decide?: (effect: Effect) => 'pass' | 'kill before' | 'kill after',
  ): Promise<Ended & { effects: Effect[] }>;
  /** What is wrong with the restore points that the store and the ledger speak of (I10), and with what lies open (I8). */
  brokenBackups(): Promise<string[]>;
  /** Verdicts of the verifications that the ledger has, newest first. */
  verifications(): string[];
}

export async function startSurroundings(): Promise<Surroundings> {
  const [cluster, store, key, ledger]: [Cluster, TestStore, OneTimeKey, Ledger] = await Promise.all([
    startCluster({ listen: 'tcp' }),
    startStore(),
    createOneTimeKey(),
    startLedger(),
  ]);
  let worlds = 0;
  return {
    async createWorld(prepare) {
      const number = ++worlds;
      const url = await createDatabase(cluster, prepare);
      const prefix = `world-${number}`;
      const repository = `org/world-${number}`;
      return {
        url,
        run: (action, inputs, attempt, decide = () => 'pass') =>
          runOnce({
            action,
            inputs,
            attempt,
            decide,
            url,
            prefix,
            repository,
            store,
            ledger,
            key,
          }),
        brokenBackups: () => brokenBackups(join(store.folder, prefix), ledger.of(repository), key.identity),
        verifications: () => ledger.verifications(repository),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([cluster.stop(), store.stop(), ledger.stop()]);
    },
  };
}

async function runOnce(given: {
  action: string;
  inputs: Record<string, string>;
  attempt: number;
  decide: (effect: Effect) => 'pass' | 'kill before' | 'kill after';
  url: string;
  prefix: string;
  repository: string;
  store: TestStore;
  ledger: Ledger;
  key: OneTimeKey;
}): Promise<Ended & { effects: Effect[] }> {
  const disk = await mkdtemp(join(tmpdir(), 'ops-actions-runner-'));
  const workspace = join(disk, 'work');
  await mkdir(join(workspace, 'supabase/migrations'), { recursive: true });
  for (const [name, sql] of Object.entries(migrationFiles)) {
    await writeFile(join(workspace, 'supabase/migrations', name), sql);
  }
  let kill = () => {};
  const targets = {
    databaseUrl: given.url,
    services: { store: given.store.connection.endpoint ?? '', ledger: given.ledger.url },
  };
  const decide = (effect: Effect): Passing => {
    const verdict = given.decide(effect);
    if (verdict === 'pass') return 'pass';
    kill();
    return verdict === 'kill before' ? 'lose' : 'pass-unheard';
  };
  const isVerification = given.inputs.mode === 'verify';
  const gate: DatabaseGate = await startDatabaseGate(targets, decide, isVerification);
  try {
    const inputs = {
      ...given.inputs,
      environment: 'staging',
      'database-url': gate.databaseUrl,
      'backup-destination': `s3://backups/${given.prefix}`,
      's3-endpoint': gate.address('store'),
      's3-region': given.store.connection.region,
      's3-access-key-id': given.store.connection.accessKeyId,
      's3-secret-access-key': given.store.connection.secretAccessKey,
      // The key itself is only where what is stored is opened again.
      ...(isVerification ? { 'age-identity': given.key.identity } : { 'age-recipients': given.key.recipient }),
      'github-token': 'ghs_test',
    };
    // The source, not the bundle: what is tested is what was written.
    const child = spawn(process.execPath, [join(root, 'actions', given.action, 'src/index.ts')], {
      cwd: workspace,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: disk,
        TMPDIR: disk,
        RUNNER_TEMP: disk,
        GITHUB_WORKSPACE: workspace,
        GITHUB_OUTPUT: join(disk, 'output'),
        GITHUB_REPOSITORY: given.repository,
        GITHUB_SHA: '0'.repeat(40),
        GITHUB_API_URL: gate.address('ledger'),
        GITHUB_RUN_ID: '7',
        GITHUB_RUN_ATTEMPT: String(given.attempt),
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
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
}

export async function filesWith(folder: string, text: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const found: string[] = [];
  for (const name of names) {
    if ((await readFile(join(folder, name), 'latin1').catch(() => '')).includes(text)) found.push(name);
  }
  return found;
}

/** What is wrong with the backups in a folder of a store, and with those that a ledger names. */
export async function brokenBackups(
  folder: string,
  recorded: readonly Recorded[],
  identity: string,
): Promise<string[]> {
  const broken: string[] = [];
  const names = await readdir(folder).catch((): string[] => []);
  const check = async (file: string, sha256: string, who: string) => {
    if (!names.includes(file)) return void broken.push(`I10: ${who} names ${file}, which is not there`);
    const digest = createHash('sha256')
      .update(await readFile(join(folder, file)))
      .digest('hex');
    if (digest !== sha256) broken.push(`I10: ${file} is not what ${who} says`);
    for await (const _ of decryptStream(createReadStream(join(folder, file)), identity));
  };
  for (const { name, object, manifest } of recorded) {
    await check(`${name}.dump.zst.age`, object.sha256, 'the ledger');
    if (!names.includes(`${name}.manifest.json`)) broken.push(`I10: the manifest of ${name} is not there`);
    else if (
      createHash('sha256')
        .update(await readFile(join(folder, `${name}.manifest.json`)))
        .digest('hex') !== manifest.sha256
    )
      broken.push(`I10: the manifest of ${name} is another`);
  }
  for (const name of names.filter((one) => one.endsWith('.manifest.json'))) {
    const { object, contents } = JSON.parse(await readFile(join(folder, name), 'utf8'));
    for (const one of [object, contents]) await check(one.file, one.sha256, name);
  }
  for (const name of await filesWith(folder, canary)) broken.push(`I8: a row lies open in ${name}`);
  return broken;
}

/** A backup as the ledger has it. */
export interface Recorded {
  name: string;
  object: { sha256: string };
  manifest: { sha256: string };
}

interface Ledger {
  url: string;
  /** Backups that are recorded in a repository. */
  of(repository: string): Recorded[];
  verifications(repository: string): string[];
  stop(): Promise<void>;
}

/** As much of GitHub's Deployments as a ledger of backups, verifications and migrations needs. */
async function startLedger(): Promise<Ledger> {
  const kept = new Map<string, { id: number; task: string; payload: Recorded & { verdict: string } }[]>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = new URL(request.url ?? '', 'http://ledger');
    const [, repository = ''] = /^\/repos\/([^/]+\/[^/]+)\//.exec(pathname) ?? [];
    const mine = kept.get(repository) ?? [];
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const created_at = new Date().toISOString();
    if (pathname.endsWith('/statuses')) return answer(201, { id: 1, state: 'inactive', created_at });
    if (request.method === 'GET') return answer(200, mine);
    const given = JSON.parse(Buffer.concat(chunks).toString());
    const made = { ...given, id: mine.length + 1, sha: given.ref, created_at };
    kept.set(repository, [made, ...mine]);
    answer(201, made);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const payloads = (repository: string, task: string) =>
    (kept.get(repository) ?? []).filter((one) => one.task === task).map(({ payload }) => payload);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    of: (repository) => payloads(repository, 'ops-actions:backup'),
    verifications: (repository) => payloads(repository, 'ops-actions:verification').map(({ verdict }) => verdict),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
