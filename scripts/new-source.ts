import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run new:source <name>` writes a source of the watch with its contract test and its route in the sandbox, and enters it in the lists. */
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
  join(root, `packages/sandbox/src/monitoring/${name}.ts`),
  `import { type Handler, jsonAnswer } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import { byMinute, isFailed, type Traffic } from './traffic.ts';

/** Answers as the vendor documents it, over what the sandbox's app really served; strict about token, query and units. */
export function ${factory}Service(token: string, traffic: Traffic): Handler {
  return createRouter(
    {
      'GET /counts': ({ headers, query }) => {
        if (headers.authorization !== \`Bearer \${token}\`) return jsonAnswer(401, { message: 'Unauthorized' });
        const served = traffic.served(Number(query.get('from')) * 1000, Number(query.get('until')) * 1000);
        const rows = [...byMinute(served)].map(([minute, inside]) => {
          return { at: minute / 1000, requests: inside.length, errors: inside.filter(isFailed).length };
        });
        return jsonAnswer(200, { rows });
      },
    },
    () => jsonAnswer(404, { message: 'Not found' }),
  );
}
`,
);
await writeFile(
  join(folder, `${name}.test.ts`),
  `import { systemClock } from '#http/clock';
import type { Sandbox } from '#sandbox/sandbox-types';
import { describeSource } from '../../test/source-contract.ts';
import { ${factory} } from './${name}.ts';

const sandboxed =
  (more: { token?: string; path?: string } = {}) =>
  (sandbox: Sandbox) => {
    const { url, token } = sandbox.description['${name}'];
    return ${factory}({ url: \`\${url}\${more.path ?? ''}\`, token: more.token ?? token, clock: systemClock });
  };
const byUs = 'requests and errors are named by us; where they are settings, both cases are needed';

describeSource({
  name: '${name}',
  make: sandboxed(),
  secret: (sandbox) => sandbox.description['${name}'].token,
  asks: { service: '${name}', route: '/counts' },
  tells: {
    intervalMs: 60_000,
    nothingMeans: 'no-data',
    swapped: { not: byUs },
    unitMistake: { not: byUs },
    stale: true,
  },
  wrongCredentials: [
    {
      called: 'a token that is not known',
      make: sandboxed({ token: 'nobody' }),
      reason: 'source_unauthorized',
      says: /Check source-url and source-token/,
    },
  ],
  wrongSite: {
    called: 'an address that knows nothing of it',
    make: sandboxed({ path: '/other' }),
    reason: 'wrong_address',
    says: /Check source-url/,
  },
  notANumber: ({ start }) => ({ rows: [{ at: start / 1000, requests: 'many', errors: 1 }] }),
});
`,
);
await insert('packages/sandbox/src/faults.ts', "'stripe', 'app'", `'stripe', 'app', '${name}'`);
const monitoring = 'packages/sandbox/src/monitoring/start-monitoring.ts';
await insert(
  monitoring,
  'import type { Traffic }',
  `import { ${factory}Service } from './${name}.ts';\nimport type { Traffic }`,
);
await insert(
  monitoring,
  '  /** JSON that an app tells of itself',
  `  '${name}': { url: string; token: string };\n  /** JSON that an app tells of itself`,
);
await insert(
  monitoring,
  '      app: { url: await',
  `      '${name}': { url: await open('${name}', ${factory}Service('${name}-token', traffic)), token: '${name}-token' },
      app: { url: await`,
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
console.log(
  `wrote packages/observe/src/sources/${name}.ts its contract test and its route in the sandbox, and entered it in the lists.`,
);
console.log(
  `Next: map the vendor's answer in both, then npm test ${name}, npm run schema, npm run build auto-rollback-on-error-rate.`,
);

async function insert(path: string, anchor: string, text: string): Promise<void> {
  const before = await readFile(join(root, path), 'utf8');
  if (!before.includes(anchor)) throw new Error(`${path} has no line "${anchor}" any more: enter ${name} by hand`);
  await writeFile(join(root, path), before.replace(anchor, text));
}
