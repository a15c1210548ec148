import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOneTimeKey } from '#backup/age-stream';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createNaiveProof } from './naive-proof.ts';
import { measure, measureAction } from './processes.ts';
import { type Comparison, median } from './report.ts';
import { createSizedDatabase, type Texture } from './sized-databases.ts';

/**
 * Where rows hardly differ, gzip takes less time than the server needs for giving them out (0.6 of the peer's whole time on two cores): it is
 * printed, and no aim is set.
 */
const aims: Record<Texture, { backup?: number; proof?: number }> = {
  compressible: { backup: 0.5, proof: 0.7 },
  random: { backup: 0.35, proof: 0.7 },
  repetitive: {},
};
const textures = Object.keys(aims) as Texture[];
const memoryAim = 200;

/** What a backup is measured on. */
export interface BackupBench {
  /** On disk, decimal; the memory is also measured on a database ten times as large where `large` is set. */
  megabytes: number;
  rounds: number;
  large: boolean;
}

/** A server on disk and a recipient of its backups, for the time of `body`. */
async function withServer<T>(body: (cluster: Cluster, recipient: string) => Promise<T>): Promise<T> {
  const { recipient } = await createOneTimeKey();
  const cluster = await startCluster({ listen: 'tcp', directory: tmpdir() });
  return await body(cluster, recipient).finally(() => cluster.stop());
}

/**
 * Our backup until it is stored (dump, compression, encryption; the counting comes with the proof) against plain
 * `pg_dump -Fc -f file`, in turns; and the memory of the whole proof.
 */
export async function backups({ megabytes, rounds, large }: BackupBench): Promise<Comparison[]> {
  return await withServer(async (cluster, recipient) => {
    const rows: Comparison[] = [];
    for (const texture of textures) {
      const url = await createSizedDatabase(cluster, texture, megabytes);
      const [own, peer]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        peer.push(await inFolder((folder) => plainDump(cluster, url, folder)));
        own.push(
          await inFolder(async (folder) => (await ours(url, recipient, folder, { until: 'backup stored' })).seconds),
        );
      }
      const name = `backup: ${megabytes} MB, ${texture}`;
      rows.push(withAim({ name, own: median(own), peer: median(peer) }, aims[texture].backup));
      rows.push(await peakOf(url, recipient, `memory of backup and proof: ${megabytes} MB, ${texture}`));
    }
    if (large) {
      const name = `memory of backup and proof: ${megabytes * 10} MB, compressible`;
      const room = await missingRoom(megabytes * 10);
      if (room === undefined) {
        const url = await createSizedDatabase(cluster, 'compressible', megabytes * 10);
        rows.push(await peakOf(url, recipient, name));
      } else rows.push({ name: `${name} (${room})`, own: Number.NaN, aim: memoryAim, unit: 'MB' });
    }
    return rows;
  });
}

/** Why a database of this size finds no place: itself with its log, the scratch copy of twice its size, and the backup; undefined: it does. */
async function missingRoom(megabytes: number): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(tmpdir());
  const [needed, there] = [megabytes * 3.5 + 1_000, (bavail * bsize) / 1_000_000].map((mb) => Math.ceil(mb / 1_000));
  return (there ?? 0) >= (needed ?? 0)
    ? undefined
    : `needs ${needed} GB in ${tmpdir()}, which has ${there}; or --no-large`;
}

/** The whole proof against what people write by hand, in turns. */
export async function proofs({ megabytes, rounds }: BackupBench): Promise<Comparison[]> {
  return await withServer(async (cluster, recipient) => {
    const rows: Comparison[] = [];
    for (const texture of textures) {
      const url = await createSizedDatabase(cluster, texture, megabytes);
      const naive = await createNaiveProof(cluster, url);
      try {
        const [own, peer]: [number[], number[]] = [[], []];
        for (let round = 0; round < rounds; round++) {
          peer.push(await naive.run());
          own.push(await inFolder(async (folder) => (await ours(url, recipient, folder, {})).seconds));
        }
        const name = `whole proof: ${megabytes} MB, ${texture}`;
        rows.push(withAim({ name, own: median(own), peer: median(peer) }, aims[texture].proof));
      } finally {
        await naive.remove();
      }
    }
    return rows;
  });
}

function withAim(row: Comparison, aim: number | undefined): Comparison {
  return aim === undefined ? row : { ...row, aim };
}

async function peakOf(url: string, recipient: string, name: string): Promise<Comparison> {
  const { peakMb } = await inFolder((folder) => ours(url, recipient, folder, { memory: true }));
  return { name, own: peakMb, aim: memoryAim, unit: 'MB' };
}

async function ours(url: string, recipient: string, folder: string, how: { until?: string; memory?: boolean }) {
  const inputs = {
    'database-url': url,
    'backup-destination': 'directory',
    'backup-path': join(folder, 'backups'),
    'age-recipients': recipient,
  };
  return await measureAction('backup', inputs, { workspace: folder, ...how });
}

async function plainDump(cluster: Cluster, url: string, folder: string): Promise<number> {
  const run = await measure({
    command: join(cluster.binaries.directory, 'pg_dump'),
    // The password of a server that exists for this run only.
    args: ['-Fc', '-f', join(folder, 'plain.dump'), url],
    environment: {},
  });
  return run.seconds;
}

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ops-actions-bench-'));
  return await body(folder).finally(() => rm(folder, { recursive: true, force: true }));
}
