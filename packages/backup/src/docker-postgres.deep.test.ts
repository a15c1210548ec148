import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { dockerEnvironment, findDockerPostgres } from './docker-postgres.ts';
import { startCluster } from './scratch-cluster.ts';
import { sweepScratchFolders } from './scratch-folder.ts';

const inDocker = await findDockerPostgres({});

test('a backup is made and proven with Docker alone', {
  skip: inDocker ? false : 'Docker has no postgres image',
}, async () => {
  const binaries = inDocker ?? assert.fail();
  const folder = await mkdtemp(join(tmpdir(), 'docker-backup-'));
  const source = await startCluster({ binaries, listen: 'tcp' });
  try {
    const connection = await connect(source.url, { applicationName: 'test' });
    await connection.query(`CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 100)`);
    await connection.close();
    const { recipient } = await createOneTimeKey();
    const { manifest } = await createBackup({
      url: source.url,
      binaries,
      name: 'b',
      destinations: [directoryDestination(folder)],
      recipients: [recipient],
      clock: systemClock,
    });
    assert.deepEqual([manifest.verification.verdict, manifest.rows], ['verified', 100], manifest.verification.message);
    assert.equal(manifest.verification.separateUser, true);
  } finally {
    await source.stop();
    await rm(folder, { recursive: true });
  }
  assert.doesNotMatch(await runningContainers(), /ops-actions-scratch/);
});

test('a container whose owner was killed ends and is swept', {
  skip: inDocker ? false : 'Docker has no postgres image',
}, async () => {
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `const { startCluster } = await import(${module('./scratch-cluster.ts')});
    const { findDockerPostgres } = await import(${module('./docker-postgres.ts')});
    const cluster = await startCluster({ binaries: await findDockerPostgres({}) });
    process.stdout.write(cluster.socketDirectory + '\\n');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const folder = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text).trim())),
  );
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  await sweepScratchFolders(dirname(folder));
  assert.ok(!(await runningContainers()).includes(basename(folder)));
  await assert.rejects(access(folder));
});

async function runningContainers(): Promise<string> {
  const args = ['ps', '--format', '{{.Names}}'];
  return (await runTool({ command: 'docker', args, environment: dockerEnvironment(), deadlineMs: 20_000 })).stdout;
}
