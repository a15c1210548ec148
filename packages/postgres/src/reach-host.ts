import { connect } from 'node:net';

/**
 * Why no TCP connection to this place can be made from here, e.g. `ENETUNREACH` for an IPv6 address on a machine without IPv6 or
 * `no answer`; undefined: the way is there, also where nobody listens at its end.
 */
export function reachHost(
  host: string,
  port: number,
  options: { patienceMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<string | undefined> {
  const { patienceMs = 5_000, signal } = options;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end('no answer'), patienceMs);
    const abort = () => {
      end(undefined);
      reject(signal?.reason);
    };
    const end = (reason: string | undefined) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => end(undefined));
    // Of several addresses the first refusal names the group, too.
    socket.once('error', (error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }) => {
      const codes = [error.code, ...(error.errors ?? []).map(({ code }) => code)];
      end(codes.includes('ECONNREFUSED') ? undefined : (error.code ?? 'no reason given'));
    });
  });
}
