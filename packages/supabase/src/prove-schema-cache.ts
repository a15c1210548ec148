import { type Clock, systemClock } from '#http/clock';
import { type ApiObject, type DataApi, DataApiFailed } from './data-api.ts';

/** Whether requests to the Data API meet the schema that was just migrated. */
export type SchemaCacheProof =
  /** `unproven`: columns that this key is not told of, functions for which something else answered or that cannot be asked for. */
  | { outcome: 'fresh'; known: number; unproven: string[]; seconds: number }
  | { outcome: 'stale'; missing: string[]; seconds: number }
  | { outcome: 'could-not-ask'; reasonCode: string; message: string };

/** PostgREST reads the schema of a large database in seconds; longer than this nobody should wait with a release. */
const patienceMs = 60_000;
const pausesMs = [250, 500, 1000, 2000, 5000];

/**
 * A notice is not a proof (trap 9): asks until the API knows every object, and sends the notice again in between, for a
 * listener that lost it. @throws the abort reason.
 */
export async function proveSchemaCache(
  api: DataApi,
  objects: readonly ApiObject[],
  given: { reload: () => Promise<unknown>; clock?: Clock; signal?: AbortSignal; log?: (line: string) => void },
): Promise<SchemaCacheProof> {
  const { clock = systemClock, reload, signal, log } = given;
  const startedAt = clock.now();
  for (let attempt = 0; ; attempt += 1) {
    let found: Awaited<ReturnType<DataApi['look']>>;
    try {
      found = await api.look(objects);
    } catch (error) {
      if (!(error instanceof DataApiFailed)) throw error;
      return { outcome: 'could-not-ask', reasonCode: error.reasonCode, message: error.message };
    }
    const named = (what: string) => objects.filter((_, index) => found[index] === what).map(describeApiObject);
    const seconds = (clock.now() - startedAt) / 1000;
    const missing = named('unknown');
    if (missing.length === 0) {
      const unproven = named('unsaid');
      if (unproven.length > 0) log?.(`nothing proves that the Data API knows ${unproven.join(', ')}`);
      return { outcome: 'fresh', known: named('known').length, unproven, seconds };
    }
    const pause = pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 0;
    if (clock.now() + pause - startedAt > patienceMs) return { outcome: 'stale', missing, seconds };
    log?.(`the Data API does not know ${missing.join(', ')} yet; asking again in ${pause / 1000} s`);
    await clock.sleep(pause, signal);
    await reload();
  }
}

function describeApiObject(object: ApiObject): string {
  const { schema } = object;
  const prefix = schema === 'public' ? '' : `${schema}.`;
  if ('routine' in object) return `${prefix}${object.routine}(${object.parameters.join(', ')})`;
  const { column } = object;
  const name = `${prefix}${object.relation}`;
  return column === undefined ? name : `${name}.${column}`;
}
