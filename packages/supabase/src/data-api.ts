import { z } from 'zod';
import { createHttpClient, type HttpAnswer } from '#http/client';
import { type Clock, systemClock } from '#http/clock';
import { HttpError } from '#http/http-error';
import { cleanText } from '#http/text';

/** How the Data API (PostgREST) of one project is reached. */
export interface DataApiConnection {
  /** `https://<project>.supabase.co`. */
  url: string;
  /** Publishable or secret key; only a secret one may read which columns the API knows (supabase/supabase#45462). */
  key: string;
  signal?: AbortSignal | undefined;
  log?: ((line: string) => void) | undefined;
  clock?: Clock | undefined;
}

/** A table, a view, or a column of one. */
export interface ApiObject {
  schema: string;
  relation: string;
  column?: string;
}

/** Why the Data API gives no answer that decides anything. */
export class DataApiFailed extends Error {
  override readonly name = 'DataApiFailed';
  readonly reasonCode: string;
  constructor(reasonCode: string, message: string) {
    super(message);
    this.reasonCode = reasonCode;
  }
}

/** `hidden`: the API does not show this schema, so there is nothing to know. `unsaid`: this key is not told. */
export type Knowledge = 'known' | 'unknown' | 'hidden' | 'unsaid';

export interface DataApi {
  /** What the API's schema cache says of each object, in the same order. No row is read. @throws DataApiFailed, or the abort reason. */
  look(objects: readonly ApiObject[]): Promise<Knowledge[]>;
}

const description = z.object({
  definitions: z.record(z.string(), z.object({ properties: z.record(z.string(), z.unknown()).optional() })),
});
type Description = z.infer<typeof description>['definitions'];

/**
 * Asks PostgREST what it knows: its own description (the OpenAPI root, made from the schema cache) names relations and
 * columns; what that does not show, for want of rights or of a secret key, a request for no rows tells by its error: only
 * PGRST205 means that the cache has no such relation.
 */
export function openDataApi(connection: DataApiConnection): DataApi {
  const { key, signal, log, clock = systemClock } = connection;
  // A key of the older kind is a JWT, which also names the role; the newer ones are exchanged by the gateway.
  const role: Record<string, string> = key.startsWith('eyJ') ? { authorization: `Bearer ${key}` } : {};
  const client = createHttpClient({
    baseUrl: `${connection.url}/rest/v1`,
    headers: { apikey: key, ...role },
    attempts: 3,
    budgetMs: 20_000,
    signal,
    log,
    clock,
  });
  const ask = async (path: string, schema: string, accept: string, query = {}): Promise<HttpAnswer> => {
    try {
      const headers = { accept, 'accept-profile': schema };
      return await client.request({ path, query, headers, accept: [400, 401, 403, 404, 406, 503] });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.kind === 'aborted') throw error.cause ?? error;
      throw new DataApiFailed('data_api_unreachable', `the Data API gives no answer: ${error.message}`);
    }
  };

  async function describeSchema(schema: string): Promise<Description | 'hidden' | undefined> {
    const answer = await ask('/', schema, 'application/openapi+json');
    if (codeOf(answer) === 'PGRST106') return 'hidden';
    if (answer.status !== 200) return undefined;
    try {
      const parsed = description.safeParse(JSON.parse(answer.text));
      return parsed.success ? parsed.data.definitions : undefined;
    } catch {
      return undefined;
    }
  }

  async function probe({ schema, relation, column }: ApiObject): Promise<Knowledge> {
    const answer = await ask(`/${encodeURIComponent(relation)}`, schema, 'application/json', { limit: 0 });
    const code = codeOf(answer);
    if (code === 'PGRST106') return 'hidden';
    // 503 (PGRST002): the cache is not there yet. 42P01: how older versions of PostgREST say PGRST205.
    if (code === 'PGRST205' || code === '42P01' || answer.status === 503) return 'unknown';
    // PostgreSQL itself refused: the request got past the cache. Columns of a SELECT are not looked up there.
    if (answer.status < 300 || code === '42501') return column === undefined ? 'known' : 'unsaid';
    const said = code === undefined ? '' : ` (${code})`;
    if (answer.status === 401 || answer.status === 403)
      throw new DataApiFailed('data_api_key_rejected', `the Data API refuses the key with ${answer.status}${said}`);
    throw new DataApiFailed(
      'data_api_bad_answer',
      `the Data API answered ${answer.status}${said} for ${cleanText(relation, 63)}`,
    );
  }

  return {
    async look(objects) {
      const schemas = [...new Set(objects.map(({ schema }) => schema))];
      const described = new Map(
        await Promise.all(schemas.map(async (name) => [name, await describeSchema(name)] as const)),
      );
      const found: Knowledge[] = [];
      for (const object of objects) {
        const shown = described.get(object.schema);
        let known = judge(object, shown);
        if (known === 'unnamed') {
          known = await probe(object);
          // The cache may have been read between both answers: then the description names it now.
          if (known === 'unsaid' && shown !== undefined) {
            const again = await describeSchema(object.schema);
            described.set(object.schema, again);
            const judged = judge(object, again);
            if (judged !== 'unnamed') known = judged;
          }
        }
        found.push(known);
      }
      return found;
    },
  };
}

/** What a description says of an object; `unnamed` where it does not show the relation. Pure. */
function judge({ relation, column }: ApiObject, shown: Description | 'hidden' | undefined): Knowledge | 'unnamed' {
  if (shown === 'hidden') return 'hidden';
  const named = shown?.[relation];
  if (named === undefined) return 'unnamed';
  return column === undefined || column in (named.properties ?? {}) ? 'known' : 'unknown';
}

function codeOf(answer: HttpAnswer): string | undefined {
  if (answer.status < 300) return undefined;
  try {
    const { code } = JSON.parse(answer.text) as { code?: unknown };
    return typeof code === 'string' && /^[A-Z0-9]{5,12}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
