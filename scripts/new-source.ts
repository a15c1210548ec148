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
  `import { createHttpClient } from '#http/client';
import { HttpError } from '#http/http-error';
import type { Bucket } from '../bucket.ts';
import { intervalsOf, type ObservationSource, SourceError } from '../source.ts';

/** Says in one line what is counted and where the vendor documents the request. */
export function ${factory}(given: { url: string; token?: string | undefined; signal?: AbortSignal | undefined }): ObservationSource {
  const client = createHttpClient({
    baseUrl: given.url,
    headers: given.token ? { authorization: \`Bearer \${given.token}\` } : {},
    deadlineMs: 5_000,
    attempts: 3,
    ...(given.signal ? { signal: given.signal } : {}),
  });
  return {
    name: '${name}',
    granularityMs: 60_000,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: true,
    async open() {},
    async read(from, until, intervalMs) {
      const buckets: Bucket[] = [];
      for (const { start, end } of intervalsOf(from, until, intervalMs)) {
        const counts = await ask({ from: start / 1000, until: end / 1000 });
        // What the service does not know is left out: no data is not zero errors.
        if (counts !== undefined) buckets.push({ start: start / 1000, end: end / 1000, ...counts });
      }
      return buckets.length === 0 ? { noData: 'no_rows', message: 'the service knows nothing about this time' } : buckets;
    },
    async close() {},
  };

  async function ask(query: { from: number; until: number }): Promise<{ requests: number; errors: number } | undefined> {
    try {
      const answer = await client.request({ path: '/counts', query });
      const { requests, errors } = answer.json<{ requests?: number; errors?: number }>();
      return requests === undefined || errors === undefined ? undefined : { requests, errors };
    } catch (error) {
      if (!(error instanceof HttpError) || error.kind === 'aborted') throw error;
      throw new SourceError(reasonOf(error), error.message, error);
    }
  }
}

function reasonOf(error: HttpError): string {
  if (error.kind === 'timeout') return 'source_timeout';
  if (error.kind === 'invalid-json') return 'source_bad_answer';
  if (error.status === 401 || error.status === 403) return 'source_unauthorized';
  return error.status === 429 ? 'source_rate_limited' : 'source_unavailable';
}
`,
);
await writeFile(
  join(folder, `${name}.test.ts`),
  `import { describeSource } from '../../test/source-contract.ts';
import { ${factory} } from './${name}.ts';

const token = 'canary-${name}-token';

describeSource({
  name: '${name}',
  token,
  intervalMs: 60_000,
  make: async (address) => ${factory}({ url: address, token }),
  isData: (request) => request.url?.startsWith('/counts') ?? false,
  counts: (response, { requests, errors }) => response.end(JSON.stringify({ requests, errors })),
  nothing: (response) => response.end('{}'),
  nothingMeans: 'no-data',
});
`,
);
await insert('packages/config/src/settings.ts', "'probe'] as const;", `'probe', '${name}'] as const;`);
await insert(
  'packages/observe/src/sources/registry.ts',
  '} satisfies Record<SourceName, SourceEntry>;',
  `  '${name}': {
    description: 'say in one line what is counted',
    async create({ httpJson: given, signal }) {
      if (!given) throw missing('${name}', 'source-url');
      const { ${factory} } = await import('./${name}.ts');
      return ${factory}({ url: given.url, token: given.token, signal });
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
