import { createServer, connect as dial, type Socket } from 'node:net';

/** The run's only way to its database: tells when the transaction of a migration is about to be committed, and when it was. */
export interface PostgresGate extends AsyncDisposable {
  url: string;
}

/**
 * @param onCommit called before the COMMIT of a migration is passed on; false keeps it from the server
 * @param onCommitted called when the server has answered it, before the run hears of it
 */
export async function startPostgresGate(
  target: string,
  onCommit: () => boolean,
  onCommitted: () => void,
): Promise<PostgresGate> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(Number(port), hostname);
    let committing = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    upstream.on('close', () => client.destroy());
    // What was sent is still done when its sender is dead.
    client.on('close', () => committing || upstream.destroy());
    client.on('data', (chunk) => {
      if (isCommit(chunk)) {
        if (!onCommit()) return void client.destroy();
        committing = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (committing && chunk.includes('COMMIT\0')) {
        committing = false;
        onCommitted();
      }
      if (client.destroyed) upstream.destroy();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The last message of a file: its row in the history and the COMMIT in one. */
function isCommit(chunk: Buffer): boolean {
  return chunk.includes('INSERT INTO supabase_migrations.schema_migrations') && chunk.includes('COMMIT');
}
