import type { EnvironmentSettings } from '#config/settings';
import { type Arm, placed } from './arms.ts';
import type { SourceParts } from './registry.ts';
import type { SourceGiven, SourceProblem } from './source-given.ts';
import { headersOf } from './source-headers.ts';

/** Address, paths and secrets of source http-json, of one deployment with `arm`. Adds to `problems`. @throws SourceError. */
export function httpJsonOf(
  given: SourceGiven,
  settings: Pick<EnvironmentSettings, 'watch'>,
  problems: SourceProblem[],
  arm?: Arm,
): SourceParts['httpJson'] {
  const configured = settings.watch.httpJson;
  const written = given.sourceUrl ?? configured?.url;
  const url = written && placed(written, configured?.arms, arm, encodeURIComponent);
  if (!url || !/^https?:$/.test(URL.parse(url.replace(/[{}]/g, ''))?.protocol ?? '')) {
    problems.push({ name: 'source-url', message: 'is needed for source http-json', allowed: 'https://host/path' });
    return undefined;
  }
  // Nor may the words of ops.yml move an address of the workflow file to another host.
  if (URL.parse(placed(written ?? '', 'x', { deployment: 'x' }))?.origin !== URL.parse(url)?.origin)
    problems.push({ name: 'source-url', message: 'must not have {arm} in its host', allowed: 'https://host/path' });
  for (const name of ['source-token', 'source-headers']) {
    if (given.sourceUrl || !given[name === 'source-token' ? 'sourceToken' : 'sourceHeaders']) continue;
    // ops.yml must not choose who gets a token (S11).
    const message = 'is only sent to an address that the workflow file names in source-url';
    problems.push({ name, message });
  }
  return {
    url,
    requests: given.sourceRequests ?? configured?.requests ?? '$.requests',
    errors: given.sourceErrors ?? configured?.errors ?? '$.errors',
    token: given.sourceToken,
    ...(given.sourceHeaders && { headers: headersOf(given.sourceHeaders, problems) }),
  };
}
