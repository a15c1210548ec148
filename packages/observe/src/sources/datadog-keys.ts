import { createHttpClient } from '#http/client';
import type { Clock } from '#http/clock';
import { HttpError } from '#http/http-error';
import { SourceError } from '../source.ts';
import { wrongCredential } from './service.ts';

interface Keys {
  url: string;
  apiKey: string;
  appKey: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/**
 * Which of the two keys Datadog refused, and why. It answers 403 to all of it, but `GET /api/v1/validate` tells of an API key alone
 * whether this site knows it (docs.datadoghq.com/api/latest/authentication): asked of either key, it tells swapped keys from those of
 * another site. Any other error is returned as it is, and so is the refusal where nobody tells.
 */
export async function tellDatadogKeys(error: unknown, { url, apiKey, appKey, clock, signal }: Keys): Promise<unknown> {
  if (!(error instanceof SourceError) || error.reasonCode !== 'source_unauthorized') return error;
  const known = async (key: string): Promise<boolean | undefined> => {
    const client = createHttpClient({
      baseUrl: url,
      headers: { 'DD-API-KEY': key },
      deadlineMs: 3_000,
      attempts: 1,
      clock,
      signal,
    });
    try {
      await client.request({ path: '/api/v1/validate' });
      return true;
    } catch (failure) {
      signal?.throwIfAborted();
      return failure instanceof HttpError && (failure.status === 401 || failure.status === 403) ? false : undefined;
    }
  };
  const [first, second] = [await known(apiKey), await known(appKey)];
  if (first === false && second === true) {
    const message =
      'dd-api-key and dd-app-key are swapped: Datadog knows the one that was given as dd-app-key as an API key';
    return new SourceError('keys_swapped', message, error);
  }
  if (first === true && second === true)
    return new SourceError(
      'wrong_credential',
      'dd-app-key does not fit: it is an API key; an application key is wanted',
      error,
    );
  if (first === true) {
    const message =
      'Datadog knows dd-api-key, and refuses dd-app-key: it is not of this organization, or lacks timeseries_query';
    return new SourceError('source_unauthorized', message, error);
  }
  if (first === undefined || second === undefined) return error;
  const other =
    wrongCredential({ input: 'dd-api-key', of: 'datadog', value: apiKey }, error) ??
    wrongCredential({ input: 'dd-app-key', of: 'datadog', value: appKey }, error);
  if (other) return other;
  const message = `Datadog knows neither key at ${new URL(url).host}: keys belong to one site (observe.datadog.site), or both were revoked`;
  return new SourceError('wrong_site', message, error);
}
