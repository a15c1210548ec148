import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run new:source <name>` writes a source of the watch with its contract test, and enters it in the two lists. */
const root = join(import.meta.dirname, '..');
const [name = ''] = process.argv.slice(2);
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  console.error('npm run new:source <name>, where name is kebab-case, e.g. grafana-cloud');
  process.exit(2);
}
const folder = join(root, 'packages/observe/src/sources');
const file = join(folder, `${name}.ts`);
if (existsSync(file)) {
  console.error(`packages/observe/src/sources/${name}.ts is there already`);
  process.exit(2);
}
const factory = name.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

await writeFile(
  file,
  `import type { Clock } from '#http/clock';
import type { ObservationSource } from '../source.ts';
import { type Point, seriesSource } from './series-source.ts';
import { createService } from './service.ts';

/** Says in one line what is counted and where the vendor documents the request. */
export function ${factory}(given: {
  url: string;
  token?: string | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}): ObservationSource {
  const { clock, signal } = given;
  const headers: Record<string, string> = given.token ? { authorization: \`Bearer \${given.token}\` } : {};
  const service = createService({ baseUrl: given.url, headers, check: 'source-url and source-token', clock, signal });

  /** The vendor's rows; what is missing in one stays undefined, for no data is not zero errors. */
  async function ask(from: number, until: number, stepMs: number): Promise<Point[]> {
    const query = { from: from / 1000, until: until / 1000, step: stepMs / 1000 };
    const { rows = [] } = (await service.ask({ path: '/counts', query })) as { rows?: Row[] };
    return rows.map(({ at, requests, errors }) => ({ start: at * 1000, end: at * 1000 + stepMs, requests, errors }));
  }

  return seriesSource({
    name: '${name}',
    denominator: 'requests',
    granularityMs: 60_000,
    // When to read after the end of an interval, and when late counts have settled.
    readAfterMs: [20_000],
    settledAfterMs: 60_000,
    absentMeansZero: false,
    names: { requests: 'requests', errors: 'errors' },
    // What a person asks to see the same numbers; a link to them where the vendor has one.
    asked: (from, until) => ({ query: \`/counts from \${from / 1000} until \${until / 1000}\` }),
    clock,
    ask,
  });
}

interface Row {
  at: number;
  requests?: unknown;
  errors?: unknown;
}
`,
);
await writeFile(
  join(folder, `${name}.test.ts`),
  `import { systemClock } from '#http/clock';
import { describeSource } from '../../test/source-contract.ts';
import { ${factory} } from './${name}.ts';

const token = 'canary-${name}-token';

describeSource({
  name: '${name}',
  token,
  intervalMs: 60_000,
  make: async (address) => ${factory}({ url: address, token, clock: systemClock }),
  isData: (request) => request.url?.startsWith('/counts') ?? false,
  counts: (response, { requests, errors, start }) =>
    void response.end(JSON.stringify({ rows: [{ at: start / 1000, requests, errors }] })),
  nothing: (response) => void response.end('{"rows":[]}'),
  canBeSwapped: true,
  tellsStale: true,
  nothingMeans: 'no-data',
});
`,
);
await insert('packages/config/src/settings.ts', "  'probe',\n] as const;", `  'probe',\n  '${name}',\n] as const;`);
await insert(
  'packages/observe/src/sources/registry.ts',
  '} satisfies Record<SourceName, SourceEntry>;',
  `  '${name}': {
    description: 'say in one line what is counted',
    async create({ httpJson: given, clock, signal }) {
      if (!given) throw missing('${name}', 'source-url');
      const { ${factory} } = await import('./${name}.ts');
      return ${factory}({ url: given.url, token: given.token, clock, signal });
    },
  },
} satisfies Record<SourceName, SourceEntry>;`,
);
console.log(`wrote packages/observe/src/sources/${name}.ts and its contract test, and entered it in the lists.`);
console.log(
  `Next: map the vendor's answer, then npm test ${name}, npm run schema, npm run build auto-rollback-on-error-rate.`,
);

async function insert(path: string, anchor: string, text: string): Promise<void> {
  const before = await readFile(join(root, path), 'utf8');
  if (!before.includes(anchor)) throw new Error(`${path} has no line "${anchor}" any more: enter ${name} by hand`);
  await writeFile(join(root, path), before.replace(anchor, text));
}
