import { createServer, type RequestListener } from 'node:http';

export interface Listener {
  port: number;
  /** `127.0.0.1:PORT`: names below localhost do not resolve everywhere. */
  host: string;
  url: string;
  /** Ends open connections, too. */
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(onRequest: RequestListener): Promise<Listener> {
  const server = createServer({ keepAliveTimeout: 30_000 }, onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
