import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * For tests: a pooler in front of the Unix socket of a server that asks nobody for a password. Each transaction of a
 * client (everything up to a Query or Sync message) goes to the one of its two server connections that `choose` names by the
 * number of the transaction, counted from 0. Answers come in the order of the questions.
 */
export async function startPooler(
  socketPath: string,
  choose: (transaction: number) => 0 | 1,
): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = [0, 1].map(() => connect(socketPath));
    for (const socket of [near, ...far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const one of [near, ...far]) one.destroy();
      });
    }
    const waiting: Buffer[] = [];
    let transactions = 0;
    // Until both have greeted; the greeting of the first is the client's.
    let greeting = 2;
    let busy = false;
    const next = () => {
      if (busy || greeting > 0) return;
      const batch = waiting.shift();
      if (batch === undefined) return;
      busy = true;
      far[choose(transactions++)]?.write(batch);
    };
    far.forEach((socket, index) => {
      let greeted = false;
      socket.on(
        'data',
        messages((message) => {
          if (greeted || index === 0) near.write(message);
          if (message[0] !== readyForQuery) return;
          if (greeted) busy = false;
          else greeting--;
          greeted = true;
          next();
        }),
      );
    });
    let batch: Buffer[] = [];
    const fromClient = messages((message) => {
      batch.push(message);
      if (message[0] !== query && message[0] !== sync) return;
      waiting.push(Buffer.concat(batch));
      batch = [];
      next();
    });
    // The first message has no letter in front of its length, and comes in one piece.
    near.once('data', (startup) => {
      for (const socket of far) socket.write(startup);
      near.on('data', fromClient);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const [readyForQuery, query, sync] = ['Z', 'Q', 'S'].map((letter) => letter.charCodeAt(0));

/** Cuts bytes into messages: a letter, and a length that counts itself (PostgreSQL: protocol, message formats). */
function messages(each: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      each(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
