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

/** A table, a view, or a column of one; or a function with the names of all its arguments. */
export type ApiObject = ApiRelation | ApiRoutine;
interface ApiRelation {
  schema: string;
  relation: string;
  column?: string;
}
interface ApiRoutine {
  schema: string;
  routine: string;
  parameters: readonly string[];
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

/** `hidden`: the API does not show this schema, so there is nothing to know. `unsaid`: nothing tells, neither way. */
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
  const ask = async (
    path: string,
    schema: string,
    accept: string,
    { query = {}, method = 'GET' }: { query?: Record<string, number | string>; method?: 'GET' | 'OPTIONS' } = {},
  ): Promise<HttpAnswer> => {
    try {
      const headers = { accept, 'accept-profile': schema };
      const answers = [300, 400, 401, 403, 404, 405, 406, 501, 503];
      return await client.request({ method, path, query, headers, accept: answers, repeat: 'always' });
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

  /**
   * OPTIONS is answered from the cache alone and runs nothing (PostgREST, OptionsSpec); the description would not do: it reads
   * functions from the database at that moment (its accessibleFuncs). A gateway that answers in its place proves nothing.
   */
  async function probeRoutine({ schema, routine, parameters }: ApiRoutine): Promise<Knowledge> {
    if (parameters.some(isNoArgument)) return 'unsaid';
    const query = Object.fromEntries(parameters.map((name) => [name, '0']));
    const path = `/rpc/${encodeURIComponent(routine)}`;
    const answer = await ask(path, schema, 'application/json', { query, method: 'OPTIONS' });
    const code = codeOf(answer);
    if (code === 'PGRST106') return 'hidden';
    if (code === 'PGRST202' || answer.status === 503) return 'unknown';
    // PGRST203: several functions take these names.
    if (code === 'PGRST203') return 'known';
    if (answer.status < 300) return /\bPOST\b/.test(answer.headers.get('allow') ?? '') ? 'known' : 'unsaid';
    throw refusal(answer, routine);
  }

  async function probe({ schema, relation, column }: ApiRelation): Promise<Knowledge> {
    const path = `/${encodeURIComponent(relation)}`;
    const answer = await ask(path, schema, 'application/json', { query: { limit: 0 } });
    const code = codeOf(answer);
    if (code === 'PGRST106') return 'hidden';
    // 503 (PGRST002): the cache is not there yet. 42P01: how older versions of PostgREST say PGRST205.
    if (code === 'PGRST205' || code === '42P01' || answer.status === 503) return 'unknown';
    // PostgreSQL itself refused: the request got past the cache. Columns of a SELECT are not looked up there.
    if (answer.status < 300 || code === '42501') return column === undefined ? 'known' : 'unsaid';
    throw refusal(answer, relation);
  }

  return {
    async look(objects) {
      const schemas = [...new Set(objects.filter((one) => 'relation' in one).map(({ schema }) => schema))];
      const described = new Map(
        await Promise.all(schemas.map(async (name) => [name, await describeSchema(name)] as const)),
      );
      const found: Knowledge[] = [];
      for (const object of objects) {
        if ('routine' in object) {
          found.push(await probeRoutine(object));
          continue;
        }
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
function judge({ relation, column }: ApiRelation, shown: Description | 'hidden' | undefined): Knowledge | 'unnamed' {
  if (shown === 'hidden') return 'hidden';
  const named = shown?.[relation];
  if (named === undefined) return 'unnamed';
  return column === undefined || column in (named.properties ?? {}) ? 'known' : 'unknown';
}

/**
 * A name that PostgREST takes out of a query before it looks for a function with these arguments (its QueryParams: `reserved`,
 * `reservedEmbeddable`, and whatever has a dot is a filter): a function that has one cannot be asked for in this way.
 */
function isNoArgument(name: string): boolean {
  return name.includes('.') || reserved.has(name);
}
const reserved = new Set(['select', 'columns', 'on_conflict', 'order', 'limit', 'offset', 'and', 'or']);

/** An answer that says nothing of `name`: nobody may take it for one. */
function refusal(answer: HttpAnswer, name: string): DataApiFailed {
  const code = codeOf(answer);
  const said = `${answer.status}${code === undefined ? '' : ` (${code})`}`;
  if (answer.status === 401 || answer.status === 403)
    return new DataApiFailed('data_api_key_rejected', `the Data API refuses the key with ${said}`);
  return new DataApiFailed('data_api_bad_answer', `the Data API answered ${said} for ${cleanText(name, 63)}`);
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
