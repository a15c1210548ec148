import { createServer, connect as dial, type Socket } from 'node:net';
import { type Gate, type Passage, startGate } from '../../packages/release/test/gate.ts';

/** Something that a run does outside of itself. Which of those with one name counts from 0. */
export interface Effect {
  name: string;
  occurrence: number;
}

/** The run's only way to its database and its services, e.g. its store and its ledger. */
export interface DatabaseGate extends AsyncDisposable {
  databaseUrl: string;
  /** The address of one of the services as the run sees it. */
  address(service: string): string;
  /** In their order. */
  effects: Effect[];
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

/** `lose`: it does not arrive. `pass-unheard`: it is done, and nobody hears the answer. */
export type Passing = 'pass' | 'lose' | 'pass-unheard';

/**
 * `decide` is asked before each effect; a death belongs there, so that nothing can be done with an answer. `databaseUrl` is read
 * for every new session, because a restore may put another server in its place.
 */
export async function startDatabaseGate(
  targets: { databaseUrl: string; services: Record<string, string> },
  decide: (effect: Effect) => Passing,
  /** Reads of the services count as effects, too: for a run that does little else. */
  reads = false,
): Promise<DatabaseGate> {
  const effects: Effect[] = [];
  const ask = (name: string): Passing => {
    const effect = { name, occurrence: effects.filter((one) => one.name === name).length };
    effects.push(effect);
    return decide(effect);
  };
  const services: Gate = await startGate(
    targets.services,
    (passage) => {
      if (!reads && (passage.method === 'GET' || passage.method === 'HEAD')) return 'pass';
      const passing = ask(nameOfRequest(passage));
      return passing === 'lose' ? 'lose-request' : passing === 'pass' ? 'pass' : 'lose-answer';
    },
    () => {},
    'seen',
  );
  const wire = await startWire(() => targets.databaseUrl, ask);
  return {
    databaseUrl: wire.url,
    address: (service) => services.address(service),
    effects,
    async idle() {
      await services.idle();
      await wire.idle();
    },
    async [Symbol.asyncDispose]() {
      await services.close();
      await wire.close();
    },
  };
}

function nameOfRequest({ service, method, path }: Passage): string {
  const [place = '', query = ''] = path.split('?');
  const file = place
    .replace(/^.*\/backup-[\w-]+T\d+Z-\d+\.\d+(?:-\w+)?\./, '')
    .replace(/\/\d+\b/g, '/:n')
    .replace(/\/projects\/\w+/, '/projects/:ref');
  return `${service} ${method} ${file.replace(/^.*\/deployments/, 'deployments')} ${query.replace(/=[^&]*/g, '')}`.trim();
}

const changes: readonly [pattern: RegExp, name: string][] = [
  [
    /INSERT INTO supabase_migrations\.schema_migrations \(version, statements, name\) VALUES \('(\d+)'/,
    'commit of file',
  ],
  [/DELETE FROM supabase_migrations\.schema_migrations WHERE version = '(\d+)'/, 'commit of rollback'],
  [/CREATE TABLE IF NOT EXISTS supabase_migrations\.ops_actions_marker/, 'marker made'],
  [/UPDATE supabase_migrations\.ops_actions_marker SET (done = \d+, started = \w+)/, 'marker'],
  [/create index concurrently (\w+)/, 'index'],
  [/CREATE SCHEMA IF NOT EXISTS supabase_migrations/, 'history made'],
  [/pg_try_advisory_lock/, 'lock'],
  [/ALTER DATABASE "\w+" (SET|RESET) default_transaction_read_only/, 'read-only'],
];

/** What a message to the server changes; undefined: nothing. */
function nameOfMessage(text: string): string | undefined {
  for (const [pattern, name] of changes) {
    const found = pattern.exec(text);
    if (found !== null) return ['database', name, found[1] ?? ''].join(' ').trim();
  }
  return undefined;
}

interface Message {
  /** Empty for the one that opens a session. */
  type: string;
  bytes: Buffer;
}

/** The messages of one direction of a session: several that travelled together, and what is not whole yet with the next chunk. */
function splitMessages(): (chunk: Buffer) => Message[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const messages: Message[] = [];
    for (;;) {
      // The message that opens a session has no type; its length begins with a zero.
      const typed = rest[0] === 0 ? 0 : 1;
      const length = rest.length < typed + 4 ? Number.POSITIVE_INFINITY : typed + rest.readUInt32BE(typed);
      if (rest.length < length) return messages;
      messages.push({
        type: typed === 1 ? String.fromCharCode(rest[0] ?? 0) : '',
        bytes: rest.subarray(0, length),
      });
      rest = rest.subarray(length);
    }
  };
}

async function startWire(target: () => string, ask: (name: string) => Passing) {
  const open = new Set<Socket>();
  const unheard = new Set<Socket>();
  const server = createServer((client) => {
    const { hostname, port } = new URL(target());
    const upstream = dial(Number(port), hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    upstream.on('close', () => client.destroy());
    // What was sent is still done when its sender is dead.
    client.on('close', () => unheard.has(upstream) || upstream.destroy());
    // Query and Sync each are answered by one ReadyForQuery; the first one says that the session is open.
    const toServer = splitMessages();
    const fromServer = splitMessages();
    let [asked, ready] = [0, 0];
    client.on('data', (chunk) => {
      for (const { type, bytes } of toServer(chunk)) {
        if ('QS'.includes(type) && type !== '') asked += 1;
        const name = nameOfMessage(bytes.toString('latin1'));
        const passing = name === undefined ? 'pass' : ask(name);
        if (passing === 'lose') return void client.destroy();
        if (passing === 'pass-unheard') unheard.add(upstream);
        upstream.write(bytes);
      }
    });
    upstream.on('data', (chunk) => {
      ready += fromServer(chunk).filter(({ type }) => type === 'Z').length;
      if (!unheard.has(upstream)) return void client.write(chunk);
      // What travelled together is answered one after the other.
      if (ready <= asked) return;
      unheard.delete(upstream);
      upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(target());
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    async idle() {
      while (unheard.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
