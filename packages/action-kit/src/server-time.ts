import { createHttpClient } from '#http/client';
import { aheadOf, clockAhead } from '#http/server-clock';
import { type VercelInputs, vercelAddress } from './connections.ts';
import type { Runner } from './runner.ts';

/** A start without the time is better than a late one. */
const patienceMs = 3_000;

/**
 * The same runner on the servers' time: intervals, windows and deadlines are theirs, and a runner's clock may be minutes off. Asks
 * GitHub and Vercel at once, those that the action speaks to, without credentials, and takes the first Date; where none answers the
 * runner's own clock stays, and the log says so. Call it before anything reads the clock. @throws InputError (S11).
 */
export async function onServerTime(
  runner: Runner,
  given: VercelInputs & { githubToken?: string | undefined },
): Promise<Runner> {
  const servers = serversOf(runner, given);
  if (servers.length === 0) return runner;
  const { clock, logger, signal } = runner;
  const answered = new AbortController();
  const ask = async ({ name, url }: { name: string; url: string }) => {
    const client = createHttpClient({
      baseUrl: url,
      attempts: 1,
      deadlineMs: patienceMs,
      signal: AbortSignal.any([signal, answered.signal]),
    });
    const sentAt = clock.now();
    const answer = await client.request({ method: 'HEAD', path: '/', accept: 'any' });
    const aheadMs = clockAhead(answer, { sentAt, receivedAt: clock.now() });
    if (aheadMs === undefined) throw new Error(`${name} told no time`);
    return { name, aheadMs };
  };
  try {
    const { name, aheadMs } = await Promise.any(servers.map(ask));
    if (aheadMs === 0) return runner;
    const off = `${(Math.abs(aheadMs) / 1000).toFixed(0)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} ${name}`;
    logger.warning(`The clock of this runner is ${off}: all times are those of ${name}`);
    return { ...runner, clock: aheadOf(clock, aheadMs) };
  } catch {
    signal.throwIfAborted();
    logger.info('No server told the time: the clock of this runner is used');
    return runner;
  } finally {
    answered.abort();
  }
}

function serversOf(
  runner: Runner,
  given: VercelInputs & { githubToken?: string | undefined },
): { name: string; url: string }[] {
  const { context } = runner;
  const github = given.githubToken === undefined || context.repository === '' ? [] : [context.apiUrl];
  const vercel = given.vercelToken === undefined ? [] : [vercelAddress(runner, given)];
  return [...github.map((url) => ({ name: 'GitHub', url })), ...vercel.map((url) => ({ name: 'Vercel', url }))];
}
