import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '#http/clock';
import { startSandbox } from '#sandbox/start-sandbox';
import type { DeployDependencies } from '../deploy-functions.ts';
import { openEdgeFunctions } from '../edge-functions.ts';
import type { FunctionSource } from '../function-types.ts';
import { parseReference, type SavedReference } from '../functions-store.ts';
import { verifyFunction } from '../verify-function.ts';

/** A repository with files, removed after the test. */
export async function repository(t: TestContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'functions-repository-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** One function that answers with a text, as the repository would hold it. */
export function source(slug: string, answer: string, more: Partial<FunctionSource> = {}): FunctionSource {
  const entrypoint = `supabase/functions/${slug}/index.ts`;
  const text = `Deno.serve(() => new Response(${JSON.stringify(answer)} + ' ' + Deno.env.get('DENO_DEPLOYMENT_ID')));\n`;
  return {
    ...{ slug, entrypoint, verifyJwt: false, staticPatterns: [], missing: [] },
    files: [{ path: entrypoint, content: Buffer.from(text) }],
    ...more,
  };
}

/** A sandbox project with the adapters of a deploy: a store in memory and a ledger in memory, both outliving a run. */
export async function functionsProject(t: TestContext) {
  const sandbox = await startSandbox({ postgres: false });
  t.after(() => sandbox.close());
  const { apiUrl, token, project } = sandbox.description.supabase;
  const stored = new Map<string, Uint8Array>();
  const facts: string[] = [];
  const lines: string[] = [];
  const open = (): DeployDependencies => {
    const functions = openEdgeFunctions({ apiUrl, token, project });
    return {
      functions,
      verify: (slug, version) =>
        verifyFunction(slug, version, { functions, projectUrl: apiUrl, clock: systemClock, patienceMs: 0 }),
      check: async () => undefined,
      keeper: {
        token,
        project,
        store: {
          description: 'memory',
          async write(name, sealed) {
            stored.set(name, sealed);
            return `memory:${name}`;
          },
          async read(place) {
            const sealed = stored.get(place.replace('memory:', ''));
            if (sealed === undefined) throw new Error(`${place} is not there`);
            return sealed;
          },
        },
      },
      async record(kind, word, text) {
        facts.push(`${kind}:${word} ${text}`);
      },
      now: () => Date.now(),
      log: (line) => lines.push(line),
    };
  };
  return {
    ...{ sandbox, open, stored, facts, lines, apiUrl, token, project },
    /** What an earlier attempt stored, as the ledger tells it. */
    earlier: (): SavedReference[] => facts.flatMap((fact) => parseReference(fact.replace(/^intent:stored /, '')) ?? []),
    /** What really answers at the function's address. */
    async answer(slug: string): Promise<string> {
      const response = await fetch(`${apiUrl}/functions/v1/${slug}`);
      return `${response.status} ${(await response.text()).split(' ')[0]}`;
    },
  };
}
