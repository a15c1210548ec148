import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, readdir, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#postgres/connection';
import { findPostgres, listPostgres, type PostgresMissing } from './find-postgres.ts';
import { freePort } from './free-port.ts';
import { startCluster } from './scratch-cluster.ts';
import { sweepScratchFolders } from './scratch-folder.ts';
import { parseAccounts } from './unprivileged-user.ts';

const installed = (await listPostgres()).some((found) => found.server);
const options = installed ? {} : { skip: 'no PostgreSQL server programs on this machine' };

test('a missing major is refused with the line that installs it', async () => {
  await assert.rejects(findPostgres({ major: 3 }), (error: PostgresMissing) => {
    assert.equal(error.name, 'PostgresMissing');
    assert.match(error.message, /^PostgreSQL 3 client programs are not on this machine \(found: /);
    return error.installLine !== '';
  });
});

test('accounts are read from passwd lines', () => {
  assert.deepEqual(parseAccounts('root:x:0:0:root:/root:/bin/sh\n\npostgres:x:101:104::/:/bin/sh\n'), [
    { name: 'root', uid: 0, gid: 0 },
    { name: 'postgres', uid: 101, gid: 104 },
  ]);
});

test('a cluster on a socket is private and leaves nothing behind', options, async () => {
  const cluster = await startCluster();
  try {
    assert.equal((await stat(cluster.socketDirectory)).mode & 0o777, 0o700);
    assert.match(cluster.systemIdentifier, /^\d{10,}$/);
    const connection = await connect(cluster.url, { applicationName: 'test' });
    const [row] = await connection.query<{ addresses: string }>(
      `SELECT current_setting('listen_addresses') AS addresses`,
    );
    await connection.close();
    assert.equal(row?.addresses, '');
  } finally {
    await cluster.stop();
  }
  await cluster.stop();
  await assert.rejects(access(cluster.socketDirectory));
});

test('a cluster on tcp wants its password', options, async () => {
  const cluster = await startCluster({ listen: 'tcp' });
  try {
    const connection = await connect(cluster.url, { applicationName: 'test' });
    await connection.close();
    const without = new URL(cluster.url);
    without.password = '';
    await assert.rejects(connect(without.href, { applicationName: 'test' }), /password/);
  } finally {
    await cluster.stop();
  }
});

test('a port that somebody took meanwhile is chosen anew, three times at most', options, async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port: taken } = other.address() as AddressInfo;
  try {
    let asked = 0;
    const choosePort = async () => (++asked === 1 ? taken : await freePort());
    const cluster = await startCluster({ listen: 'tcp', choosePort });
    await cluster.stop();
    assert.equal(asked, 2);
    assert.notEqual(cluster.port, taken);
    asked = 0;
    const always = async () => {
      asked++;
      return taken;
    };
    await assert.rejects(startCluster({ listen: 'tcp', choosePort: always }), /Address already in use/);
    assert.equal(asked, 3);
  } finally {
    other.close();
  }
});

test('an abort while the port is chosen starts no server', options, async () => {
  const controller = new AbortController();
  const choosePort = async () => {
    controller.abort(new Error('stop'));
    return await freePort();
  };
  await assert.rejects(startCluster({ listen: 'tcp', choosePort, signal: controller.signal }), /^Error: stop$/);
});

test('an abort ends the cluster', options, async () => {
  const controller = new AbortController();
  const cluster = await startCluster({ signal: controller.signal });
  controller.abort();
  await cluster.stop();
  await assert.rejects(access(cluster.socketDirectory));
});

test('the server of a killed process ends, and its folder is swept at the next start', options, async () => {
  const script = `const { startCluster } = await import(${JSON.stringify(new URL('./scratch-cluster.ts', import.meta.url).href)});
    const cluster = await startCluster();
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
  const parent = folder.slice(0, folder.lastIndexOf('/'));
  for (let attempt = 0; attempt < 600; attempt++) {
    await sweepScratchFolders(parent);
    if (!(await readdir(parent)).includes(folder.slice(parent.length + 1))) return;
    await delay(50);
  }
  assert.fail(`${folder} is still there`);
});
