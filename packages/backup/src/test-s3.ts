import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as passOn, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import type { S3Connection } from './s3-client.ts';

/** What the proxy in front of the store does with one request. */
export type Fault =
  | { answer: number; body?: string }
  /** The request arrives, its answer does not. */
  | 'lose-answer'
  /** The connection ends after half of the answer's body, or of what is there by then. */
  | 'cut-answer'
  /** The answer's head arrives and nothing after it. */
  | 'silence'
  /** One bit of the answer's body is another. */
  | 'alter-answer';

export interface TestStore {
  connection: S3Connection;
  /** Where the objects of bucket `backups` lie. */
  folder: string;
  /** Method, path and query of every request so far. */
  seen: string[];
  /** Decides for each request; absent: none fails. */
  faults?: ((request: { method: string; url: string; count: number }) => Fault | undefined) | undefined;
  stop(): Promise<void>;
}

const folders = [join(import.meta.dirname, '../../../.tools/bin'), ...(process.env.PATH ?? '').split(delimiter)];
const program = folders.map((path) => join(path, 'versitygw')).find((file) => existsSync(file));

/** For tests: why there is no S3 store here; false where there is one. */
export const storeMissing =
  program === undefined ? 'no versitygw on this machine (.ci/install-tools builds it where Go is)' : false;

/** For tests: an S3 server that checks signatures, digests and conditions (versitygw), behind a proxy that can fail. */
export async function startStore(): Promise<TestStore> {
  if (program === undefined) throw new Error('no versitygw');
  const root = await mkdtemp(join(tmpdir(), 'store-'));
  const folder = join(root, 'backups');
  await mkdir(folder);
  const port = await freePort();
  const secretAccessKey = 'test-secret-of-the-store';
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', root], {
    env: { ROOT_ACCESS_KEY_ID: 'test-access-key', ROOT_SECRET_ACCESS_KEY: secretAccessKey },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    const { method = '', url = '' } = request;
    seen.push(`${method} ${url}`);
    const count = seen.filter((one) => one === `${method} ${url}`).length;
    relay(request, response, port, store.faults?.({ method, url, count }));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const store: TestStore = {
    connection: {
      endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      region: 'us-east-1',
      accessKeyId: 'test-access-key',
      secretAccessKey,
    },
    folder,
    seen,
    async stop() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      child.kill();
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
  for (let tries = 0; !(await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)); tries += 1) {
    if (tries > 200) throw new Error('versitygw did not start');
    await wait(25);
  }
  return store;
}

/** For tests: parts of uploads that nobody has finished; versitygw keeps them in a hidden folder of the bucket. */
export async function unfinishedUploads(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, '.sgwtmp'), { recursive: true }).catch(() => []);
  return entries.filter((name) => name.split('/').length > 2);
}

function relay(request: IncomingMessage, response: ServerResponse, port: number, fault: Fault | undefined): void {
  if (typeof fault === 'object') {
    request.resume();
    request.once('end', () => response.writeHead(fault.answer).end(fault.body));
    return;
  }
  const { method, url, headers } = request;
  const sent = passOn({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.once('end', () => {
      const body = Buffer.concat(chunks);
      if (fault === 'lose-answer') return response.destroy();
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      if (fault === 'alter-answer' && body.length > 0) body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
      if (fault !== 'cut-answer' && fault !== 'silence') return response.end(body);
      response.write(body.subarray(0, body.length >> 1), () => {
        if (fault === 'cut-answer') setTimeout(() => response.destroy(), 20);
      });
    });
  });
  sent.once('error', () => response.destroy());
  request.pipe(sent);
}
