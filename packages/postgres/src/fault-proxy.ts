import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `cut` ends every connection; `silence` keeps this one open and lets nothing through any more, `silence-all` does so to every one, new ones too. */
export type PathFault = 'cut' | 'silence' | 'silence-all';

/** What is about to travel. */
export interface PassingBytes {
  from: 'client' | 'server';
  bytes: Buffer;
  /** Of this direction, over all connections, with these. */
  total: number;
}

export interface FaultProxy {
  port: number;
  /** True once a fault has happened. */
  readonly broken: boolean;
  close(): void;
}

/**
 * For tests: stands between us and a server on this machine. `fault` is asked before anything travels, and once it names one the
 * bytes it was asked about are lost; with `after` they still arrive.
 */
export async function startFaultProxy(
  port: number,
  fault: (passing: PassingBytes) => PathFault | { after: PathFault } | undefined,
): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const totals = { client: 0, server: 0 };
  let broken = false;
  let allSilent = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    let silent = false;
    const pass = (from: PassingBytes['from'], to: Socket) => (bytes: Buffer) => {
      if (silent || allSilent) return;
      totals[from] += bytes.length;
      const asked = fault({ from, bytes, total: totals[from] });
      if (asked === undefined) return void to.write(bytes);
      broken = true;
      const kind = typeof asked === 'string' ? asked : asked.after;
      if (typeof asked !== 'string') to.write(bytes);
      silent = true;
      allSilent ||= kind === 'silence-all';
      if (kind === 'cut') for (const socket of sockets) socket.destroy();
    };
    for (const [from, socket, other] of [['client', near, far] as const, ['server', far, near] as const]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', pass(from, other));
      // The end of one side is no news that travels through silence.
      socket.on('close', () => silent || allSilent || other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get broken() {
      return broken;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
