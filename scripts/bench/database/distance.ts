import { createServer, connect as dial, type Socket } from 'node:net';

/** A way to a database that is as long as one to another region, and counts who takes it. */
export interface Distance {
  url: string;
  connections(): number;
  close(): Promise<void>;
}

/** A proxy in front of the server of `url`; every byte takes half of `roundTripMs` in each direction. */
export async function startDistance(url: string, roundTripMs: number): Promise<Distance> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let count = 0;
  const later = (body: () => void) => (roundTripMs === 0 ? body() : setTimeout(body, roundTripMs / 2));
  const server = createServer({ noDelay: true }, (near) => {
    count += 1;
    const far = dial({ host: hostname, port: Number(port), noDelay: true });
    const ways: [Socket, Socket][] = [
      [near, far],
      [far, near],
    ];
    for (const [from, to] of ways) {
      open.add(from);
      from.on('error', () => {});
      from.on('data', (chunk) => later(() => to.write(chunk)));
      from.on('end', () => later(() => to.end()));
      from.on('close', () => {
        open.delete(from);
        later(() => to.destroy());
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: through.href,
    connections: () => count,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
